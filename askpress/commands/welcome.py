"""What `up` says as soon as it answers: address, key, and two lines that work when pasted."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass

from askpress import __version__

KEY_FILE = "api-key"
SAMPLE_QUESTION = "How much does it cost to rent an e-bike for a day?"
SITE_QUESTION = "What is this site about?"


@dataclass(frozen=True)
class Prepared:
    """What the step `prepare` has found."""

    site: str
    # A key that works.
    key: str
    # The title of a document to ask about; "" while nothing has been ingested.
    title: str
    # The last sync run's id; the next one is ours.
    last_run: int
    warnings: list[str]


def text(url: str, prepared: Prepared, *, sample: bool) -> str:
    """Return the lines for a service that answers at `url`."""
    question = _question(prepared, sample=sample)
    what = "the sample site" if sample else prepared.site
    lines = [f"askpress {__version__} answers for {what}: {url}", f"API key: {prepared.key}", ""]
    lines += [_curl(f"{url}/search", prepared.key, question), _curl(f"{url}/ask", prepared.key, question), ""]
    lines += list(prepared.warnings)
    if sample:
        lines.append("For your own site: make up SITE=https://example.org")
    return "\n".join([*lines, "Ctrl-C stops it."])


def _question(prepared: Prepared, *, sample: bool) -> str:
    if sample:
        return SAMPLE_QUESTION
    return prepared.title or SITE_QUESTION


def _curl(url: str, key: str, question: str) -> str:
    words = ["curl", "-s", url, "-H", f"X-API-Key: {key}", "-H", "Content-Type: application/json"]
    body = json.dumps({"q": question}, ensure_ascii=False)
    return shlex.join([*words, "-d", body])
