"""Fusion: how much each leg counts, by embedding model and language, and the formula that joins their scores."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from askpress.providers.contract import EmbeddingTraits
from askpress.retrieval import evidence

WEIGHTED, RRF = "weighted", "rrf"
# Both give 0..1. Ranks are among the candidates of both legs; 60 is from Cormack, Clarke and Büttcher (2009).
FORMULAS = {
    WEIGHTED: """(%(dense_weight)s * cosine + %(keyword_weight)s * bm25 / (bm25 + %(half_bm25)s))
           / (%(dense_weight)s + %(keyword_weight)s)""",
    RRF: """61 * (%(dense_weight)s / (60 + rank() OVER (ORDER BY cosine DESC))
           + %(keyword_weight)s / (60 + rank() OVER (ORDER BY bm25 DESC))) / (%(dense_weight)s + %(keyword_weight)s)""",
}


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each leg counts."""

    dense: float
    keyword: float


MEANINGS = Weights(dense=1.0, keyword=0.0)
WORDS = Weights(dense=0.0, keyword=1.0)
# The dense leg leads where the model knows the language, keywords elsewhere. Against 0.3 and 0.2 at a half of 10 the
# mean nDCG@10 of four English sets rose from .851 to .857, of three German and Spanish ones from .635 to .641.
_SPOKEN = Weights(dense=1.0, keyword=0.8)
_FOREIGN = Weights(dense=0.3, keyword=1.0)
# In letters the model cannot read the dense leg is nearly noise: at 0.3 a Chinese set fell .012 below keywords alone,
# at 0.15 it rose .011 above, a Russian and a Japanese one .017 and .019.
_UNREAD = Weights(dense=0.15, keyword=1.0)
# By model and language, where something else was measured than what follows from whether the model knows the language.
_MEASURED: dict[tuple[str, str], Weights] = {("all-MiniLM-L6-v2-int8", "en"): _SPOKEN}


# wp_after_insert_post, wp-config.php, /wp-json/, 192.168.0.1, 4711, --max-cost: no embedding model tells one from
# another, so that what holds it came after what is about such things.
_IDENTIFIER = re.compile(r"\S*(?:\d|\w_\w|\w[./:\\]+\w|/\w)\S*|--\w\S*")
# A question that names such a thing among other words. For 382 about 108 functions of Python's library and of packages,
# in seven forms (evals/results.md), the mean reciprocal rank rose from .943 to .962, in each to that of words alone or
# above.
_NAMING = Weights(dense=1.0, keyword=1.6)
_NAME = re.compile(r"\w_\w|[^\W\d]\w*[.:\\]+\w\w|(?<!\S)(?:/|--)\w|\b[a-z]+[A-Z][a-z]+[A-Z]")


def weights(traits: EmbeddingTraits, language: str, question: str) -> Weights:
    """Return how much each leg counts for a question in the language, ISO 639-1."""
    if all(map(_IDENTIFIER.fullmatch, question.split())):
        return _FOREIGN
    if evidence.speaks(traits, language, question):
        if _NAME.search(question):
            return _NAMING
        return _MEASURED.get((traits.model, language), _SPOKEN)
    return _FOREIGN if evidence.is_latin(question) else _UNREAD


def leaning(traits: EmbeddingTraits, languages: Sequence[str]) -> str:
    """Return in which of the languages words count for more than meanings, and why, or ""."""
    foreign = sorted(code for code in languages if code and traits.languages and code not in traits.languages)
    if not foreign:
        return ""
    known = ", ".join(sorted(traits.languages))
    return f"{traits.model} understands {known}: questions in {', '.join(foreign)} lean on keywords"
