"""What the site has against what we hold: new, changed, gone. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# Below this many vanished posts no share is alarming: an owner of six pages may delete two.
_FEW = 5
# WordPress dates have whole seconds: a post read this soon after its last edit may have been edited again unseen.
_SETTLED = timedelta(seconds=3)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Listed:
    """One post of the site's complete listing."""

    id: int
    type: str
    modified_at: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """What we hold of one post."""

    id: int
    type: str
    modified_at: datetime | None
    gone: bool
    # The last attempt failed.
    failed: bool
    # The live index version holds it by the present recipe.
    indexed: bool
    # When its content was read.
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Posts by what has to be done, the last modified first."""

    new: tuple[Listed, ...]
    changed: tuple[Listed, ...]
    unchanged: tuple[Listed, ...]
    # Held and searchable, but not in the listing.
    missing: tuple[Held, ...]

    @property
    def to_read(self) -> tuple[Listed, ...]:
        """New and changed posts, the last modified first."""
        return tuple(sorted((*self.new, *self.changed), key=_recency, reverse=True))


def compare(listed: Iterable[Listed], held: Iterable[Held], *, force: bool = False) -> Plan:
    """Return the plan that makes us equal to the site; with `force` everything listed counts as changed."""
    ours = {post.id: post for post in held}
    theirs = {post.id: post for post in listed}
    new, changed, unchanged = [], [], []
    for post in sorted(theirs.values(), key=_recency, reverse=True):
        mine = ours.get(post.id)
        if mine is None:
            new.append(post)
        elif force or _differs(post, mine):
            changed.append(post)
        else:
            unchanged.append(post)
    missing = tuple(mine for mine in ours.values() if mine.id not in theirs and not mine.gone)
    return Plan(new=tuple(new), changed=tuple(changed), unchanged=tuple(unchanged), missing=missing)


def alarming(*, missing: int, held: int, percent: int) -> bool:
    """True when so many posts vanished at once that a broken site is likelier than a tidy owner."""
    return missing > _FEW and missing * 100 > held * percent


def _differs(post: Listed, mine: Held) -> bool:
    if mine.gone or mine.failed or not mine.indexed or mine.modified_at != post.modified_at:
        return True
    return bool(mine.read_at and mine.modified_at and mine.read_at < mine.modified_at + _SETTLED)


def _recency(post: Listed) -> tuple[datetime, int]:
    return (post.modified_at or _LONG_AGO, post.id)
