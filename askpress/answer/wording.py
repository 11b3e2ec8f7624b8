"""What of a claim's text may leave, word by word as it is written: no link, address, marker or tag. Pure.

The text falls into words in one way only, however it arrives: what a word is, is decided by the text alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from askpress.answer import foreign

# A claim is one or two sentences; who writes more repeats himself.
MAX_CHARS = 1_200
# So far a bracket may be from its end; a longer one is a bracket that was never closed.
_MAX_BRACKET_CHARS = 300
_MARKER = re.compile(foreign.PARENTHESIS, re.IGNORECASE)
_BLANKS = re.compile(r"\s*")
# Words of letters hold neither numbers nor what is not ours to say: most words, taken in a tenth of the time.
_PLAIN = re.compile(r"(?:\s{0,4}[A-Za-z\u00c0-\u024f]{1,40}[,.;!?]?(?=\s))+")
# No word ends within these.
_LETTERS = re.compile(r"[0-9A-Za-z\u00c0-\u024f]+")
_ADDRESS = re.compile(r"://|www\.|[a-z]:$", re.IGNORECASE)
# Chinese, Japanese and Korean put no blanks between words.
_UNSPACED = re.compile(
    "[\u2e80-\u3007\u3012\u3013\u3016-\u9fff\uac00-\ud7af\uf900-\ufaff\uff01-\uff07\uff0c\uff1a-\uff20]"
)
_CLOSERS = {"[": "]", "【": "】", "［": "］", "〔": "〕", "<": ">", "(": ")", "\ue200": "\ue201"}
_CLOSING = frozenset(".,;:!?…)]}”’»")


class Wording:
    """One claim's text on its way out."""

    def __init__(self, *, may_say: Callable[[str], bool], knows: Callable[[str], bool]) -> None:
        """`may_say` judges a word by its numbers, `knows` whether the source has a name like example.org."""
        self._may_say = may_say
        self._knows = knows
        # What is visible of what was heard; whether a joiner at its end hides, the next character tells.
        self._text = ""
        self._joiners = ""
        self._heard = 0
        self._at = 0
        self._begun = False
        # True once something was found that must not be said: the text ends before it.
        self.cut = False
        # True once a foreign address was left out: what is said lacks it.
        self.leads_away = False

    def take(self, raw: str, *, whole: bool) -> str:
        """Return what may now be said of `raw`, which begins with what it was before; `whole`: nothing follows."""
        self._hear(raw[self._heard :], whole=whole)
        self._heard = len(raw)
        said = []
        while not self.cut and self._at < len(self._text):
            plain = _PLAIN.match(self._text, self._at, MAX_CHARS)
            if plain:
                said.append(self._spaced(" ".join(plain[0].split()), self._text[self._at]))
                self._at = plain.end()
                continue
            end = _end(self._text, self._at, whole=whole)
            if (end or len(self._text)) - self._at > MAX_CHARS:
                self.cut = True
            if end is None or self.cut:
                break
            said.append(self._word(self._text[self._at : end]))
            self._at = end
        return "".join(said)

    def _hear(self, piece: str, *, whole: bool) -> None:
        plain = foreign.without_controls(self._joiners + piece)
        ended = plain if whole else plain.rstrip(foreign.JOINERS)
        self._joiners = plain[len(ended) :]
        before = self._text[-1:]
        self._text += foreign.without_joiners(before + ended)[len(before) :]

    def _word(self, raw: str) -> str:
        word = foreign.clean(raw, knows=self._knows)
        if self._at > MAX_CHARS or not self._may_say(word):
            self.cut = True
            return ""
        self.leads_away |= foreign.leads_away(raw, knows=self._knows)
        if not word:
            return ""
        # What is left of "[1]." is the end of the word before it.
        leans = word[0] in _CLOSING and word[0] != raw.lstrip()[0]
        return self._spaced(word, "" if leans else raw[0])

    def _spaced(self, words: str, first: str) -> str:
        """Return the words after a blank, if there is one before them and others were said."""
        begun, self._begun = self._begun, True
        return f" {words}" if begun and first.isspace() else words


def _end(raw: str, start: int, *, whole: bool) -> int | None:
    """Return where the word that begins at `start`, blanks before it included, ends; None while that is open."""
    blanks = _BLANKS.match(raw, start)
    at = first = blanks.end() if blanks else start
    while at < len(raw):
        letters = _LETTERS.match(raw, at)
        at = letters.end() if letters else at
        if at == len(raw):
            break
        character = raw[at]
        if character.isspace():
            return at
        if _UNSPACED.match(character) and not _ADDRESS.search(raw, first, at):
            return at if at > first else at + 1
        if character in _CLOSERS:
            after = _after_bracket(raw, at, whole=whole)
            if after is None:
                return None
            at = after
        else:
            at += 1
    return at if whole else None


def _after_bracket(raw: str, at: int, *, whole: bool) -> int | None:
    """Return the place after what a bracket encloses, after the bracket alone if it means nothing, None while open."""
    opener, known = raw[at], len(raw) - at
    if opener == "<" and known > 1 and not re.match("[A-Za-z/!]", raw[at + 1]):
        return at + 1
    close = raw.find(_CLOSERS[opener], at, at + _MAX_BRACKET_CHARS)
    if close < 0:
        return at + 1 if whole or known >= _MAX_BRACKET_CHARS else None
    if opener == "(" and not _MARKER.match(raw, at):
        return at + 1
    if opener != "[":
        return close + 1
    if close + 1 == len(raw):
        return close + 1 if whole else None
    return _after_target(raw, close + 1, whole=whole) if raw[close + 1] == "(" else close + 1


def _after_target(raw: str, at: int, *, whole: bool) -> int | None:
    close = raw.find(")", at, at + _MAX_BRACKET_CHARS)
    if close < 0:
        return at + 1 if whole or len(raw) - at >= _MAX_BRACKET_CHARS else None
    return close + 1
