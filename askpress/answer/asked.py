"""What is asked: the question with all that decides its answer. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from askpress.answer.followup import Turn
from askpress.retrieval import filters
from askpress.retrieval.filters import Filters
from askpress.sites import Site

# What becomes of a statement that nothing proves.
UNVERIFIED = ("drop", "mark")


@dataclass(frozen=True, slots=True)
class Options:
    """How the answer is wanted."""

    # What is not proven: "drop" leaves it out, "mark" keeps it with the support "none".
    unverified: str = "drop"
    # Lists what was found and not used, too.
    retrieved: bool = False
    # Seconds since when what the answer rests on must be known to be as the site shows it; None: whenever.
    max_staleness: int | None = None
    # Without, the answer cache is neither read nor written.
    remember: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, as the trip takes it."""

    question: str
    site: Site
    # Opaque name of who asks, for the provider.
    user: str
    # The key's number; None where no key was needed.
    key: int | None = None
    # Oldest first.
    history: tuple[Turn, ...] = ()
    # Which documents may answer.
    narrowed: Filters = filters.ANY
    # The client's name of the conversation that it is part of, "" for none.
    conversation: str = ""
    options: Options = field(default_factory=Options)
