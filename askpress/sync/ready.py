"""One post made ready to be written: cleaned, chunked, its texts to embed named. Embeds and writes nothing."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from askpress.retrieval import index, kept, rows
from askpress.retrieval.versions import Recipe
from askpress.text import checksum, chunking, cleaning, language, page, terms, tokens
from askpress.wordpress.post import Post

# What keeps a public post out of the index; the note stands in the document's row and in the run's details.
WITHOUT_TEXT = {
    "empty": "it has no text",
    "shortcodes": "it has no text but shortcodes: a page builder's post; ASKPRESS_READ_PUBLIC_PAGES=1 reads its page",
}


@dataclass(frozen=True, slots=True)
class Ready:
    """A post ready to be written once its texts are embedded."""

    content: index.Content
    # The text to embed under each key.
    texts: Mapping[bytes, str]


def make(
    post: Post,
    *,
    site_id: int,
    recipe: Recipe,
    read_at: datetime,
    public_page: Callable[[str], str] | None = None,
    page_text: str = "",
) -> Ready:
    """Return what the recipe makes of a post that was read at `read_at`.

    For missing text `public_page` stands in, or `page_text`, which came of it before.
    """
    cleaned = _clean(post, public_page, page_text)
    code, source = _language(post, cleaned.text)
    chunks, texts = _chunks(post, cleaned, recipe, code)
    content = index.Content(
        site_id=site_id,
        post_id=post.id,
        type=post.type,
        url=post.link,
        slug=post.slug,
        title=post.title,
        language=code,
        language_source=source,
        translation_group=post.translation_group,
        noindex=post.noindex,
        image=post.image,
        image_url=post.image_url,
        image_alt=post.image_alt,
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
    return Ready(content, texts)


def _language(post: Post, text: str) -> tuple[str, str]:
    """Return the post's language and who says so; a site's locale counts only where the text does not tell."""
    said = post.language[:2].lower()
    if not text:
        return "", ""
    if said and post.language_source != "yoast":
        return said, post.language_source
    if found := language.detect(text):
        return found, "detected"
    return said, post.language_source


def _source(post: Post) -> bytes:
    from pydantic_core import to_json  # late, as in checksum.py

    # dataclasses.asdict gives the same, but copies every value: 6 in 100 of an ingest's CPU.
    fields = {field.name: getattr(post, field.name) for field in dataclasses.fields(post)}
    moments = {name: str(value) for name, value in fields.items() if isinstance(value, datetime)}
    # Nine in a hundred larger than at the usual level, in half the time.
    return zlib.compress(to_json(fields | moments), level=1)


def _clean(post: Post, public_page: Callable[[str], str] | None, page_text: str) -> cleaning.Cleaned:
    cleaned = cleaning.clean(post.html)
    if cleaned.note in WITHOUT_TEXT and page_text:
        return cleaning.Cleaned(text=page_text, anchors=(), note="")
    if cleaned.note in WITHOUT_TEXT and public_page is not None and post.link:
        return cleaning.clean(page.main_content(public_page(post.link)))
    return cleaned


def _checksum(recipe: Recipe, title: str, code: str, cleaned: cleaning.Cleaned) -> str:
    return checksum.of((_values(recipe), title, code, cleaned.text, cleaned.anchors))


# It copies every value, for each post the same.
_values = functools.lru_cache(maxsize=4)(dataclasses.astuple)


def _chunks(
    post: Post, cleaned: cleaning.Cleaned, recipe: Recipe, code: str
) -> tuple[tuple[rows.NewChunk, ...], dict[bytes, str]]:
    """Return the post's chunks, and the text to embed under each key."""
    texts: dict[bytes, str] = {}
    made: list[rows.NewChunk] = []
    seen: dict[str, int] = {}
    for chunk in _split(post.title, cleaned, recipe):
        embedded = chunk.embedded_text(post.title)
        key = kept.key(recipe.space, embedded)
        texts[key] = embedded
        twin = seen[chunk.text] = seen.get(chunk.text, 0) + 1
        made.append(
            rows.NewChunk(
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


def warm_up(recipe: Recipe) -> None:
    """Load what the first post needs, so that no live edit waits for it: half a second to two."""
    token_counter(recipe)("a word")
    language.detect("a word")


def _public_id(post_id: int, text: str, twin: int) -> str:
    """Stable while the text is; equal texts of one post are numbered."""
    return hashlib.sha256(f"{post_id}\0{twin}\0{text}".encode()).hexdigest()[:20]
