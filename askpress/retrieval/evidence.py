"""The rule of evidence: when passages are near enough to a question to answer from."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from django.conf import settings

from askpress.providers.contract import EmbeddingTraits
from askpress.retrieval.passage import Passage

# A passage with a fifth of the question's words is judged by its cosine alone; more of them make up for distance.
# That refuses .86 of what has nothing to do with a site in place of .50, at 5 in 100 false refusals; what else was
# tried stands in docs/decisions/0007-evidence.md.
_COVERAGE_WEIGHT = 0.5
_USUAL_COVERAGE = 0.2


def is_evidence(passages: Sequence[Passage], *, cosine_floor: float | None) -> bool:
    """True when a passage is near enough in meaning and words together.

    Without `cosine_floor`, where meanings cannot be compared, one alone must hold enough of the question's words.
    """
    if cosine_floor is None:
        return any(passage.coverage >= settings.EVIDENCE_COVERAGE for passage in passages)
    return any(nearness(passage) >= cosine_floor for passage in passages)


def nearness(passage: Passage) -> float:
    """Return what is compared with the cosine's floor."""
    return passage.cosine + _COVERAGE_WEIGHT * (passage.coverage - _USUAL_COVERAGE)


def cosine_floor(traits: EmbeddingTraits) -> float | None:
    """Return the model's floor, None when it has none."""
    return settings.EVIDENCE_COSINE if settings.EVIDENCE_COSINE is not None else traits.evidence_floor


def is_comparable(question: str, language: str, traits: EmbeddingTraits) -> bool:
    """True when the model's cosines say something about the question."""
    return speaks(traits, language, question) or is_latin(question)


def speaks(traits: EmbeddingTraits, language: str, question: str) -> bool:
    """True when the model knows the language; one it cannot read is none, whatever the question was taken for."""
    if not traits.languages:
        return True
    readable = is_latin(question) or not any(character.isalpha() for character in question)
    return language in traits.languages and readable


def is_latin(question: str) -> bool:
    """True when the model can read the letters.

    An English model ranks German or Spanish badly, yet tells what is on a site from what is not (AUC .99 against .91
    by words alone); all Cyrillic, Arabic or Chinese texts look alike to it.
    """
    letters = [character for character in question if character.isalpha()]
    latin = sum(1 for character in letters if unicodedata.name(character, "").startswith("LATIN"))
    return 2 * latin > len(letters)
