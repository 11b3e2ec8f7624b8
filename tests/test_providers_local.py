"""The offline embedding model: that it is the right file, and that its vectors mean something."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from askpress.errors import ProviderRefused
from askpress.providers.contract import Vectors
from askpress.providers.local import MiniLM


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


def test_vectors_have_the_promised_shape_and_unit_length(minilm: MiniLM) -> None:
    vectors = minilm.embed(["one", "two words"])

    assert vectors.shape == (2, minilm.traits.dimensions)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_a_paraphrase_is_nearer_than_another_subject(minilm: MiniLM) -> None:
    question, answer, other = minilm.embed(
        ["When do you open?", "Our opening hours are nine to five.", "The bicycle needs a new chain."]
    )

    assert question @ answer > 0.5
    assert question @ other < 0.2


def test_a_text_is_read_to_256_word_pieces(minilm: MiniLM) -> None:
    long = "chain " * 254

    cut, whole = minilm.embed([long + "and this is never read", long])

    np.testing.assert_allclose(cut, whole, atol=1e-6)


def test_a_vector_does_not_depend_on_its_neighbours(minilm: MiniLM) -> None:
    alone = minilm.embed(["a bell"])[0]

    together = minilm.embed(["a much longer text about something else entirely", "a bell"])[1]

    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_threads_that_ask_at_once_load_the_model_once_and_agree() -> None:
    model = MiniLM()
    vectors: list[Vectors] = []
    threads = [threading.Thread(target=lambda: vectors.append(model.embed(["a bell"]))) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(vectors) == 4
    np.testing.assert_allclose(np.ptp(np.stack(vectors), axis=0), 0, atol=1e-6)


def test_a_changed_model_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"not the model")

    with pytest.raises(ProviderRefused, match="was changed or cut"):
        MiniLM(model_path=path).embed(["a"])


def test_a_missing_model_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProviderRefused, match="cannot be read"):
        MiniLM(model_path=tmp_path / "model.onnx").embed(["a"])
