"""The index against the site, post by post: four exact sets, and a digest of each side. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

SETS = ("missing", "stale", "orphaned", "leaked")


@dataclass(frozen=True, slots=True)
class Shown:
    """A post that the site shows to every reader and that is to be found here."""

    id: int
    type: str
    modified_at: datetime | None
    # Post.checksum of what the site shows; "" in a proof by listing.
    checksum: str = ""


@dataclass(frozen=True, slots=True)
class Ours:
    """What we hold of a post."""

    id: int
    type: str
    modified_at: datetime | None
    # Post.checksum of what was ingested; "" in a proof by listing.
    checksum: str
    # The live index version holds it: a search can find it, or could if it had text.
    searchable: bool
    # Of what the version is said to hold every chunk, vector and list of terms is there.
    whole: bool
    # It was ingested, and not taken out since.
    kept: bool
    # Why it could not be ingested or was taken out, or "".
    reason: str


@dataclass(frozen=True, slots=True)
class Unseen:
    """Why readers cannot find a post on the site."""

    reason: str
    # The site has it and keeps it to itself.
    exists: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A post of one of the sets, and why it is there."""

    id: int
    type: str
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The sets, each in the order of ids; the digests are equal exactly when all are empty."""

    # The site shows it, no search here finds it.
    missing: tuple[Difference, ...]
    # Both have it, and not the same.
    stale: tuple[Difference, ...]
    # Searchable here, and not on the site any more.
    orphaned: tuple[Difference, ...]
    # Searchable here, and not for readers.
    leaked: tuple[Difference, ...]
    site_digest: str
    index_digest: str


def compare(theirs: Mapping[int, Shown], ours: Mapping[int, Ours], unseen: Mapping[int, Unseen]) -> Comparison:
    """Return the sets; `unseen` knows every post that is searchable here and not among `theirs`."""
    sets: dict[str, list[Difference]] = {name: [] for name in SETS}
    for number in sorted(doubtful(theirs, ours)):
        shown, mine = theirs.get(number), ours.get(number)
        name, reason = _lacking(shown, mine) if shown else _surplus(unseen[number])
        kind = shown.type if shown else ours[number].type
        sets[name].append(Difference(number, kind, reason))
    return Comparison(
        **{name: tuple(found) for name, found in sets.items()},
        site_digest=digest(_line(shown) for shown in theirs.values()),
        index_digest=digest(_line(mine) for mine in ours.values() if mine.searchable),
    )


def doubtful(theirs: Mapping[int, Shown], ours: Mapping[int, Ours]) -> set[int]:
    """Return the posts whose two sides differ."""
    site = {number: _line(shown) for number, shown in theirs.items()}
    index = {number: _line(mine) for number, mine in ours.items() if mine.searchable}
    return {number for number in site.keys() | index.keys() if site.get(number) != index.get(number)}


def digest(lines: Iterable[tuple[int, str]]) -> str:
    """Return SHA-256 over the lines in the order of their posts."""
    return hashlib.sha256("".join(line for _, line in sorted(lines)).encode()).hexdigest()


def _line(post: Shown | Ours) -> tuple[int, str]:
    moment = post.modified_at.isoformat() if post.modified_at else "-"
    # What is broken here equals nothing the site can show.
    broken = " broken" if isinstance(post, Ours) and not post.whole else ""
    return post.id, f"{post.id} {moment} {post.checksum}{broken}\n"


def _lacking(shown: Shown, mine: Ours | None) -> tuple[str, str]:
    if mine is None or not mine.kept:
        return "missing", (mine and mine.reason) or "it was never ingested"
    return "stale", _why_stale(shown, mine)


def _surplus(unseen: Unseen) -> tuple[str, str]:
    return ("leaked" if unseen.exists else "orphaned"), unseen.reason


def _why_stale(shown: Shown, mine: Ours) -> str:
    if not mine.searchable:
        return "the live index version does not hold it"
    if not mine.whole:
        return "its chunks or vectors are not whole"
    if shown.modified_at != mine.modified_at:
        reason = f"the site has it of {_moment(shown)}, we of {_moment(mine)}"
        return f"{reason}: {mine.reason}" if mine.reason else reason
    return "its content is another"


def _moment(post: Shown | Ours) -> str:
    return f"{post.modified_at:%Y-%m-%d %H:%M:%S}" if post.modified_at else "no date"
