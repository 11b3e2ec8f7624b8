"""Reads a list request's parameters, with WordPress's own refusals for bad ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from askpress.sample.exchange import Refusal, Request, refuse

ORDERS = (
    "author",
    "date",
    "id",
    "include",
    "modified",
    "parent",
    "relevance",
    "slug",
    "include_slugs",
    "title",
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list request asks for."""

    page: int
    per_page: int
    offset: int
    include: tuple[int, ...]
    exclude: tuple[int, ...]
    orderby: str
    descending: bool
    statuses: tuple[str, ...]
    slugs: tuple[str, ...]
    search: str
    # Strict bounds, in UTC.
    bounds: tuple[tuple[str, datetime], ...]


def list_query(request: Request, *, zone: tzinfo, orders: tuple[str, ...] = ORDERS, orderby: str = "date") -> ListQuery:
    """Return the parsed parameters; raises Refusal as WordPress would."""
    default_order = "desc" if orderby == "date" else "asc"
    return ListQuery(
        page=number(request, "page", 1, low=1),
        per_page=number(request, "per_page", 10, low=1, high=100),
        offset=number(request, "offset", 0, low=0),
        include=ids(request, "include"),
        exclude=ids(request, "exclude"),
        orderby=choice(request, "orderby", orderby, orders),
        descending=choice(request, "order", default_order, ("asc", "desc")) == "desc",
        statuses=words(request, "status") or ("publish",),
        slugs=words(request, "slug"),
        search=request.text("search").lower(),
        bounds=tuple(
            (name, moment(request, name, zone))
            for name in ("after", "before", "modified_after", "modified_before")
            if name in request.query
        ),
    )


def number(request: Request, name: str, default: int, *, low: int, high: int = 0) -> int:
    """Return an integer parameter between `low` and `high` (0: no upper bound)."""
    value = request.text(name, str(default))
    if not re.fullmatch(r"-?\d+", value):
        raise invalid(name, f"{name} is not of type integer.", "rest_invalid_type")
    if high and not low <= int(value) <= high:
        bounds = f"{name} must be between {low} (inclusive) and {high} (inclusive)"
        raise invalid(name, bounds, "rest_out_of_bounds")
    if int(value) < low:
        raise invalid(name, f"{name} must be greater than or equal to {low}", "rest_out_of_bounds")
    return int(value)


def words(request: Request, name: str) -> tuple[str, ...]:
    """Return a list parameter, in either of its two forms."""
    return tuple(word.strip() for word in request.text(name).split(",") if word.strip())


def ids(request: Request, name: str) -> tuple[int, ...]:
    """Return a list of numbers."""
    values = words(request, name)
    for place, value in enumerate(values):
        if not value.isdigit():
            raise invalid(name, f"{name}[{place}] is not of type integer.", "rest_invalid_type")
    return tuple(int(value) for value in values)


def choice(request: Request, name: str, default: str, allowed: tuple[str, ...]) -> str:
    """Return one of the `allowed` words."""
    value = request.text(name, default)
    if value not in allowed:
        listed = ", ".join(allowed[:-1]) + f", and {allowed[-1]}"
        raise invalid(name, f"{name} is not one of {listed}.", "rest_not_in_enum")
    return value


def moment(request: Request, name: str, zone: tzinfo) -> datetime:
    """Return a date in UTC; one without a zone is the site's local time."""
    value = request.text(name)
    if not _DATE.fullmatch(value):
        raise invalid(name, "Invalid date.", "rest_invalid_date")
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise invalid(name, "Invalid date.", "rest_invalid_date") from None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(UTC).replace(microsecond=0)


def invalid(name: str, message: str, code: str) -> Refusal:
    """Return the Refusal for one bad parameter."""
    details = {name: {"code": code, "message": message, "data": None}}
    return refuse(400, "rest_invalid_param", f"Invalid parameter(s): {name}", params={name: message}, details=details)
