"""Narrowing: what a search leaves out, by filters and to the letter, and the statement's part that does so. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from askpress.retrieval import bm25, filters, literal
from askpress.retrieval.filters import Filters
from askpress.retrieval.literal import Literal
from askpress.text import terms

# Of a phrase; the text is compared whole.
_MAX_WORDS = 40
_TEXT = "concat_ws(E'\\n', document.title, array_to_string(chunk.headings, E'\\n'), chunk.text)"


@dataclass(frozen=True, slots=True)
class Part:
    """A phrase or word to be found to the letter."""

    # tsquery of all its words; "" when all are stop words.
    words: str
    # PostgreSQL's regular expression; "" where the words say all.
    pattern: str


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Everything that keeps chunks out of a search."""

    filters: Filters = field(default_factory=Filters)
    # Each must be there, none may.
    phrases: tuple[Part, ...] = ()
    excluded: tuple[Part, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.filters or self.phrases or self.excluded)


NONE = Narrowing()


def phrases(found: Literal, *, written: Sequence[str]) -> tuple[Part, ...]:
    """Return the phrases of a query of a site whose documents are written in those languages."""
    return tuple(Part(_all_of(text, languages=written, within=True), literal.pattern(text)) for text in found.phrases)


def excluded(found: Literal, *, written: Sequence[str], read_as: Sequence[str]) -> tuple[Part, ...]:
    """Return what the query, read as in some languages, leaves out; a stop word alone cannot be left out."""
    parts = (
        Part(_left_out(text, written, read_as), literal.pattern(text) if literal.is_run(text) else "")
        for text in found.excluded
    )
    return tuple(part for part in parts if part.words or part.pattern)


def _left_out(text: str, written: Sequence[str], read_as: Sequence[str]) -> str:
    """What one of the site's languages calls a stop word is left out in those of the query alone."""
    spelt = literal.spellings(text)
    words = [_all_of(one, languages=written) or _all_of(one, languages=read_as) for one in spelt]
    return " | ".join(f"({one})" for one in words if one)


def _all_of(text: str, *, languages: Sequence[str], within: bool = False) -> str:
    """Return the tsquery for every word of `text`, in any of the languages; "" when all are stop words in one."""
    words = terms.readings(text, languages=languages, within=within)[:_MAX_WORDS]
    return " & ".join(f"({' | '.join(map(_together, readings))})" for readings in words)


def _together(lexemes: Sequence[str]) -> str:
    return f"({' & '.join(map(bm25.quoted, lexemes))})"


def pieces(narrowed: Narrowing) -> dict[str, str]:
    """Return the SQL that fills the placeholders of candidates_narrowed.sql and candidates_quoted.sql."""
    without = _any_of(narrowed.excluded)
    return {
        "conditions": filters.conditions(narrowed.filters) or "true",
        "phrases": " AND ".join(_found("phrase", place, part) for place, part in enumerate(narrowed.phrases)),
        "parts": without,
        "not_excluded": " AND held.chunk_id NOT IN (SELECT chunk_id FROM excluded)" if without else "",
    }


def parameters(narrowed: Narrowing) -> dict[str, Any]:
    """Return the values of the placeholders in `pieces`."""
    values = filters.parameters(narrowed.filters)
    for name, parts in (("phrase", narrowed.phrases), ("excluded", narrowed.excluded)):
        for place, part in enumerate(parts):
            values |= {f"{name}_{place}_words": part.words, f"{name}_{place}_pattern": part.pattern}
    return values


def _any_of(parts: Sequence[Part]) -> str:
    return " OR ".join(f"({_found('excluded', place, part)})" for place, part in enumerate(parts))


def _found(name: str, place: int, part: Part) -> str:
    words = f"held.lexemes @@ %({name}_{place}_words)s::tsquery"
    text = f"{_TEXT} ~* %({name}_{place}_pattern)s"
    if part.words and part.pattern:
        # The text is read only where all the words are.
        return f"{words} AND CASE WHEN {words} THEN {text} END"
    return words if part.words else text
