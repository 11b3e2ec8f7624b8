"""What the next index version is to be like, and what it would cost; nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from askpress import errors, providers
from askpress.providers import local, prices
from askpress.providers.contract import EmbeddingTraits
from askpress.retrieval import kept, switch, versions
from askpress.retrieval.versions import Recipe
from askpress.sync import ready, rebuild

# Documents that are read at a time.
_SLICE = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """What the next version is to be like; what is empty is as the settings say."""

    provider: str = ""
    model: str = ""
    dimensions: int = 0
    chunk_tokens: int = 0
    overlap_tokens: int = -1


@dataclass(frozen=True, slots=True)
class Estimate:
    """What bringing documents into a version would cost."""

    traits: EmbeddingTraits
    documents: int
    # Texts to embed, their tokens, and chunks whose vector is known.
    chunks: int
    tokens: int
    reused: int

    @property
    def cost(self) -> float | None:
        """US dollars; None when the model's price is unknown."""
        price = self.traits.price_per_million
        return None if price is None else prices.cost(self.tokens, price)


def recipe_of(wish: Wish) -> Recipe:
    """Return the recipe that is wished for; raises SettingsError and UsageError for what cannot be."""
    model = wish.model or (local.TRAITS.model if wish.provider == "local" else settings.EMBEDDING_MODEL)
    provider = wish.provider or ("local" if model == local.TRAITS.model else "openai")
    if provider == "openai" and model == local.TRAITS.model:
        raise errors.UsageError(f"{model} runs here; name OpenAI's model with --model, say text-embedding-3-small.")
    configured = (provider, model) == (settings.EMBEDDING_PROVIDER, settings.EMBEDDING_MODEL)
    traits = providers.configured_traits(
        provider,
        model,
        wish.dimensions or (settings.EMBEDDING_DIMENSIONS if configured else 0),
        base_url=settings.EMBEDDING_BASE_URL,
        api_key=settings.EMBEDDING_API_KEY,
        timeout_seconds=settings.PROVIDER_TIMEOUT_SECONDS,
    )
    return versions.recipe_of(
        traits,
        chunk_tokens=wish.chunk_tokens or settings.CHUNK_TOKENS,
        overlap_tokens=settings.OVERLAP_TOKENS if wish.overlap_tokens < 0 else wish.overlap_tokens,
    )


def foresee(
    recipe: Recipe, version: int = 0, *, on_change: Callable[[int, int], None] = lambda done, total: None
) -> Estimate:
    """Return what it costs to bring what is lacking in the version (0: one that is not there yet)."""
    todo = [document.id for document in switch.lacking(version) if document.wanted]
    count, seen = ready.token_counter(recipe), set[bytes]()
    chunks = tokens = reused = 0
    for start in range(0, len(todo), _SLICE):
        made = [rebuild.make(document, recipe) for document in rebuild.stored(todo[start : start + _SLICE])]
        texts = {key: text for one in made for key, text in one.texts.items()}
        seen |= kept.known(list(texts))
        new = [text for key, text in texts.items() if key not in seen]
        seen |= texts.keys()
        chunks, tokens = chunks + len(new), tokens + sum(map(count, new))
        reused += sum(len(one.content.chunks) for one in made) - len(new)
        on_change(min(start + _SLICE, len(todo)), len(todo))
    traits = providers.embedding_traits(recipe.provider, recipe.model, recipe.dimensions)
    return Estimate(traits, len(todo), chunks, tokens, reused)


def described(recipe: Recipe) -> str:
    """Return the recipe for a person."""
    sizes = f"{recipe.chunk_tokens}/{recipe.overlap_tokens} tokens"
    return f"{recipe.model}, {recipe.dimensions} dimensions, {sizes}"


def flags(live: Recipe, wanted: Recipe) -> str:
    """Return the words for `askpress reindex` by which the next version becomes the wanted one."""
    words = ""
    if (wanted.provider, wanted.model, wanted.dimensions) != (live.provider, live.model, live.dimensions):
        words += f" --model {wanted.model} --dimensions {wanted.dimensions}"
    if (wanted.chunk_tokens, wanted.overlap_tokens) != (live.chunk_tokens, live.overlap_tokens):
        words += f" --chunk-tokens {wanted.chunk_tokens} --overlap-tokens {wanted.overlap_tokens}"
    return words
