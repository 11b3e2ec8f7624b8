"""Measures where a site's own questions and foreign ones lie, and places the evidence floors between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from askpress import sites
from askpress.evaluation import calibration
from askpress.evaluation.calibration import Placed
from askpress.evaluation.drafts import Page
from askpress.evaluation.questions import Question
from askpress.retrieval import retriever, store

COSINE = "ASKPRESS_EVIDENCE_COSINE"
COVERAGE = "ASKPRESS_EVIDENCE_COVERAGE"
_PASSAGES = 12
_FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Nearness:
    """How near the site comes to a question."""

    question: str
    answerable: bool
    # What the rule of evidence compares with ASKPRESS_EVIDENCE_COSINE; None where meanings cannot be compared.
    meaning: float | None
    # What it compares with ASKPRESS_EVIDENCE_COVERAGE.
    words: float
    # "keyword" where the embedding model did not answer, so that meanings were not compared; "rerank" does not matter.
    degraded: str = ""


@dataclass(frozen=True, slots=True)
class Floors:
    """Recommended settings by name; None where there is nothing to place one by."""

    placed: dict[str, Placed | None]
    # The foreign questions that came nearest, nearest first: one that the site does answer spoils the floor.
    nearest: tuple[Nearness, ...]
    # How many questions were compared by words alone since the embedding model did not answer.
    degraded: int


def off_topic(language: str) -> list[str]:
    """Return questions that hardly any site answers, in the site's language if we have them in it."""
    listed = resources.files("askpress.evaluation").joinpath("off-topic.txt").read_text(encoding="utf-8")
    lines = [line.partition(" ") for line in listed.splitlines() if line and not line.startswith("#")]
    found = [text for code, _, text in lines if code == language[:2].lower()]
    return found or [text for code, _, text in lines if code == _FALLBACK]


def pages(site: sites.Site) -> list[Page]:
    """Return the site's public documents, by address."""
    with store.autocommit() as cursor:
        rows = cursor.execute(
            "SELECT url, title, text FROM askpress_document"
            " WHERE site_id = %s AND gone_at IS NULL AND url <> '' AND text <> '' ORDER BY url",
            (site.id,),
        )
        return [Page(str(url), str(title), str(text)) for url, title, text in rows]


def measure(
    asked: Sequence[Question], *, site: sites.Site, on_result: Callable[[], None] = lambda: None
) -> list[Nearness]:
    """Return how near the site comes to each question, in order; raises NoLiveIndex and StoreUnavailable."""
    found = []
    for question in asked:
        found.append(_nearness(question, site))
        on_result()
    return found


def place(measured: Iterable[Nearness], *, now: Mapping[str, float | None]) -> Floors:
    """Return the floors between the questions that have an answer and those that have none."""
    near = list(measured)
    compared = [one for one in near if one.meaning is not None]
    scores = {
        COSINE: [(one.meaning or 0.0, one.answerable) for one in compared],
        COVERAGE: [(one.words, one.answerable) for one in near],
    }
    placed = {
        name: calibration.place([s for s, yes in found if yes], [s for s, yes in found if not yes], now=now[name])
        for name, found in scores.items()
    }
    foreign = sorted((one for one in near if not one.answerable), key=_key, reverse=True)
    return Floors(placed, nearest=tuple(foreign[:3]), degraded=sum(one.degraded == "keyword" for one in near))


def _key(one: Nearness) -> tuple[float, float]:
    return (-1.0 if one.meaning is None else one.meaning, one.words)


def _nearness(question: Question, site: sites.Site) -> Nearness:
    found = retriever.retrieve(question.text, site_id=site.id, site_language=site.language, k=_PASSAGES)
    assert found.explained is not None
    rule = found.explained.rule
    return Nearness(
        question=question.text,
        answerable=question.answerable,
        meaning=None if rule.floor is None else max(map(rule.nearness, found.nearest), default=-1.0),
        words=max((passage.coverage for passage in found.nearest), default=0.0),
        degraded=found.degraded,
    )
