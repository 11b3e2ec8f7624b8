"""What is known of each embedding model before it is called."""

from __future__ import annotations

from askpress.errors import SettingsError
from askpress.providers import local, prices
from askpress.providers.contract import EmbeddingTraits

# Cosines were never calibrated here, for want of a key: with the third generation unrelated texts are commonly
# reported near 0.1 to 0.2 and answers from 0.4 up, so 0.3 refuses the clearly foreign and little else; what is
# only near is left to the language model's own "not in the sources". The second generation's cosines are all
# above 0.65. ASKPRESS_EVIDENCE_COSINE replaces them; `askpress eval --make` says by what.
_UNCALIBRATED = {
    "text-embedding-3-large": 0.30,
    "text-embedding-3-small": 0.30,
    "text-embedding-ada-002": 0.78,
}
# What OpenAI's models give unasked; the third generation's are cut to fewer on request.
NATIVE_DIMENSIONS = {
    "text-embedding-3-large": 3072,
    "text-embedding-3-small": 1536,
    "text-embedding-ada-002": 1536,
}


def embedding_traits(provider: str, model: str, dimensions: int = 0) -> EmbeddingTraits:
    """Return what is known of a model at `dimensions` (0: its own); raises SettingsError where it cannot be."""
    if provider == "local":
        return _local_traits(model, dimensions)
    native = NATIVE_DIMENSIONS.get(model)
    if not (dimensions or native):
        raise SettingsError(f"The length of {model}'s vectors is not known: set ASKPRESS_EMBEDDING_DIMENSIONS to it.")
    fixed = model == "text-embedding-ada-002"
    if native and (dimensions > native or (fixed and dimensions not in {0, native})):
        raise SettingsError(
            f"ASKPRESS_EMBEDDING_DIMENSIONS is {dimensions}: {model} gives {native if fixed else f'at most {native}'}."
        )
    return openai_traits(model, dimensions or native or 0)


def _local_traits(model: str, dimensions: int) -> EmbeddingTraits:
    traits = local.TRAITS
    if model != traits.model:
        raise SettingsError(f"ASKPRESS_EMBEDDING_MODEL is {model!r}: the only local model is {traits.model}.")
    if dimensions not in {0, traits.dimensions}:
        raise SettingsError(f"ASKPRESS_EMBEDDING_DIMENSIONS is {dimensions}: {traits.model} gives {traits.dimensions}.")
    return traits


def openai_traits(model: str, dimensions: int) -> EmbeddingTraits:
    """Return the traits of a model behind OpenAI's API.

    A model we do not know is taken for one of OpenAI's: most servers that speak the API read as much.
    """
    return EmbeddingTraits(
        provider="openai",
        model=model,
        dimensions=dimensions,
        chunk_tokens=800,
        overlap_tokens=100,
        max_tokens=8192,
        batch_inputs=2048,
        batch_tokens=300_000,
        concurrency=4,
        evidence_floor=_UNCALIBRATED.get(model),
        languages=frozenset(),
        price_per_million=prices.embedding_price(model),
    )
