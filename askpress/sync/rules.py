"""Which of a site's posts are for the index: what readers may see, less what the owner keeps out. Pure."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote, urlsplit

from askpress.wordpress.post import Post

NOINDEX = "it is marked noindex"


class Placed(Protocol):
    """What a listing tells of a post."""

    @property
    def id(self) -> int: ...
    @property
    def url(self) -> str: ...
    @property
    def categories(self) -> Sequence[int]: ...


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One thing that the owner keeps out."""

    # "url": a pattern of the path; "category": a number or slug; "post": a number.
    kind: str
    value: str
    # The numbers that a category's value stands for.
    categories: frozenset[int] = frozenset()

    @property
    def evidence(self) -> str:
        return f"it is excluded by {self.kind} {self.value}"

    def covers(self, post_id: int, url: str, categories: Sequence[int]) -> bool:
        if self.kind == "post":
            return str(post_id) == self.value
        if self.kind == "category":
            return not self.categories.isdisjoint(categories)
        return _matches(path_of(url), self.value)


@dataclass(frozen=True, slots=True)
class Rules:
    """What an owner decided for a site."""

    # Posts that the site keeps from search engines are wanted all the same.
    index_noindex: bool = False
    exclusions: tuple[Exclusion, ...] = ()

    def why_hidden(self, post: Post) -> str:
        """Return why an anonymous reader or the owner's wish keeps the post out, or ""."""
        if post.status != "publish":
            return f"its status is {post.status}"
        if post.protected:
            return "a password protects it"
        if post.noindex and not self.index_noindex:
            return NOINDEX
        return self._excluded(post.id, post.link, post.categories)

    def why_excluded(self, post: Placed) -> str:
        """Return the exclusion that keeps a listed or held post out, or ""."""
        return self._excluded(post.id, post.url, post.categories)

    def _excluded(self, post_id: int, url: str, categories: Sequence[int]) -> str:
        for exclusion in self.exclusions:
            if exclusion.covers(post_id, url, categories):
                return exclusion.evidence
        return ""


def path_of(url: str) -> str:
    """Return what a pattern is compared with: the path as people read it, with the query of plain permalinks."""
    parts = urlsplit(url)
    return unquote(parts.path) + (f"?{parts.query}" if parts.query else "")


def _matches(path: str, pattern: str) -> bool:
    # /private excludes /private/ too: nobody means the one and not the other.
    return any(fnmatch.fnmatchcase(form, pattern) for form in {path, path.rstrip("/")})
