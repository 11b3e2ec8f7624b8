"""What the site has against what we hold: new, changed, gone. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# Below this many vanished posts no share is alarming: an owner of six pages may delete two.
_FEW = 5
# WordPress dates have whole seconds: a post read this soon after its last edit may have been edited again unseen.
_SETTLED = timedelta(seconds=3)
# The first slices are small, so that the newest posts are searchable within seconds of the start.
_SLICE_SIZES = (5, 20)
_SLICE = 100
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Listed:
    """One post of the site's complete listing."""

    id: int
    type: str
    modified_at: datetime | None
    # "" where no listing was read.
    url: str = ""
    author: int = 0
    categories: tuple[int, ...] = ()
    tags: tuple[int, ...] = ()


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
    url: str = ""
    author: int = 0
    categories: tuple[int, ...] = ()
    tags: tuple[int, ...] = ()
    # The site keeps it from search engines.
    noindex: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Posts by what has to be done, the last modified first."""

    new: tuple[Listed, ...]
    changed: tuple[Listed, ...]
    unchanged: tuple[Listed, ...]
    # Held and searchable, but not in the listing.
    missing: tuple[Held, ...]
    # Held and searchable, and the owner keeps them out.
    excluded: tuple[Held, ...] = ()

    @property
    def to_read(self) -> tuple[Listed, ...]:
        """New and changed posts, the last modified first."""
        return tuple(sorted((*self.new, *self.changed), key=_recency, reverse=True))


def compare(
    listed: Iterable[Listed], held: Iterable[Held], *, force: bool = False, excluded: Collection[int] = ()
) -> Plan:
    """Return the plan that makes us equal to the site; with `force` everything listed counts as changed.

    Posts that are `excluded` are neither read nor missing.
    """
    ours = {post.id: post for post in held}
    theirs = {post.id: post for post in listed if post.id not in excluded}
    new, changed, unchanged = [], [], []
    for post in sorted(theirs.values(), key=_recency, reverse=True):
        mine = ours.get(post.id)
        if mine is None:
            new.append(post)
        elif force or _differs(post, mine):
            changed.append(post)
        else:
            unchanged.append(post)
    surplus = [mine for mine in ours.values() if mine.id not in theirs and not mine.gone]
    return Plan(
        new=tuple(new),
        changed=tuple(changed),
        unchanged=tuple(unchanged),
        missing=tuple(mine for mine in surplus if mine.id not in excluded),
        excluded=tuple(mine for mine in surplus if mine.id in excluded),
    )


def alarming(*, missing: int, held: int, percent: int) -> bool:
    """True when so many posts vanished at once that a broken site is likelier than a tidy owner."""
    return missing > _FEW and missing * 100 > held * percent


def slices(posts: Sequence[Listed]) -> list[Sequence[Listed]]:
    """Cut what is to be read into pieces that are ingested together."""
    cut, start = [], 0
    for size in _SLICE_SIZES:
        cut.append(posts[start : start + size])
        start += size
    cut += [posts[at : at + _SLICE] for at in range(start, len(posts), _SLICE)]
    return [piece for piece in cut if piece]


def _differs(post: Listed, mine: Held) -> bool:
    if mine.gone or mine.failed or not mine.indexed or (mine.modified_at, mine.type) != (post.modified_at, post.type):
        return True
    # Terms and authors are changed, and addresses by the thousand, without a new date.
    if post.url and _placing(post) != _placing(mine):
        return True
    return bool(mine.read_at and mine.modified_at and mine.read_at < mine.modified_at + _SETTLED)


def _placing(post: Listed | Held) -> tuple[str, int, list[int], list[int]]:
    return post.url, post.author, sorted(post.categories), sorted(post.tags)


def _recency(post: Listed) -> tuple[datetime, int]:
    return (post.modified_at or _LONG_AGO, post.id)
