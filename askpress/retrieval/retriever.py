"""From a question to the passages that can answer it, or to none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

import psycopg
from django.conf import settings

from askpress import errors, logs, providers
from askpress.providers.contract import EmbeddingModel, Vectors
from askpress.retrieval import (
    evidence,
    filters,
    fusion,
    keywords,
    languages,
    lately,
    literal,
    narrowing,
    queries,
    recent,
    rerank,
    search,
    store,
    versions,
)
from askpress.retrieval.evidence import Rule
from askpress.retrieval.filters import Filters, Mode
from askpress.retrieval.fusion import Weights
from askpress.retrieval.literal import Literal
from askpress.retrieval.narrowing import Narrowing
from askpress.retrieval.passage import Passage
from askpress.retrieval.search import Part
from askpress.retrieval.versions import IndexVersion, Recipe
from askpress.text import language

# A visitor waits no longer for the embedding of a question: OpenAI takes a fifth of a second, words are there at once.
_QUESTION_SECONDS = 5
# A question whose language cannot be told is English more often than anything else.
_COMMON_LANGUAGE = "en"
# By so many passages, or k if that is more, it is judged whether there is evidence.
_JUDGED = 8
_UNSPACED = frozenset({"zh", "ja", "ko", "th"})
_KANA = re.compile("[\u3041-\u30ff\uff66-\uff9d]")

_live = lately.Lately(versions.live)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What was found for a question."""

    # Best first; empty when nothing is evidence.
    passages: tuple[Passage, ...]
    # What came nearest all the same: for suggestions, never for answers.
    nearest: tuple[Passage, ...]
    # Of the question, ISO 639-1.
    language: str
    # "keyword" when the embedding model could not be called, "rerank" when the reranker could not, else "".
    degraded: str
    index_version: int
    # The live recipe's.
    model: EmbeddingModel
    # The question's lexemes, and how rare each is.
    idfs: Mapping[str, float] = field(default_factory=dict)
    # How the passages were found and judged.
    explained: Explained | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """What decided the order, and whether there is evidence."""

    weights: Weights
    formula: str
    rule: Rule
    languages: tuple[str, ...]
    is_evidence: bool
    reranked: bool


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for, where and how."""

    literal: Literal
    site_id: int
    site_language: str
    k: int
    narrowed: Filters
    mode: Mode
    part: Part
    turn: AbstractContextManager[object]

    @property
    def text(self) -> str:
        return self.literal.text


def retrieve(
    question: str,
    *,
    site_id: int,
    site_language: str,
    k: int,
    narrowed: Filters = filters.ANY,
    mode: Mode = "hybrid",
    operators: bool = True,
    part: Part = search.WHOLE,
    turn: AbstractContextManager[object] = nullcontext(),  # noqa: B008  it does nothing and keeps nothing
) -> Retrieval:
    """Return at most k passages of those documents of the site that `narrowed` leaves.

    `part` takes others than the first k; whoever skips some has seen evidence among the first. Without `operators`
    quotes and minus signs in the question are punctuation. `turn` is entered for what asks Postgres. Raises
    NoLiveIndex and StoreUnavailable.
    """
    read = literal.read(question) if operators else Literal(question)
    query = Query(read, site_id, site_language, k, narrowed, mode, part, turn)
    try:
        return _retrieve(query, _live())
    except psycopg.errors.UndefinedTable:
        # The version that was live a second ago is dropped; what is live now is asked.
        lately.forget()
    try:
        return _retrieve(query, _live())
    except psycopg.errors.UndefinedTable:
        lately.forget()
        raise errors.NoLiveIndex("The index was just replaced or reset; ask again in a few seconds.") from None


def _retrieve(query: Query, version: IndexVersion) -> Retrieval:
    model = embedding_model(version.recipe, most_seconds=_QUESTION_SECONDS)
    detected = language.detect(query.text)
    code = _language(query, detected)
    read_as = _languages(query, detected)
    embedding = _embed(query.text, model) if query.mode != "keyword" else None
    if embedding is not None and settings.PROBE_QUERIES:
        recent.remember(version.id, query.site_id, embedding)
    weights = _weights(query, model, code, embedded=embedding is not None)
    reranker = rerank.configured()
    read = _to_read(query, reranked=reranker is not None)
    with query.turn, store.one_connection():
        asked = keywords.analyse(query.text, languages=read_as, version=version.id, site_id=query.site_id)
        fused = search.hybrid(
            version,
            site_id=query.site_id,
            embedding=embedding,
            keywords=asked,
            weights=weights,
            formula=settings.FUSION,
            k=query.k,
            narrowed=_narrowing(query, read_as),
            part=read,
        )
    rule = evidence.rule(query.text, code, model.traits, embedded=embedding is not None)
    # What holds a phrase to the letter needs no evidence.
    enough = bool(query.part.skip or query.literal.phrases) or rule.is_enough(fused[: max(query.k, _JUDGED)])
    reranked = rerank.rerank(query.text, fused, reranker) if reranker and enough else None
    first, wanted = query.part.skip - read.skip, query.part.limit or query.k
    nearest = tuple(sorted((reranked or fused)[first : first + wanted], key=lambda passage: -passage.score))
    late = reranker is not None and enough and reranked is None
    return Retrieval(
        passages=nearest if enough else (),
        nearest=nearest,
        language=code,
        degraded="keyword" if embedding is None and query.mode != "keyword" else "rerank" if late else "",
        index_version=version.id,
        model=model,
        idfs=asked.idfs,
        explained=Explained(weights, settings.FUSION, rule, read_as, enough, reranked is not None),
    )


def _weights(query: Query, model: EmbeddingModel, code: str, *, embedded: bool) -> Weights:
    if not embedded:
        return fusion.WORDS
    return fusion.MEANINGS if query.mode == "semantic" else fusion.weights(model.traits, code, query.text)


def _to_read(query: Query, *, reranked: bool) -> Part:
    """Return what must be read to know the order up to the part that is wanted, and whether there is evidence."""
    if query.part.skip and not reranked:
        return query.part
    wanted = query.part.skip + (query.part.limit or query.k)
    return replace(query.part, skip=0, limit=max(settings.RERANK_PASSAGES if reranked else _JUDGED, wanted))


def _language(query: Query, detected: str) -> str:
    """Return the question's language: where it does not show, that of most documents, which a theme may not know.

    Without a kana Chinese and Japanese look alike; then it is the one that the site is written in.
    """
    written = [code for code in languages.of_documents(query.site_id) if code]
    if detected in ("zh", "ja") and detected not in written and not _KANA.search(query.text):
        detected = next((code for code in written if code in ("zh", "ja")), detected)
    return detected or next(iter(written), "") or query.site_language[:2].lower() or _COMMON_LANGUAGE


def _languages(query: Query, detected: str) -> tuple[str, ...]:
    """Return the languages whose lexemes are looked for: the question's, or all of the site's documents' when unsure.

    Chinese and Japanese are told apart badly in short questions, and the words of another language among them belong to
    any. So do the words of documents that show no language: "" stands for these, and is none of a question.
    """
    written = languages.of_documents(query.site_id)
    asked = (detected,) if detected else ()
    if detected and detected in written and detected not in _UNSPACED:
        return asked + tuple(code for code in written if not code)
    every = dict.fromkeys((*asked, *written))
    return tuple(every) or (query.site_language[:2].lower() or _COMMON_LANGUAGE,)


def _narrowing(query: Query, read_as: Sequence[str]) -> Narrowing:
    if not query.narrowed and not query.literal:
        return narrowing.NONE
    written = languages.every(query.site_id)
    return Narrowing(
        query.narrowed,
        narrowing.phrases(query.literal, written=written),
        narrowing.excluded(query.literal, written=written, read_as=read_as),
    )


def embedding_model(recipe: Recipe, *, most_seconds: int = 600) -> EmbeddingModel:
    """Return the model of the live recipe, whatever the settings now say of the next one.

    A request to it takes `most_seconds`, or fewer by the settings.
    """
    traits = providers.embedding_traits(recipe.provider, recipe.model, recipe.dimensions)
    return providers.embedding_model(
        traits,
        base_url=settings.EMBEDDING_BASE_URL,
        api_key=settings.EMBEDDING_API_KEY,
        timeout_seconds=min(settings.PROVIDER_TIMEOUT_SECONDS, most_seconds),
    )


def _embed(question: str, model: EmbeddingModel) -> Vectors | None:
    try:
        return queries.embed(
            question, model, base_url=settings.EMBEDDING_BASE_URL, seconds=settings.QUERY_CACHE_SECONDS
        )
    except errors.ProviderError as error:
        logs.warning("query not embedded", model=model.traits.model, reason=str(error))
        return None
