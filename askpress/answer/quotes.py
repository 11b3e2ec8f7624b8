"""Quotes instead of prose: what answers when no language model writes."""

from __future__ import annotations

from collections.abc import Sequence

from askpress.answer.citations import Verified
from askpress.answer.context import Excerpt
from askpress.providers import extractive
from askpress.providers.contract import EmbeddingModel


def quote(question: str, excerpts: Sequence[Excerpt], *, language: str, model: EmbeddingModel) -> list[Verified]:
    """Return at most two stretches of the excerpts that answer best, each proven by being there.

    The model ranks them when it runs here; a paid one is not called for it, and words decide.
    """
    spoken = not model.traits.languages or language in model.traits.languages
    embed = model.embed if model.traits.provider == "local" and spoken else None
    found = extractive.quote(question, [excerpt.text for excerpt in excerpts], language=language, embed=embed)
    return [_proven(excerpts[piece.source_index], piece) for piece in found]


def _proven(excerpt: Excerpt, piece: extractive.Quote) -> Verified:
    passage = excerpt.passage_at(excerpt.start + piece.start)
    offset = excerpt.start - passage.start
    return Verified(
        text=piece.text.strip(),
        quote=piece.text,
        passage=passage,
        start=max(0, piece.start + offset),
        end=min(len(passage.text), piece.end + offset),
    )
