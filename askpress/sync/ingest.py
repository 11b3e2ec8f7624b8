"""The trip of posts into the index: clean, chunk, embed what is new, replace. One post or a hundred, the same trip."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from askpress import errors
from askpress.providers.contract import EmbeddingModel
from askpress.retrieval import index, versions
from askpress.retrieval.versions import IndexVersion
from askpress.sync import embedding, ready, rebuild
from askpress.sync.rules import Rules
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
    # What the owner decided for the site.
    rules: Rules = field(default_factory=Rules)
    # HTML of a post's public page, for posts without text of their own; None: not wanted.
    public_page: Callable[[str], str] | None = None
    retry_seconds: float = 120.0
    # Looked at before each post and each request to the provider.
    should_stop: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one post: added, changed, unchanged, removed, failed, older."""

    post_id: int
    kind: str
    # Why it failed, was removed or has no chunks.
    reason: str = ""
    note: str = ""
    # It failed, and trying again may help; not before so many seconds are over, if site or provider asked for that.
    retryable: bool = False
    wait_seconds: float = 0.0
    # It failed because the site did not answer, or wants to be left in peace.
    site_away: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """Posts that are ready to be embedded and written."""

    # What became of the others: hidden, removed, failed.
    outcomes: Sequence[Outcome] = ()
    made: Sequence[ready.Ready] = ()


def ingest(posts: Iterable[Post], means: Means, *, read_at: datetime) -> list[Outcome]:
    """Bring posts that were read at `read_at` into the index; every post has an outcome, none stops the others.

    Raises ProviderError when no further post can be embedded, after what could be finished was, StoreUnavailable, and
    Stopped, which leaves what was embedded kept.
    """
    return write(prepare(posts, means, read_at=read_at), means)


def prepare(posts: Iterable[Post], means: Means, *, read_at: datetime) -> Prepared:
    """Do the first half of an ingest: all that needs no embedding model; takes out what nobody may find any more."""
    outcomes: list[Outcome] = []
    made: list[ready.Ready] = []
    for post in posts:
        embedding.stop_if_told(means.should_stop)
        try:
            hidden = means.rules.why_hidden(post)
            if hidden:
                outcomes.append(_remove(post, means, hidden, read_at))
            else:
                made.append(_make_ready(post, means, read_at=read_at))
        except errors.StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  whatever one post does to a parser, the others must not suffer
            outcomes.append(_failed(post.id, post.type, means, error))
    return Prepared(outcomes, made)


def write(prepared: Prepared, means: Means) -> list[Outcome]:
    """Do the second half: embed what is new and write all."""
    return [*prepared.outcomes, *_write(prepared.made, means)]


def hide(posts: Iterable[Post], means: Means, *, read_at: datetime) -> list[Outcome]:
    """Take out those of the posts that nobody may find any more; the others stay as they are."""
    return [_remove(post, means, why, read_at) for post in posts if (why := means.rules.why_hidden(post))]


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
    failures = _embed(made, means)
    outcomes = [_failed(content.post_id, content.type, means, failures[content.post_id])
                for content in contents if content.post_id in failures]  # fmt: skip
    outcomes += _replace(version, [content for content in contents if content.post_id not in failures], means)
    rebuild.follow(means.site_id, [one.post_id for one in outcomes if one.kind in {"added", "changed"}])
    return outcomes


def _with_mean(version: IndexVersion, contents: Sequence[index.Content]) -> IndexVersion:
    lengths = [len(chunk.lexemes) for content in contents for chunk in content.chunks]
    if version.mean_lexemes is not None or not lengths:
        return version
    return dataclasses.replace(version, mean_lexemes=versions.freeze_mean_lexemes(version, lengths))


def _embed(made: Sequence[ready.Ready], means: Means) -> dict[int, errors.ProviderError]:
    """Embed what is new; return the posts of which a text could not be."""
    texts: dict[bytes, str] = {}
    for one in made:
        texts |= one.texts
    purse = embedding.Purse(
        means.model, means.on_tokens, means.before_embedding, means.retry_seconds, means.should_stop
    )
    chunks = [(one.content.post_id, chunk.key) for one in made for chunk in one.content.chunks]
    failed = embedding.embed(texts, purse, means.version.recipe, chunks=len(chunks))
    return {post: failed[key] for post, key in chunks if key in failed}


def _replace(version: IndexVersion, contents: Sequence[index.Content], means: Means) -> list[Outcome]:
    """Write all at once; when one of them cannot be written, each by itself."""
    if not contents:
        return []
    try:
        kinds = index.replace_all(version, contents)
    except (errors.StoreUnavailable, errors.Stopped):
        raise
    except Exception as error:  # noqa: BLE001  as above: recorded, retried by the next run
        if len(contents) == 1:
            return [_failed(contents[0].post_id, contents[0].type, means, error)]
        return [outcome for content in contents for outcome in _replace(version, [content], means)]
    return [
        Outcome(content.post_id, kind, ready.WITHOUT_TEXT.get(content.note, ""), content.note)
        for content, kind in zip(contents, kinds, strict=True)
    ]


def _failed(post_id: int, kind: str, means: Means, error: Exception) -> Outcome:
    reason = reason_of(error)
    index.record_failure(means.site_id, post_id, type=kind, error=reason)
    return Outcome(post_id, "failed", reason, retryable=isinstance(error, errors.AskpressError) and error.retryable)


def reason_of(error: Exception) -> str:
    """Return the sentence that is kept of a post's failure."""
    return str(error) if isinstance(error, errors.AskpressError) else f"{type(error).__name__}: {error}"
