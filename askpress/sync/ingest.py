"""The trip of posts into the index: clean, chunk, embed what is new, replace. One post or a hundred, the same trip."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from askpress import errors, providers
from askpress.providers.contract import EmbeddingModel, Vectors
from askpress.retrieval import index, kept, versions
from askpress.retrieval.versions import IndexVersion
from askpress.sync import ready
from askpress.wordpress.post import Post


@dataclass(frozen=True, slots=True)
class Means:
    """What an ingest works with."""

    site_id: int
    version: IndexVersion
    model: EmbeddingModel
    # Called with the tokens of each reply as it arrives.
    on_tokens: Callable[[int], None]
    # Called with the tokens about to be embedded and how many chunks have their vectors; may raise Stopped.
    before_embedding: Callable[[int, int], None] = lambda tokens, reused: None
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
    # It failed, and trying again may help.
    retryable: bool = False


def ingest(posts: Iterable[Post], means: Means, *, read_at: datetime) -> list[Outcome]:
    """Bring posts that were read at `read_at` into the index; every post has an outcome, none stops the others.

    Raises ProviderError when no further post can be embedded, after what could be finished was, and StoreUnavailable.
    """
    outcomes: list[Outcome] = []
    made: list[ready.Ready] = []
    for post in posts:
        try:
            hidden = why_hidden(post)
            if hidden:
                outcomes.append(_remove(post, means, hidden, read_at))
            else:
                made.append(_make_ready(post, means, read_at=read_at))
        except errors.StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  whatever one post does to a parser, the others must not suffer
            outcomes.append(_failed(post.id, post.type, means, error))
    outcomes += _write(made, means)
    return outcomes


def why_hidden(post: Post) -> str:
    """Return why an anonymous reader or the owner's wish keeps the post out, or ""."""
    if post.status != "publish":
        return f"its status is {post.status}"
    if post.protected:
        return "a password protects it"
    return "it is marked noindex" if post.noindex else ""


def _remove(post: Post, means: Means, reason: str, read_at: datetime) -> Outcome:
    removed = index.remove(means.site_id, post.id, evidence=reason, read_at=read_at)
    return Outcome(post.id, "removed" if removed else "hidden", reason)


def _make_ready(post: Post, means: Means, *, read_at: datetime) -> ready.Ready:
    return ready.make(
        post,
        site_id=means.site_id,
        recipe=means.version.recipe,
        read_at=read_at,
        public_page=means.public_page,
    )


def _write(made: Sequence[ready.Ready], means: Means) -> list[Outcome]:
    if not made:
        return []
    contents = [one.content for one in made]
    version = _with_mean(means.version, contents)
    texts: dict[bytes, str] = {}
    for one in made:
        texts |= one.texts
    failures = _embed(texts, means, chunks=sum(len(content.chunks) for content in contents))
    return [_replace(version, content, failures, means) for content in contents]


def _with_mean(version: IndexVersion, contents: Sequence[index.Content]) -> IndexVersion:
    lengths = [len(chunk.lexemes) for content in contents for chunk in content.chunks]
    if version.mean_lexemes is not None or not lengths:
        return version
    return dataclasses.replace(version, mean_lexemes=versions.freeze_mean_lexemes(version, lengths))


def _embed(texts: Mapping[bytes, str], means: Means, *, chunks: int) -> dict[bytes, errors.ProviderError]:
    """Embed the texts whose vectors are not kept yet, keeping each reply as it arrives; return what failed."""
    held = kept.known(list(texts)) if texts else set()
    keys = [key for key in texts if key not in held]
    count = ready.token_counter(means.version.recipe)
    sizes = [count(texts[key]) for key in keys]
    means.before_embedding(sum(sizes), chunks - len(keys))
    if not keys:
        return {}

    def keep(places: Sequence[int], vectors: Vectors) -> None:
        kept.keep({keys[place]: np.asarray(vector) for place, vector in zip(places, vectors, strict=True)})
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
    return Outcome(content.post_id, kind, ready.WITHOUT_TEXT.get(content.note, ""), content.note)


def _failed(post_id: int, kind: str, means: Means, error: Exception) -> Outcome:
    reason = reason_of(error)
    index.record_failure(means.site_id, post_id, type=kind, error=reason)
    return Outcome(post_id, "failed", reason, retryable=isinstance(error, errors.AskpressError) and error.retryable)


def reason_of(error: Exception) -> str:
    """Return the sentence that is kept of a post's failure."""
    return str(error) if isinstance(error, errors.AskpressError) else f"{type(error).__name__}: {error}"
