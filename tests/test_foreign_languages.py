"""German and Spanish questions, written by hand over passages of their language, with the English model."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import pytest

from askpress import sites
from askpress.providers import local
from askpress.retrieval import retriever
from askpress.retrieval.filters import Mode
from tests import conftest, documents

LANGUAGES = ("de", "es")
_FOLDER = Path(__file__).parents[1] / "evals" / "foreign"
# Question -> number of the document that answers it, for each language.
Asked = Mapping[str, Mapping[str, int]]


@pytest.fixture(scope="module")
def asked(stores: None) -> Asked:
    """All passages of both languages stand in one index, as on a site in several languages."""
    conftest.empty_tables()
    documents.site()
    model = local.MiniLM()
    asked: dict[str, dict[str, int]] = {language: {} for language in LANGUAGES}
    number = 0
    for language in LANGUAGES:
        for line in (_FOLDER / f"{language}.jsonl").read_text(encoding="utf-8").splitlines():
            number, one = number + 1, json.loads(line)
            vectors = list(model.embed([f"{one['title']}\n{one['text']}"]))
            documents.add(number, one["text"], title=one["title"], language=language, vectors=vectors)
            asked[language] |= dict.fromkeys(one["questions"], number)
    return asked


def ndcg(asked: Mapping[str, int], *, mode: Mode = "hybrid") -> float:
    """Return the mean nDCG@10; one document answers each question."""
    site, gains = sites.first(), []
    for question, expected in asked.items():
        found = retriever.retrieve(question, site_id=site.id, site_language="en", k=10, mode=mode)
        ranks = [rank for rank, one in enumerate(found.passages, start=1) if one.url.endswith(f"/{expected}/")]
        gains += [1 / math.log2(1 + rank) for rank in ranks[:1]] or [0.0]
    return sum(gains) / len(gains)


@pytest.mark.parametrize("language", LANGUAGES)
def test_questions_in_a_language_the_model_does_not_speak_find_their_passage(asked: Asked, language: str) -> None:
    assert ndcg(asked[language]) >= 0.9


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_together_are_no_worse_than_words_or_meanings_alone(asked: Asked, language: str) -> None:
    hybrid, words, meanings = (ndcg(asked[language], mode=mode) for mode in ("hybrid", "keyword", "semantic"))

    assert hybrid >= max(words, meanings) - 0.01
