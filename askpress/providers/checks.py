"""What may be sent to an embedding model, and what may be kept of what it returns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from askpress.errors import BadEmbedding, InputRejected
from askpress.providers.contract import EmbeddingTraits, Vectors


class WrongDimensions(BadEmbedding):
    """Every vector has another length than the index: no text's fault."""


def well_formed(text: str) -> str:
    """Replace what cannot be sent as UTF-8: lone surrogates, which JSON lets through."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text


def unsendable(text: str, size: int, traits: EmbeddingTraits) -> InputRejected | None:
    """Return why a text of `size` tokens must not be sent, None when it may."""
    if not text.strip():
        return InputRejected("The text is empty.")
    # The local model reads the beginning of a long text and leaves the rest; nothing to reject.
    if size > traits.max_tokens and traits.provider != "local":
        return InputRejected(f"The text has {size} tokens; {traits.model} reads at most {traits.max_tokens}.")
    return None


def whole(vectors: Vectors, expected: int, traits: EmbeddingTraits) -> Vectors:
    """Return `vectors` when there is one of the right length for every text; raises BadEmbedding."""
    if len(vectors) != expected:
        raise BadEmbedding(f"{traits.model} returned {len(vectors)} vectors for {expected} texts.")
    if vectors.ndim != 2 or vectors.shape[1] != traits.dimensions:
        raise WrongDimensions(
            f"{traits.model} returned vectors of {vectors.shape[-1]} dimensions where the index has "
            f"{traits.dimensions}; set ASKPRESS_EMBEDDING_DIMENSIONS to what it returns and sync again."
        )
    return vectors


def sound(vectors: Vectors) -> npt.NDArray[np.bool_]:
    """Tell which rows can be compared at all."""
    finite = np.asarray(np.isfinite(vectors).all(axis=1), dtype=np.bool_)
    return finite & np.asarray(vectors.any(axis=1), dtype=np.bool_)


def unit(vectors: Vectors) -> Vectors:
    """Return the rows at unit length, whatever the model gave: some servers do not normalise."""
    squares = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
    # In double precision by the piece; whole copies of that size cost four times as much.
    scaled: Vectors = np.empty_like(vectors)
    np.divide(vectors, np.sqrt(squares)[:, None], out=scaled, casting="same_kind")
    return scaled
