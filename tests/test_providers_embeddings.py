"""An /embeddings reply is read whole or refused with what is wrong with it."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest

from askpress.errors import BadEmbedding
from askpress.providers import embeddings


def reply(*vectors: Any) -> bytes:
    return json.dumps({"data": [{"index": at, "embedding": one} for at, one in enumerate(vectors)]}).encode()


def packed(*numbers: float) -> str:
    return base64.b64encode(np.array(numbers, "<f4").tobytes()).decode()


@pytest.mark.parametrize(
    "vectors", [(packed(1, -2.5), packed(0.1, 3e38)), ([1, -2.5], [0.1, 3e38])], ids=["base64", "numbers"]
)
def test_packed_and_plain_numbers_are_read_alike(vectors: tuple[Any, ...]) -> None:
    read = embeddings.read(reply(*vectors), expected=2)

    np.testing.assert_array_equal(read, np.array([[1, -2.5], [0.1, 3e38]], np.float32))


def test_a_number_that_is_none_is_kept_for_the_check_of_each_vector() -> None:
    read = embeddings.read(reply([float("nan"), 1.0]), expected=1)

    np.testing.assert_array_equal(read, np.array([[np.nan, 1.0]], np.float32))


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"<html>", "all of it: Invalid JSON"),
        (b"[]", "all of it: Input should be an object"),
        (b"{}", "data: Field required"),
        (b'{"data": [{"embedding": [1]}]}', "data.0.index: Field required"),
        (reply([None]), "data.0.embedding"),
        (reply("$$$$"), "valid base64"),
        (reply("AAAA"), "multiple of element size"),
        (reply([1], [1]), "number its 2 vectors from 0 to 0"),
        (reply([1]).replace(b"0", b"1"), "number its 1 vectors from 0 to 0"),
    ],
)
def test_what_cannot_be_read_is_named(sent: bytes, said: str) -> None:
    with pytest.raises(BadEmbedding, match=said):
        embeddings.read(sent, expected=1)


def test_vectors_of_different_lengths_are_refused() -> None:
    with pytest.raises(BadEmbedding, match="different lengths"):
        embeddings.read(reply([1], [1, 2]), expected=2)
