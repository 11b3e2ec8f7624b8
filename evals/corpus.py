"""Makes a site out of a corpus in BEIR's form, and questions out of its queries and judgements.

Thakur et al., BEIR: A Heterogeneous Benchmark for Zero-shot Evaluation of Information Retrieval Models (2021).
"""

from __future__ import annotations

import html
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from askpress.evaluation.questions import Question
from askpress.sample import SampleSite


def site(path: Path) -> SampleSite:
    """Return a site with a post for each line {id or _id, title, text}; a blank line parts paragraphs."""
    made = SampleSite.empty()
    for line in _objects(path):
        paragraphs = (html.escape(text) for text in line["text"].split("\n\n") if text.strip())
        made.add(
            html.escape(line.get("title", "")),
            "\n".join(f"<p>{text}</p>" for text in paragraphs),
            slug=_slug(line),
            path=f"/{_slug(line)}/",
        )
    return made


def questions(path: Path, judgements: Path) -> list[Question]:
    """Return a question for each line {id or _id, text, answerable, language}.

    `answerable` is true when not given; an answerable query that nothing is judged relevant to is left out.
    """
    relevant = _relevant(judgements)
    found = []
    for line in _objects(path):
        answerable = line.get("answerable", True)
        urls = tuple(f"/{document}/" for document in relevant[_id(line)]) if answerable else ()
        if urls or not answerable:
            question = Question(_id(line), line["text"], answerable, urls, language=line.get("language", ""))
            found.append(question)
    return found


def _relevant(path: Path) -> dict[str, list[str]]:
    """Read lines of query, document and score, parted by tabs; TREC's four columns too."""
    relevant: dict[str, list[str]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = line.split("\t") if "\t" in line else line.split()
        query, document, score = fields[0], fields[-2], fields[-1]
        if score.lstrip("-").isdigit() and int(score) > 0:
            relevant[query].append(_safe(document))
    return relevant


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def _id(line: dict[str, Any]) -> str:
    return str(line.get("id", line.get("_id")))


def _slug(line: dict[str, Any]) -> str:
    return _safe(_id(line))


def _safe(name: str) -> str:
    """Return the name in characters that need no quoting in an address, different names staying different."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else f"_{ord(c):x}_" for c in name)
