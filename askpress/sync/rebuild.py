"""Brings documents into an index version other than the live one, out of what we keep of them; asks no site."""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from askpress import errors, logs
from askpress.retrieval import index, retriever, store, switch, versions
from askpress.retrieval.versions import IndexVersion
from askpress.sync import embedding, ready
from askpress.wordpress.post import Post

_MOMENTS = ("published_at", "modified_at")


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as it is kept."""

    id: int
    site_id: int
    # Document.version when it was read from our table.
    number: int
    read_at: datetime
    source: bytes
    # What the live recipe's cleaner made of the post, or of its public page.
    text: str


def stored(documents: Sequence[int]) -> Iterator[Stored]:
    """Yield those of the documents that are not gone."""
    with store.autocommit() as cursor:
        rows = cursor.execute(
            "SELECT id, site_id, version, read_at, source, text FROM askpress_document"
            " WHERE id = ANY(%s) AND gone_at IS NULL AND read_at IS NOT NULL ORDER BY id",
            (list(documents),),
            binary=True,
        ).fetchall()
    for row in rows:
        yield Stored(*row)


def make(document: Stored, recipe: versions.Recipe) -> ready.Ready:
    """Return what another recipe makes of a document."""
    return ready.make(
        post_of(document.source),
        site_id=document.site_id,
        recipe=recipe,
        read_at=document.read_at,
        page_text=document.text,
    )


def post_of(source: bytes) -> Post:
    """Return the post that was kept."""
    fields: dict[str, Any] = json.loads(zlib.decompress(source))
    known = {field.name for field in dataclasses.fields(Post)}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }
    for name in _MOMENTS:
        values[name] = datetime.fromisoformat(fields[name]) if fields[name] else None
    return Post(**{name: value for name, value in values.items() if name in known})


@dataclass(frozen=True, slots=True)
class Prepared:
    """Documents that are ready to be embedded and written."""

    made: Mapping[Stored, ready.Ready]
    # Why some could not be made, by document.
    failures: Mapping[int, str]
    # Those which the live version does not hold.
    unwanted: Sequence[int]


def bring(version: IndexVersion, documents: Sequence[switch.Lacking], purse: embedding.Purse) -> dict[int, str]:
    """Give the version the documents as they are now, in one transaction; return why some could not be, by document.

    What changes meanwhile is left out and is lacking as before. Raises ProviderError and Stopped.
    """
    return write(version, prepare(version, documents), purse)


def prepare(version: IndexVersion, documents: Sequence[switch.Lacking]) -> Prepared:
    """Do the first half: all that needs no embedding model."""
    made: dict[Stored, ready.Ready] = {}
    failures: dict[int, str] = {}
    for document in stored([document.id for document in documents if document.wanted]):
        try:
            made[document] = make(document, version.recipe)
        except Exception as error:  # noqa: BLE001  as in an ingest: one document's failure is told, the others go on
            failures[document.id] = f"{type(error).__name__}: {error}"
    return Prepared(made, failures, [document.id for document in documents if not document.wanted])


def write(version: IndexVersion, prepared: Prepared, purse: embedding.Purse) -> dict[int, str]:
    """Do the second half: embed what is new and write all."""
    failures = {**prepared.failures, **_embed(version, prepared.made, purse)}
    contents = {
        (document.id, document.number): one.content
        for document, one in prepared.made.items()
        if document.id not in failures
    }
    lengths = [len(chunk.lexemes) for content in contents.values() for chunk in content.chunks]
    mean = versions.freeze_mean_lexemes(version, lengths) if lengths else version.mean_lexemes
    index.bring(dataclasses.replace(version, mean_lexemes=mean), contents, unwanted=prepared.unwanted)
    return failures


def _embed(version: IndexVersion, made: Mapping[Stored, ready.Ready], purse: embedding.Purse) -> dict[int, str]:
    texts: dict[bytes, str] = {}
    for one in made.values():
        texts |= one.texts
    chunks = sum(len(one.content.chunks) for one in made.values())
    failed = embedding.embed(texts, purse, version.recipe, chunks=chunks)
    return {
        document.id: str(failed[chunk.key])
        for document, one in made.items()
        for chunk in one.content.chunks
        if chunk.key in failed
    }


def follow(site_id: int, post_ids: Sequence[int]) -> None:
    """Give what the live version was just given to the one that is built beside it, if there is one.

    What fails here fails nobody: it stays lacking, and the build comes to it.
    """
    version = versions.in_state("building") if post_ids else None
    if version is None:
        return
    with store.autocommit() as cursor:
        rows = cursor.execute(
            "SELECT id FROM askpress_document WHERE site_id = %s AND post_id = ANY(%s)", (site_id, list(post_ids))
        ).fetchall()
    try:
        purse = embedding.Purse(retriever.embedding_model(version.recipe), retry_seconds=0)
        bring(version, [switch.Lacking(row[0], wanted=True) for row in rows], purse)
    except (errors.ProviderError, errors.SettingsError, errors.Stopped) as error:
        logs.warning("edit left to the reindex", version=version.id, reason=str(error))
