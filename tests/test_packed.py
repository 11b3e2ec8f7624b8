"""Terms packed many chunks at once are those computed the plain way, and Postgres reads them as such."""

from __future__ import annotations

import dataclasses
import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pgvector import SparseVector

from askpress import sites
from askpress.retrieval import bm25, index, packed, store, versions
from tests import plain_terms, test_index

WORDS = ["a", "it's", "b\\c", "größe", "検索", "wp_insert_post", "49.90", "x" * 60, "😀"]
LONG = ["far", *["a"] * 300, *(str(number) for number in range(16_500)), "a", "end", "end", "far"]


def positions_of(written: bytes) -> dict[str, list[int]]:
    """Read a binary tsvector."""
    found: dict[str, list[int]] = {}
    at = 4
    for _ in range(struct.unpack_from(">i", written)[0]):
        end = written.index(b"\0", at)
        count = struct.unpack_from(">H", written, end + 1)[0]
        found[written[at:end].decode()] = list(struct.unpack_from(f">{count}H", written, end + 3))
        at = end + 3 + 2 * count
    assert at == len(written)
    return found


def plain_positions_of(lexemes: list[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for position, lexeme in enumerate(lexemes, start=1):
        found.setdefault(lexeme, []).append(min(position, 16_383))
    return {lexeme: sorted(set(places[:255])) for lexeme, places in found.items()}


@settings(deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(WORDS) | st.text("abcü", min_size=1, max_size=3)), max_size=5),
    st.floats(0.0, 1_000.0),
)
@example([LONG, [], ["a"]], 300.0)
def test_many_chunks_are_packed_as_each_would_be(chunks: list[list[str]], mean: float) -> None:
    terms = packed.pack(chunks, mean_lexemes=mean)

    assert [positions_of(one.tsvector) for one in terms] == [plain_positions_of(chunk) for chunk in chunks]
    plain = [plain_terms.chunk_weights(chunk, mean_lexemes=mean) for chunk in chunks]
    assert [one.weights for one in terms] == [weights.to_binary() for weights in plain]


@pytest.mark.parametrize("twins", [("plumless", "buckeroo"), ("buckeroo", "plumless")])
def test_of_two_lexemes_with_one_place_the_later_has_it(twins: tuple[str, str]) -> None:
    assert bm25.dimension(twins[0]) == bm25.dimension(twins[1])
    chunk = [twins[0], "a", twins[1], "b", twins[0], twins[0]]

    (terms,) = packed.pack([chunk], mean_lexemes=5)

    assert SparseVector.from_binary(terms.weights) == SparseVector.from_binary(
        plain_terms.chunk_weights(chunk, mean_lexemes=5).to_binary()
    )


@pytest.mark.usefixtures("db")
def test_postgres_reads_packed_terms_as_it_reads_their_literals() -> None:
    version, site_id = versions.live_or_new(test_index.RECIPE), sites.ensure("http://site.test").id
    versions.freeze_mean_lexemes(version, [4])
    lexemes = [WORDS * 3, ["far", *["a"] * 300, *["b", "c", "d"] * 5_500, "a", "end", "end", "far"], ["alone"]]
    chunks = [
        dataclasses.replace(test_index.chunk("text", at=at), lexemes=tuple(words)) for at, words in enumerate(lexemes)
    ]

    index.replace(versions.live(), test_index.content(site_id, 1, *chunks))

    with store.autocommit() as cursor:
        found = cursor.execute(
            "SELECT lexemes = plain::tsvector, lexemes::text::tsvector = lexemes, weights = plain_weights::sparsevec"
            f" FROM term_{version.id} JOIN askpress_chunk c ON c.id = chunk_id"
            " JOIN unnest(%s::text[], %s::text[]) WITH ORDINALITY AS o (plain, plain_weights, n)"
            " ON n = position + 1 ORDER BY n".encode(),
            (
                [plain_terms.tsvector(words) for words in lexemes],
                [plain_terms.chunk_weights(words, mean_lexemes=4).to_text() for words in lexemes],
            ),
        ).fetchall()
    assert found == [(True, True, True)] * 3
