"""Reads what people type after an option or in quotes; what is wrong is told with what to give."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings


def question(text: str) -> str:
    """Return a question or a query within the limits of the HTTP interface; a broken character becomes U+FFFD."""
    whole = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip()
    if not 0 < len(whole) <= settings.QUESTION_MAX_CHARS:
        raise argparse.ArgumentTypeError(
            f"it has {len(whole):,} characters: give 1 to {settings.QUESTION_MAX_CHARS:,} (ASKPRESS_QUESTION_MAX_CHARS)"
        )
    return whole


def moment(text: str) -> datetime:
    """Return a point in time; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is no date: write it like 2026-11-05 or 2026-11-05T14:30") from None


def dollars(text: str) -> float:
    """Return an amount of money, 0 or more."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (value >= 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"it is {text}: give an amount in US dollars such as 2.50")
    return value


def names(text: str) -> tuple[str, ...]:
    """Return one name or several, between commas."""
    found = tuple(word for part in text.split(",") if (word := part.strip()))
    if not found:
        raise argparse.ArgumentTypeError("it is empty: give one name or several, between commas")
    return found


def prefix(text: str) -> str:
    """Return the beginning of an address or of its path."""
    if not text.lower().startswith(("/", "https://", "http://")):
        raise argparse.ArgumentTypeError(f"it is {text!r}: begin it with /, https:// or http://")
    return text


def number(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `low` to `high`."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and low <= int(text) <= high):
            raise argparse.ArgumentTypeError(f"it is {text}: give a whole number from {low} to {high}")
        return int(text)

    return read


# What WordPress can number, and what the index can hold.
post = number(1, 2**63 - 1)
