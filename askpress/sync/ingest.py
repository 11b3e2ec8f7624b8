"""The trip of posts into the index: clean, chunk, embed what is new, replace. One post or a hundred, the same trip."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from askpress import errors, providers
from askpress.providers.contract import EmbeddingModel, Vectors
from askpress.retrieval import index, versions
from askpress.retrieval.versions import IndexVersion, Recipe
from askpress.text import chunking, cleaning, language, page, terms, tokens
from askpress.wordpress.post import Post

# What keeps a public post out of the index; the note stands in the document's row and in the run's details.
_WITHOUT_TEXT = {
    "empty": "it has no text",
    "shortcodes": "it has no text but shortcodes: a page builder's post; ASKPRESS_READ_PUBLIC_PAGES=1 reads its page",
}


@dataclass(frozen=True, slots=True)
class Means:
    """What an ingest works with."""

    site_id: int
    version: IndexVersion
    model: EmbeddingModel
    # Called with the tokens of each reply as it arrives.
    on_tokens: Callable[[int], None]
    # HTML of a post's public page, for posts without text of their own; None: not wanted.
    public_page: Callable[[str], str] | None = None
    retry_seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one post: added, changed, unchanged, removed, failed, older."""

    post_id: int
    kind: str
    # Why it failed, was removed or has no chunks.
    reason: str = ""
    note: str = ""


def ingest(posts: Iterable[Post], means: Means, *, read_at: datetime) -> list[Outcome]:
    """Bring posts that were read at `read_at` into the index; every post has an outcome, none stops the others.

    Raises ProviderError when no further post can be embedded, after what could be finished was, and StoreUnavailable.
    """
    outcomes: list[Outcome] = []
    ready: list[tuple[index.Content, dict[bytes, str]]] = []
    for post in posts:
        try:
            hidden = why_hidden(post)
            if hidden:
                outcomes.append(_remove(post, means, hidden))
            else:
                ready.append(_prepare(post, means, read_at=read_at))
        except errors.StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  whatever one post does to a parser, the others must not suffer
            outcomes.append(_failed(post.id, post.type, means, error))
    outcomes += _write(ready, means)
    return outcomes


def why_hidden(post: Post) -> str:
    """Return why an anonymous reader or the owner's wish keeps the post out, or ""."""
    if post.status != "publish":
        return f"its status is {post.status}"
    if post.protected:
        return "a password protects it"
    return "it is marked noindex" if post.noindex else ""


def _remove(post: Post, means: Means, reason: str) -> Outcome:
    removed = index.remove(means.site_id, post.id, evidence=reason)
    return Outcome(post.id, "removed" if removed else "hidden", reason)


def _prepare(post: Post, means: Means, *, read_at: datetime) -> tuple[index.Content, dict[bytes, str]]:
    recipe = means.version.recipe
    cleaned = _clean(post, means)
    code = (post.language[:2].lower() or language.detect(cleaned.text)) if cleaned.text else ""
    chunks, texts = _chunks(post, cleaned, recipe, code)
    content = index.Content(
        site_id=means.site_id,
        post_id=post.id,
        type=post.type,
        url=post.link,
        slug=post.slug,
        title=post.title,
        language=code,
        author=post.author,
        categories=post.categories,
        tags=post.tags,
        published_at=post.published_at,
        modified_at=post.modified_at,
        source=_source(post),
        source_checksum=post.checksum,
        text=cleaned.text,
        note=cleaned.note,
        checksum=_checksum(recipe, post.title, code, cleaned),
        chunks=chunks,
        read_at=read_at,
    )
    return content, texts


def _source(post: Post) -> bytes:
    # dataclasses.asdict gives the same, but copies every value: 6 in 100 of an ingest's CPU.
    fields = {field.name: getattr(post, field.name) for field in dataclasses.fields(post)}
    return zlib.compress(json.dumps(fields, default=str).encode())


def _clean(post: Post, means: Means) -> cleaning.Cleaned:
    cleaned = cleaning.clean(post.html)
    if cleaned.note in _WITHOUT_TEXT and means.public_page is not None and post.link:
        return cleaning.clean(page.main_content(means.public_page(post.link)))
    return cleaned


def _checksum(recipe: Recipe, title: str, code: str, cleaned: cleaning.Cleaned) -> str:
    shape = [dataclasses.astuple(recipe), title, code, cleaned.text, cleaned.anchors]
    return hashlib.sha256(json.dumps(shape, ensure_ascii=False).encode()).hexdigest()


def _chunks(
    post: Post, cleaned: cleaning.Cleaned, recipe: Recipe, code: str
) -> tuple[tuple[index.NewChunk, ...], dict[bytes, str]]:
    """Return the post's chunks, and the text to embed under each key."""
    texts: dict[bytes, str] = {}
    made: list[index.NewChunk] = []
    seen: dict[str, int] = {}
    for chunk in _split(post.title, cleaned, recipe):
        embedded = chunk.embedded_text(post.title)
        key = index.embedding_key(recipe.space, embedded)
        texts[key] = embedded
        twin = seen[chunk.text] = seen.get(chunk.text, 0) + 1
        made.append(
            index.NewChunk(
                public_id=_public_id(post.id, chunk.text, twin),
                text=chunk.text,
                headings=chunk.headings,
                anchor=chunk.anchor,
                start=chunk.start,
                end=chunk.end,
                fresh=chunk.fresh,
                token_count=chunk.token_count,
                lexemes=tuple(terms.lexemes(embedded, language=code)),
                key=key,
            )
        )
    return tuple(made), texts


def _split(title: str, cleaned: cleaning.Cleaned, recipe: Recipe) -> list[chunking.Chunk]:
    if not cleaned.text:
        return []
    return chunking.split(
        cleaned,
        title=title,
        chunk_tokens=recipe.chunk_tokens,
        overlap_tokens=recipe.overlap_tokens,
        count=token_counter(recipe),
    )


def token_counter(recipe: Recipe) -> tokens.Counter:
    """Return the exact, offline counter of the recipe's embedding model."""
    return tokens.minilm() if recipe.provider == "local" else tokens.openai()


def _public_id(post_id: int, text: str, twin: int) -> str:
    """Stable while the text is; equal texts of one post are numbered."""
    return hashlib.sha256(f"{post_id}\0{twin}\0{text}".encode()).hexdigest()[:20]


def _write(ready: Sequence[tuple[index.Content, dict[bytes, str]]], means: Means) -> list[Outcome]:
    if not ready:
        return []
    version = _with_mean(means.version, [content for content, _ in ready])
    texts: dict[bytes, str] = {}
    for _, mine in ready:
        texts |= mine
    failures = _embed(texts, means)
    return [_replace(version, content, failures, means) for content, _ in ready]


def _with_mean(version: IndexVersion, contents: Sequence[index.Content]) -> IndexVersion:
    lengths = [len(chunk.lexemes) for content in contents for chunk in content.chunks]
    if version.mean_lexemes is not None or not lengths:
        return version
    return dataclasses.replace(version, mean_lexemes=versions.freeze_mean_lexemes(version, lengths))


def _embed(texts: Mapping[bytes, str], means: Means) -> dict[bytes, errors.ProviderError]:
    """Embed the texts whose vectors are not kept yet, keeping each reply as it arrives; return what failed."""
    kept = index.known(list(texts)) if texts else set()
    keys = [key for key in texts if key not in kept]
    if not keys:
        return {}
    count = token_counter(means.version.recipe)
    sizes = [count(texts[key]) for key in keys]

    def keep(places: Sequence[int], vectors: Vectors) -> None:
        index.keep({keys[place]: np.asarray(vector) for place, vector in zip(places, vectors, strict=True)})
        means.on_tokens(sum(sizes[place] for place in places))

    failed = providers.embed_all(
        means.model,
        [texts[key] for key in keys],
        sizes=sizes,
        on_reply=keep,
        retry_seconds=means.retry_seconds,
    )
    return {keys[place]: error for place, error in failed.items()}


def _replace(
    version: IndexVersion,
    content: index.Content,
    failures: Mapping[bytes, errors.ProviderError],
    means: Means,
) -> Outcome:
    for chunk in content.chunks:
        if chunk.key in failures:
            return _failed(content.post_id, content.type, means, failures[chunk.key])
    try:
        kind = index.replace(version, content)
    except errors.StoreUnavailable:
        raise
    except Exception as error:  # noqa: BLE001  as above: recorded, retried by the next run
        return _failed(content.post_id, content.type, means, error)
    return Outcome(content.post_id, kind, _WITHOUT_TEXT.get(content.note, ""), content.note)


def _failed(post_id: int, kind: str, means: Means, error: Exception) -> Outcome:
    reason = str(error) if isinstance(error, errors.AskpressError) else f"{type(error).__name__}: {error}"
    index.record_failure(means.site_id, post_id, type=kind, error=reason)
    return Outcome(post_id, "failed", reason)
