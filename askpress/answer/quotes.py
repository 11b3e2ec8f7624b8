"""Quotes instead of prose: what answers when no language model writes."""

from __future__ import annotations

from collections.abc import Sequence

from askpress.answer.citations import Verified
from askpress.answer.context import Excerpt
from askpress.providers import extractive
from askpress.providers.contract import EmbeddingModel


def quote(
    question: str, excerpts: Sequence[Excerpt], *, language: str, model: EmbeddingModel
) -> list[tuple[str, Verified]]:
    """Return the words and the proof of at most two stretches of the excerpts that answer best.

    The model ranks them when it runs here; a paid one is not called for it, and words decide.
    """
    spoken = not model.traits.languages or language in model.traits.languages
    embed = model.embed if model.traits.provider == "local" and spoken else None
    found = extractive.quote(question, [excerpt.text for excerpt in excerpts], language=language, embed=embed)
    return [(piece.text.strip(), _proven(excerpts[piece.source_index], piece)) for piece in found]


def _proven(excerpt: Excerpt, piece: extractive.Quote) -> Verified:
    passage, start, end = excerpt.place(piece.start, piece.end)
    return Verified(quote=passage.text[start:end], passage=passage, start=start, end=end)
