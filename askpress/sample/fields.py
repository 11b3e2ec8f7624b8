"""The `_fields` parameter: keeps the named fields of a reply, nested ones too."""

from __future__ import annotations

from typing import Any


def selected(item: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return `item` with the named fields only; `title.rendered` reaches inside, no names keep all."""
    if not names:
        return item
    kept: dict[str, Any] = {}
    for name in names:
        _keep(kept, item, name.split("."))
    return kept


def _keep(kept: dict[str, Any], item: dict[str, Any], path: list[str]) -> None:
    first, *rest = path
    if first not in item:
        return
    if not rest or not isinstance(item[first], dict):
        kept[first] = item[first]
        return
    inside = kept.setdefault(first, {})
    if inside is not item[first]:
        _keep(inside, item[first], rest)
