"""Terms: the lexemes by which keyword search finds a text, the same way for posts and questions."""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Callable, Collection, Sequence

from askpress.text import stems

VERSION = 1
# Where words stand in a text: start, end, and which lexemes they are.
Place = tuple[int, int, Sequence[str]]
_LexemesOf = Callable[[str, str], tuple[str, ...]]

# Scripts written without spaces, and Hangul, whose particles stick to the words: Chinese, Japanese, Korean, Thai,
# Lao, Burmese, Khmer.
_UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecf\u1000-\u103f\u1100-\u11ff\u1780-\u17d3\u2e80-\u2fdf\u3005-\u3007"
    "\u3040-\u318f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_FIRST_UNSPACED = "\u0e01"
# \w knows letters and digits; the marks inside Hindi, Tamil, Arabic and Hebrew words are neither.
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0971-\u0dff\u200c\u200d"
# A lexeme longer than this is no word; Postgres would refuse it at 2 kB.
_WORD = rf"[^\W{_UNSPACED}]{{1,60}}(?:[{_MARKS}]{{1,3}}[^\W{_UNSPACED}]{{0,60}}){{0,20}}"
_INNER = r"(?:[.@-]|(?<=\d),(?=\d))"
_TOKEN = re.compile(rf"[{_UNSPACED}]+|{_WORD}(?:{_INNER}{_WORD}){{0,6}}")
_ASCII_TOKEN = re.compile(rf"\w{{1,60}}(?:{_INNER}\w{{1,60}}){{0,6}}", re.ASCII)
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
# 1,500  1.500,00  1,234,567.80 and 49,90  49.90  7.1.2
_GROUPED = re.compile(r"(\d{1,3}(?:([.,])\d{3})(?:\2\d{3})*)(?:[.,](\d+))?")
_DECIMAL = re.compile(r"\d+(?:,\d+|(?:\.\d+)+)")
_PARTS = re.compile(r"[.,_@-]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_QUANTITY = re.compile(r"(\d[\d.,]*)([^\W\d_]+)")
# Puis-je, existe-t-il; pode-se; trobar-lo; mi-a.
_TIED_PRONOUNS = frozenset({"fr", "pt", "ca", "ro"})
# Whose stemmers also take beginnings away: the article of Arabic, prefixes.
_PREFIXING = frozenset({"ar", "fa", "ga", "id"})
# Latin, Greek and Cyrillic letters that may carry an accent.
_ACCENTED = re.compile("[\u00c0-\u024f\u0386-\u03ce\u0400-\u045f\u1e00-\u1fff]")

# 5 MB for each of two languages.
_REMEMBERED_PIECES = 20_000
_REMEMBERED_CHARS = 40


def lexemes(text: str, *, language: str) -> list[str]:
    """Return the lexemes of `text` in order, repeated as often as they occur, without stop words.

    `language` is an ISO 639-1 code; with "" or an unknown one words are only lowercased and freed of accents.
    """
    # No token goes beyond a blank, and nothing that stands before one changes what follows it.
    return list(itertools.chain.from_iterable(map(_memo(language).__getitem__, text.split())))


class _Memo(dict[str, tuple[str, ...]]):
    """The lexemes of what stands between blanks: a third of the time of finding words and then remembering these."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __missing__(self, piece: str) -> tuple[str, ...]:
        found = tuple(itertools.chain.from_iterable(_of_token(self._language, token) for token in _tokens(piece)))
        if len(piece) <= _REMEMBERED_CHARS:
            if len(self) >= _REMEMBERED_PIECES:
                self.clear()
            self[piece] = found
        return found


@functools.lru_cache(maxsize=2)
def _memo(language: str) -> _Memo:
    return _Memo(language)


def variants(text: str, *, languages: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the different lexemes of `text` in order, each as the languages write it.

    A stop word of any of the languages is left out, unless nothing else is asked.
    """
    read = _read(text, languages, of=_of_token)
    content = [forms for forms in read if all(forms)] or read
    return list(dict.fromkeys(itertools.chain.from_iterable(map(_side_by_side, content))))


def readings(text: str, *, languages: Sequence[str], within: bool = False) -> list[list[tuple[str, ...]]]:
    """Return for each different word of `text` its lexemes in each of the languages, alike ones once.

    A text that holds the word has all lexemes of one reading; with `within`, also one that holds it within a longer
    word: e-bike in E-Bike-Verleih. A stop word of any language is left out: some texts have no lexeme of it.
    """
    read = _read(text, languages, of=_within if within else _of_token)
    return [list(dict.fromkeys(forms)) for forms in read if all(forms)]


def _read(text: str, languages: Sequence[str], *, of: _LexemesOf) -> list[list[tuple[str, ...]]]:
    return [[of(language, token) for language in languages] for token in dict.fromkeys(_tokens(text))]


def _within(language: str, token: str) -> tuple[str, ...]:
    parts = () if _IS_UNSPACED.match(token) or _number(token) else _parts(token)
    return _words(parts, language) if len(parts) > 1 else _of_token(language, token)


def places(text: str, wanted: Collection[str], *, language: str) -> list[Place]:
    """Return where words of `text` stand whose lexemes are wanted, in order: start, end, and which.

    Only what begins like a lexeme is stemmed: a tenth of what reading all words costs. A form that does not ("dying" of
    "die") is not seen.
    """
    folded = _folded_in_place(text)
    starts: set[int] = set()
    for beginning in {_beginning(lexeme, language) for lexeme in wanted}:
        if beginning in folded:
            starts.update(_word_starts(text, folded, beginning, language in _PREFIXING))
    token = (_ASCII_TOKEN if text.isascii() else _TOKEN).match
    found: list[Place] = []
    lexemes: tuple[str, ...]
    for start in sorted(starts):
        if text[start] >= _FIRST_UNSPACED and _IS_UNSPACED.match(text, start):
            pair = text[start : start + 2]
            end, lexemes = start + len(pair), (pair,)
        elif word := token(text, start):
            written = word[0]
            end = word.end()
            lexemes = _of_token(language, written if written.isascii() else unicodedata.normalize("NFKC", written))
        else:
            continue
        if matched := [lexeme for lexeme in lexemes if lexeme in wanted]:
            found.append((start, end, matched))
    return found


@functools.lru_cache(maxsize=10_000)
def _beginning(lexeme: str, language: str) -> str:
    """Return what each form of a word begins with: of "cri" cry, of "kitap" kitab, of Dutch "man" maan."""
    if lexeme[0].isdigit():
        return lexeme[0]
    if _IS_UNSPACED.match(lexeme):
        return lexeme
    if len(lexeme) <= 3:
        return lexeme[:2] if lexeme[-1] == "i" or language == "nl" else lexeme
    return lexeme[:3] if len(lexeme) == 4 else lexeme[:-2]


def _word_starts(text: str, folded: str, beginning: str, inside: bool) -> list[int]:
    """Find where words, or parts of identifiers, begin so; with `inside`, those that hold it further on as well."""
    inside_runs = beginning[0] >= _FIRST_UNSPACED and bool(_IS_UNSPACED.match(beginning))
    if len(beginning) == 1 and beginning.isalpha() and not inside_runs:
        return [found.start() for found in re.finditer(rf"(?<![^\W_]){beginning}(?![^\W_])", folded)]
    starts, at = [], folded.find(beginning)
    while at >= 0:
        before = text[at - 1 : at]
        if not before.isalnum() or inside_runs:
            starts.append(at)
        elif inside or (text[at].isupper() and before.islower()):
            starts.append(_start_of_word(text, at))
        at = folded.find(beginning, at + 1)
    return starts


def _start_of_word(text: str, at: int) -> int:
    while at and text[at - 1].isalnum():
        at -= 1
    return at


def _folded_in_place(text: str) -> str:
    """Return the text in small letters without accents, each character in its place."""
    lowered = text.lower()
    if text.isascii():
        return lowered
    if len(lowered) != len(text):
        lowered = "".join(character.lower()[0] for character in text)
    return _ACCENTED.sub(lambda found: _bare_letter(found[0]), lowered)


@functools.lru_cache(maxsize=2_000)
def _bare_letter(letter: str) -> str:
    return stems.folded(letter)[:1] or letter


def _side_by_side(forms: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """A word with parts has as many lexemes in each language, unless a part is a stop word in one."""
    if len(set(map(len, forms))) == 1:
        return [tuple(dict.fromkeys(written)) for written in zip(*forms, strict=True)]
    return [(lexeme,) for lexeme in dict.fromkeys(itertools.chain.from_iterable(forms))]


def _tokens(text: str) -> list[str]:
    if text.isascii():
        return _ASCII_TOKEN.findall(text)
    return _TOKEN.findall(unicodedata.normalize("NFKC", text))


@functools.lru_cache(maxsize=30_000)
def _of_token(language: str, token: str) -> tuple[str, ...]:
    """Words repeat: remembered, a chunk of 200 tokens takes 0.1 ms; all new, 0.7 ms."""
    if _IS_UNSPACED.match(token):
        return _bigrams(token)
    if number := _number(token):
        return (number,)
    parts = _parts(token)
    return (_whole(token, language) if len(parts) > 1 else ()) + _words(parts, language)


def _bigrams(run: str) -> tuple[str, ...]:
    return tuple(map("".join, itertools.pairwise(run))) if len(run) > 1 else (run,)


def _number(token: str) -> str:
    """Write 1,500 and 1.500,00 as 1500, 49,90 as 49.90; versions such as 7.1.2 stay. "" for what is no number."""
    if grouped := _GROUPED.fullmatch(token):
        digits = grouped[1].replace(grouped[2], "")
        return f"{digits}.{grouped[3]}" if (grouped[3] or "").strip("0") else digits
    return token.replace(",", ".") if _DECIMAL.fullmatch(token) else ""


def _parts(token: str) -> list[str]:
    """Take wp_insert_post, wp-config.php, getElementById and 10kg apart; WooCommerce and iPhone are names."""
    if quantity := _QUANTITY.fullmatch(token):
        return [_number(quantity[1]) or quantity[1], quantity[2]]
    spaced = _CAMEL.sub("_", token) if token[:2].islower() else token
    return [part for part in _PARTS.split(spaced) if part]


def _whole(token: str, language: str) -> tuple[str, ...]:
    """An identifier stays as it is written; e-mail is also email, but existe-t-il is no word."""
    joined = token.replace("-", "")
    if joined.isalpha() and "-" in token:
        return () if _has_pronoun(token, language) else _words([joined], language)
    return (stems.folded(token.lower()),)


def _has_pronoun(token: str, language: str) -> bool:
    """True where a hyphen ties pronouns to verbs: joined, they would pass for the question's rarest word."""
    stops = stems.stop_words(language) if language in _TIED_PRONOUNS else frozenset()
    return any(part.lower() in stops for part in token.split("-"))


def _words(words: Sequence[str], language: str) -> tuple[str, ...]:
    stops = stems.stop_words(language)
    lowered = (word.lower() for word in words)
    return tuple(stems.folded(stems.stem(word, language)) for word in lowered if word not in stops)
