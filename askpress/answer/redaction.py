"""Takes out of a question what tells who asked: e-mail addresses, phone and card numbers. Pure."""

from __future__ import annotations

import re
import unicodedata

_EMAIL = re.compile(r"[^\s@<>(),;:]+@[^\s@<>(),;:]+\.[^\s@<>(),;:.!?]+")
# Seven digits and more, however they are grouped: the shortest phone number with its area, and every card.
_NUMBER = re.compile(r"(?:\+|\(\+?)?\d(?:[\s().\u2010-\u2015/-]{0,3}\d){6,}")
# 2026-11-05, 05.11.2026, 1/5/2026: a day is nobody's number.
_DAY = re.compile(r"(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4})")
EMAIL, NUMBER = "[e-mail]", "[number]"


def redact(text: str) -> str:
    """Return the text with [e-mail] and [number] in their places; a long number too many is taken rather than one."""
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(character for character in plain if unicodedata.category(character) != "Cf")
    return _NUMBER.sub(lambda found: found[0] if _DAY.fullmatch(found[0]) else NUMBER, _EMAIL.sub(EMAIL, plain))


def is_whole(text: str) -> bool:
    """True when nothing was taken out of a text that `redact` returned."""
    return EMAIL not in text and NUMBER not in text
