"""What the owner keeps out of the index: stored, listed, and acted upon at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from askpress import errors, sites
from askpress.retrieval import index, store
from askpress.sync import plan
from askpress.sync.rules import Exclusion, Rules

KINDS = ("url", "category", "post")
_SELECT = """
SELECT kind, value, coalesce(numbers, '{}') || ARRAY(
    SELECT term_id FROM askpress_term
    WHERE site_id = exclusion.site_id AND taxonomy = 'category' AND exclusion.value IN (slug, term_id::text)
)
FROM askpress_exclusion AS exclusion
WHERE site_id = %s
ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A document that can be found, as far as an exclusion asks."""

    id: int
    url: str
    categories: Sequence[int]


def rules_of(site_id: int) -> Rules:
    """Return what the owner decided for the site."""
    return Rules(index_noindex=settings.INDEX_NOINDEX, exclusions=tuple(of(site_id)))


def of(site_id: int) -> list[Exclusion]:
    """Return the site's exclusions, the oldest first."""
    with store.autocommit() as cursor:
        return [_exclusion(*row) for row in cursor.execute(_SELECT, (site_id,))]


def add(site: sites.Site, kind: str, value: str, *, allow_many: bool = False) -> int:
    """Keep out what the value names and take it out now; return how many documents went.

    Raises UsageError for a value that cannot be meant, and without `allow_many` when so many would go that a mistake is
    likelier.
    """
    value = _checked(kind, value)
    new = _exclusion(kind, value, _numbers(site.id, value) if kind == "category" else ())
    held = _held(site.id)
    going = [post for post in held if new.covers(post.id, post.url, post.categories)]
    if not allow_many and plan.alarming(missing=len(going), held=len(held), percent=settings.MASS_REMOVAL_PERCENT):
        raise errors.UsageError(
            f"that takes out {len(going)} of {len(held)} posts of {site.name}; if that is right, add --yes."
        )
    with store.autocommit() as cursor:
        cursor.execute(
            "INSERT INTO askpress_exclusion (site_id, kind, value, numbers, created_at) VALUES (%s, %s, %s, %s, now())"
            " ON CONFLICT (site_id, kind, value) DO UPDATE SET numbers = excluded.numbers",
            (site.id, kind, value, sorted(new.categories)),
        )
    # Stored first: whoever reads one of them meanwhile leaves it out, too.
    return sum(index.remove(site.id, post.id, evidence=new.evidence) for post in going)


def remove(site_id: int, kind: str, value: str) -> bool:
    """Forget an exclusion; False when there is none. The next reconciliation brings back what it kept out."""
    with store.autocommit() as cursor:
        cursor.execute(
            "DELETE FROM askpress_exclusion WHERE site_id = %s AND kind = %s AND value = %s", (site_id, kind, value)
        )
        return cursor.rowcount > 0


def counts(site_id: int) -> dict[str, int]:
    """Return how many posts each exclusion keeps out that were here before, by its evidence."""
    with store.autocommit() as cursor:
        return dict(
            cursor.execute(
                "SELECT evidence, count(*) FROM askpress_document WHERE site_id = %s AND gone_at IS NOT NULL"
                " AND evidence LIKE 'it is excluded by %%' GROUP BY evidence",
                (site_id,),
            )
        )


def _exclusion(kind: str, value: str, numbers: Sequence[int]) -> Exclusion:
    named = frozenset(numbers) | (frozenset({int(value)}) if kind == "category" and value.isdecimal() else frozenset())
    return Exclusion(kind, value, named)


def _held(site_id: int) -> list[Held]:
    with store.autocommit() as cursor:
        rows = cursor.execute(
            "SELECT post_id, url, categories FROM askpress_document WHERE site_id = %s AND gone_at IS NULL", (site_id,)
        )
        return [Held(*row) for row in rows]


def _numbers(site_id: int, value: str) -> tuple[int, ...]:
    """Return the categories that a number or slug stands for; raises UsageError for a slug that none has."""
    with store.autocommit() as cursor:
        known = cursor.execute(
            "SELECT term_id, slug FROM askpress_term WHERE site_id = %s AND taxonomy = 'category' ORDER BY slug",
            (site_id,),
        ).fetchall()
    found = tuple(number for number, slug in known if value in (slug, str(number)))
    if not found and not value.isdecimal() and known:
        slugs = ", ".join(slug for _, slug in known[:20])
        raise errors.UsageError(f"the site has no category with the slug {value!r}; it has {slugs}.")
    return found


def _checked(kind: str, value: str) -> str:
    value = value.strip()
    if kind == "post" and not value.isdecimal():
        raise errors.UsageError(f"{value!r} is no post's number.")
    if kind == "url" and not value.startswith(("/", "*")):
        raise errors.UsageError(f"{value!r} is no path: begin it with /, as in /internal/* or /2019/*/draft-*.")
    if not value:
        raise errors.UsageError("say what to exclude.")
    return value
