"""Language of a text or question, offline; "" when it is not clear enough to act on."""

from __future__ import annotations

import functools
import re
import threading
from collections import Counter
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from askpress.text import lanes, small_words

# Languages of sites; fewer candidates confuse short questions less (Galician would take half of the Portuguese ones).
# "zxx" is the model's own class for what is no language.
_CANDIDATES = (
    "en de fr es it nl pt pl sv ru zh ja ko ar da no fi cs sk hu ro bg el tr uk he fa hi th vi id ca hr sr sl lt lv"
    " et eu hy ta bn zxx"
)
# Measured on 224 hand-written questions of one to six words in 30 languages: 194 right, 27 unsure, 3 wrong;
# without it 208 and 16.
_LEAST_CONFIDENCE = 0.5
# Enough to be sure: of 420 texts in 42 languages, made of Django's translations with names of code in them, all were
# right from 800 on, 417 with 600. The time rises with the length (0.1 ms for a question, 0.3 ms for this).
_SAMPLE_CHARS = 1_000
# What is no language may fill so much more before it.
_LOOKED_THROUGH_CHARS = 8_000
# What is no longer is remembered: at most 200 kB of all together.
_QUESTION_CHARS = 200
# Of the longest strings that the model looks for.
MODEL_BYTES = 6
# From here on lanes.py is quicker than the library.
_LONG_BYTES = 400
_NO_LANGUAGE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|\bhttps?://\S+|<[^<>\s]*>|\b[^\W\d_]*+[_\d]\w*", re.DOTALL)
_FENCE = re.compile(r"\n[ \t]*```")
_LETTER = re.compile(r"[^\W\d_]")

_loading = threading.Lock()


def detect(text: str) -> str:
    """Return the ISO 639-1 code of the text's language, or "" when unsure."""
    if code := small_words.language(_prose(text)):
        return code
    sample = _words_of(text[:_LOOKED_THROUGH_CHARS])
    if not _LETTER.search(sample):
        return ""
    words = " ".join(sample.split())
    return _of_question(words) if len(words) <= _QUESTION_CHARS else _of(words)


def _prose(text: str) -> str:
    """Return the first characters without blocks of code; "" of what is shorter, which the model reads as quickly."""
    prose = text[:_SAMPLE_CHARS]
    if "```" in prose:
        prose = " ".join(_FENCE.split(f"\n{text[:_LOOKED_THROUGH_CHARS]}")[::2])[:_SAMPLE_CHARS]
    return prose if len(prose) == _SAMPLE_CHARS else ""


def _words_of(text: str) -> str:
    """Return the first characters without what is no language; what is beyond them is not looked through."""
    kept: list[str] = []
    left, end = _SAMPLE_CHARS, 0
    while left > 0 and (begun := _NO_LANGUAGE.search(text, end, end + left)):
        # It may end beyond.
        found = _NO_LANGUAGE.match(text, begun.start()) or begun
        kept.append(text[end : found.start()])
        left, end = left - (found.start() - end) - 1, found.end()
    return " ".join([*kept, text[end : end + max(left, 0)]])


@functools.lru_cache(maxsize=1_000)
def _of_question(words: str) -> str:
    """Questions repeat; so do their languages."""
    return _of(words)


def _of(words: str) -> str:
    with _loading:
        classify = _classifier()
    code, confidence = classify(words)
    return code if confidence >= _LEAST_CONFIDENCE and code != "zxx" else ""


@functools.cache
def _classifier() -> Callable[[str], tuple[str, float]]:
    """Load the model: 0.6 s and 60 MB, so only in a process that asks."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    class Identifier(LanguageIdentifier):  # type: ignore[misc]
        """Counts what its automaton finds in a long text in a third of the time, in the same order: to the same bit."""

        def _raw_score(self, text: bytes) -> npt.NDArray[np.float32]:
            found = Counter(automaton.read(text)) if len(text) >= _LONG_BYTES else None
            score: npt.NDArray[np.float32] = (
                self._sparse_score(found, self.nb_ptc) if found else super()._raw_score(text)
            )
            return score

    full = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    full.set_languages(_CANDIDATES.split())
    # 39 MB, read all over: numpy asks for large pages, in which a long text is looked up in half the time.
    states = np.array(full.tk_nextmove, np.uint32).data
    # A second object over the chosen columns lets the table of all 139 languages go: 25 MB.
    chosen = Identifier(
        np.ascontiguousarray(full.nb_ptc),
        full.nb_pc,
        full.nb_classes,
        states,
        full.tk_output,
        norm_probs=True,
        tk_row=full.tk_row,
    )
    automaton = lanes.Automaton.of(rows=chosen._rowbase, next=states, found=full.tk_output, memory=MODEL_BYTES)
    classify: Callable[[str], tuple[str, float]] = chosen.classify
    return classify
