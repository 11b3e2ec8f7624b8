"""Stems: what the forms of a word share, free of accents; and the words that say nothing."""

from __future__ import annotations

import functools
import re
import threading
import unicodedata
from importlib import resources

import Stemmer

_ALGORITHMS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french",
    "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish",
    "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip

_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0640\u200c\u200d]")
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})

_stemming = threading.Lock()


def stem(word: str, language: str) -> str:
    """Return the stem of a word in small letters, accents kept; the word itself where the language has no stemmer."""
    stemmer = _stemmer(language)
    if stemmer is None:
        return word
    # A stemmer keeps its state in itself while it works.
    with _stemming:
        return str(stemmer.stemWord(word))


def folded(word: str) -> str:
    """Return the word without accents and ligatures."""
    if word.isascii():
        return word
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", word.translate(_LETTERS)))
    return unicodedata.normalize("NFC", bare)


@functools.cache
def _stemmer(language: str) -> Stemmer.Stemmer | None:
    algorithm = _ALGORITHMS.get(language)
    return Stemmer.Stemmer(algorithm, 0) if algorithm else None


def stop_words(language: str) -> frozenset[str]:
    """Return the language's words that say nothing, as written and without accents: questions are typed either way."""
    return listed().get(language, frozenset())


@functools.cache
def listed() -> dict[str, frozenset[str]]:
    """Return the stop words of each language that has any."""
    listed = resources.files("askpress.text").joinpath("vocabulary/stop-words.txt").read_text(encoding="utf-8")
    lines = (line.split() for line in listed.splitlines() if not line.startswith("#"))
    return {language: frozenset([*words, *map(folded, words)]) for language, *words in lines}
