"""Joining: passages that touch or overlap in one document, as one stretch of text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from askpress.retrieval.passage import Passage


def neighbours(passages: Iterable[Passage]) -> list[list[Passage]]:
    """Group passages that touch or overlap in one document; groups and their members best first."""
    groups: list[list[Passage]] = []
    for passage in passages:
        touching = [group for group in groups if any(_touch(passage, other) for other in group)]
        if touching:
            touching[0].append(passage)
            for group in touching[1:]:  # it closed a gap between two groups
                touching[0].extend(group)
                groups.remove(group)
        else:
            groups.append([passage])
    return groups


def _touch(one: Passage, other: Passage) -> bool:
    return one.document_id == other.document_id and one.start <= other.end and other.start <= one.end


def text(group: Sequence[Passage]) -> str:
    """Return the text of neighbours, what they share told once."""
    joined, end = "", -1
    for passage in sorted(group, key=lambda p: (p.start, p.end)):
        if not joined:
            joined, end = passage.text, passage.end
        elif passage.end > end:
            joined += passage.text[max(0, end - passage.start) :]
            end = passage.end
    return joined
