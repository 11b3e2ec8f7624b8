"""The rule of evidence: when passages are near enough to a question to answer from."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from askpress.providers.contract import EmbeddingTraits
from askpress.retrieval.passage import Passage

# A passage with a fifth of the question's words is judged by its cosine alone; more of them make up for distance.
# That refuses .86 of what has nothing to do with a site in place of .50, at 5 in 100 false refusals; what else was
# tried stands in docs/decisions/0007-evidence.md.
_SPOKEN = (0.5, 0.2)
# In a language the model does not know. Of 696 questions in six such languages, and 233 about something else, that
# refuses .67 of the latter in place of .44, at the same 1.5 in 100 false refusals.
_FOREIGN = (1.0, 0.22)


@dataclass(frozen=True, slots=True)
class Rule:
    """How near a passage must be in meaning and words together, or in words alone."""

    # The least nearness, None where meanings cannot be compared.
    floor: float | None
    # What the share of the question's words counts beside the cosine, and the share that adds nothing.
    coverage_weight: float
    usual_coverage: float

    def nearness(self, passage: Passage) -> float:
        return passage.cosine + self.coverage_weight * (passage.coverage - self.usual_coverage)

    def is_enough(self, passages: Sequence[Passage]) -> bool:
        """True when a passage is near enough to answer from."""
        if self.floor is None:
            return any(passage.coverage >= settings.EVIDENCE_COVERAGE for passage in passages)
        return any(self.nearness(passage) >= self.floor for passage in passages)


def rule(question: str, language: str, traits: EmbeddingTraits, *, embedded: bool) -> Rule:
    """Return the rule for a question in the language, ISO 639-1; a model without a floor leaves words alone."""
    comparable = embedded and (speaks(traits, language, question) or is_latin(question))
    return Rule(
        cosine_floor(traits) if comparable else None,
        *(_SPOKEN if speaks(traits, language, question) else _FOREIGN),
    )


def cosine_floor(traits: EmbeddingTraits) -> float | None:
    """Return the model's floor, None when it has none."""
    return settings.EVIDENCE_COSINE if settings.EVIDENCE_COSINE is not None else traits.evidence_floor


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
