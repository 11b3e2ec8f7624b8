"""Asks the questions in this process, past the answer cache, and scores what comes back."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from askpress import sites
from askpress.answer import ask, context, phrases
from askpress.answer.asked import Asked, Options
from askpress.evaluation import measures, questions
from askpress.evaluation.questions import Question
from askpress.evaluation.result import Result
from askpress.retrieval import retriever, store

# Passages that are ranked: the most a search gives.
_RANKED_PASSAGES = 50
# Documents kept of each ranking, for a person to see what came instead.
_KEPT_DOCUMENTS = 10


@dataclass(frozen=True, slots=True)
class _Search:
    """What retrieval gives for a question."""

    found: tuple[str, ...]
    # What the answer is made from; "" below the evidence rule.
    context: str
    is_evidence: bool
    # As in Retrieval, of each that was made.
    degraded: tuple[str, ...]
    seconds: float
    scores: dict[str, float] = field(default_factory=dict)


def run(
    asked: Sequence[Question], *, site: sites.Site, answers: bool, on_result: Callable[[], None] = lambda: None
) -> list[Result]:
    """Return a result for each question, in order; without `answers` they are only searched for.

    Raises NoLiveIndex and StoreUnavailable.
    """
    urls = _addresses(site)
    # The first question would else pay for loading the model.
    _retrieve(asked[0].text, site, k=1)
    results = []
    for question in asked:
        results.append(_examine(question, site, _relevant(question, urls, site), answers=answers))
        on_result()
    return results


def unknown_addresses(asked: Sequence[Question], *, site: sites.Site) -> list[str]:
    """Return the questions' addresses that no document of the site has, each with its question."""
    urls = _addresses(site)
    return [
        f"{wanted} ({question.id})"
        for question in asked
        for wanted in question.urls
        if not questions.matching(wanted, urls, site=site.url)
    ]


def _examine(question: Question, site: sites.Site, relevant: frozenset[str], *, answers: bool) -> Result:
    started = time.process_time()
    searched = _searched(question, site, relevant)
    if not answers:
        return Result(
            question=question,
            scores=searched.scores | _refusal(question, refused=not searched.is_evidence),
            refused=not searched.is_evidence,
            found=searched.found,
            search_seconds=searched.seconds,
            cpu_seconds=time.process_time() - started,
            degraded=_degraded(*searched.degraded),
        )
    begun = time.perf_counter()
    body = ask.ask(Asked(question.text, site=site, user="eval", options=Options(remember=False))).body
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - started
    usage = body["usage"]
    return Result(
        question=question,
        scores=searched.scores
        | _refusal(question, refused=body["refused"])
        | _answer_scores(question, body, site, relevant),
        refused=body["refused"],
        found=searched.found,
        cited=tuple(source["url"] for source in body["sources"]),
        search_seconds=searched.seconds,
        answer_seconds=seconds,
        cpu_seconds=cpu_seconds,
        tokens=usage["input_tokens"] + usage["output_tokens"],
        cost=usage["cost_usd"] if body["model"] != "extractive" else 0.0,
        degraded=_degraded(*searched.degraded, body["degraded"]),
    )


def _searched(question: Question, site: sites.Site, relevant: frozenset[str]) -> _Search:
    begun = time.perf_counter()
    given = _retrieve(question.text, site, k=ask.PASSAGES)
    seconds = time.perf_counter() - begun
    every = _retrieve(question.text, site, k=_RANKED_PASSAGES)
    ranked = measures.best_of_each(passage.url for passage in every.nearest)
    excerpts = context.build(given.passages, max_tokens=settings.CONTEXT_TOKENS)
    text = "\n\n".join(excerpt.text for excerpt in excerpts)
    scores: dict[str, float] = {}
    if relevant:
        scores |= {f"recall@{k}": measures.recall(ranked, relevant, k=k) for k in (5, 10)}
        scores["ndcg@10"] = measures.ndcg(ranked, relevant, k=10)
        scores["mrr@10"] = measures.reciprocal_rank(ranked, relevant, k=10)
    if question.patterns:
        scores["context_recall"] = measures.share_found(question.patterns, text)
    degraded = (given.degraded, every.degraded)
    return _Search(ranked[:_KEPT_DOCUMENTS], text, bool(given.passages), degraded, seconds, scores)


def _degraded(*said: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in said if one))


def _refusal(question: Question, *, refused: bool) -> dict[str, float]:
    return {"false_refusals" if question.answerable else "refusal_recall": float(refused)}


def _answer_scores(
    question: Question, body: dict[str, Any], site: sites.Site, relevant: frozenset[str]
) -> dict[str, float]:
    scores: dict[str, float] = {}
    answer = _without_introduction(body["answer"], body["language"], site)
    if question.patterns:
        said = "" if body["refused"] else answer
        scores["answer_hit"] = float(measures.share_found(question.patterns, said) == 1.0)
    if body["refused"]:
        return scores
    cited = [source["url"] for source in body["sources"]]
    if relevant:
        scores["citation_precision"] = measures.precision(cited, relevant) if cited else 0.0
    texts = _texts(cited, site)
    citations = [(citation["number"], citation["quote"]) for citation in body["citations"]]
    scores["citation_validity"] = float(measures.are_valid(answer, citations, texts))
    scores["groundedness"] = measures.groundedness(answer, texts)
    return scores


def _retrieve(text: str, site: sites.Site, *, k: int) -> retriever.Retrieval:
    return retriever.retrieve(text, site_id=site.id, site_language=site.language, k=k)


def _without_introduction(answer: str, language: str, site: sites.Site) -> str:
    """Take off the service's own sentence before quotes: it claims nothing."""
    spoken = phrases.spoken(language, site_language=site.language)
    return re.sub(rf"^{re.escape(phrases.quoted(spoken))}\s+", "", answer)


def _relevant(question: Question, urls: frozenset[str], site: sites.Site) -> frozenset[str]:
    """Return the documents that answer; an address that no document has counts as one never found."""
    named = (questions.matching(wanted, urls, site=site.url) or {wanted} for wanted in question.urls)
    return frozenset().union(*named)


def _addresses(site: sites.Site) -> frozenset[str]:
    with store.autocommit() as cursor:
        rows = cursor.execute("SELECT url FROM askpress_document WHERE site_id = %s AND url <> ''", (site.id,))
        return frozenset(str(row[0]) for row in rows)


def _texts(urls: Sequence[str], site: sites.Site) -> list[str]:
    """Return the documents' stored texts, with the title that a statement may name, in the order of `urls`."""
    with store.autocommit() as cursor:
        rows = cursor.execute(
            "SELECT url, title || E'\\n' || text FROM askpress_document WHERE site_id = %s AND url = ANY(%s)",
            (site.id, list(urls)),
        )
        texts = {str(row[0]): str(row[1]) for row in rows}
    return [texts.get(url, "") for url in urls]
