"""What `up` says as soon as it answers: address, key, and two lines that work when pasted."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass

from askpress import __version__

KEY_FILE = "api-key"
# The newest posts are ingested first, and this one is about one of them: it is answered within seconds.
SAMPLE_QUESTION = "How much does winter storage cost?"
SITE_QUESTION = "What is this site about?"


@dataclass(frozen=True)
class Prepared:
    """What the step `prepare` has found."""

    site: str
    # A key that works.
    key: str
    # The last sync run's id; the next one is ours.
    last_run: int
    warnings: list[str]


def text(url: str, prepared: Prepared, *, sample: bool) -> str:
    """Return the lines for a service that answers at `url`."""
    what = "the sample site" if sample else prepared.site
    lines = [f"askpress {__version__} answers for {what}: {url}", f"API key: {prepared.key}", *prepared.warnings]
    if sample:
        lines.append("For your own site: make up SITE=https://example.org")
    return "\n".join([*lines, "Ctrl-C stops it."])


def lines_to_paste(url: str, key: str, *, title: str, sample: bool) -> str:
    """Return a search and a question; `title` is a document's, "" when there is none yet."""
    question = SAMPLE_QUESTION if sample else title or SITE_QUESTION
    return "\n".join(["", _curl(f"{url}/search", key, question), _curl(f"{url}/ask", key, question), ""])


def _curl(url: str, key: str, question: str) -> str:
    words = ["curl", "-s", url, "-H", f"X-API-Key: {key}", "-H", "Content-Type: application/json"]
    body = json.dumps({"q": question}, ensure_ascii=False)
    return shlex.join([*words, "-d", body])
