"""Answers questions ahead of time, so that the first who asks after a change does not wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from askpress import errors, sites
from askpress.answer import ask, means
from askpress.answer.asked import Asked
from askpress.providers import prices


@dataclass
class Warmed:
    """What became of the questions so far."""

    # Answers that were there already, were made and are kept, say honestly that there is none, or are not kept because
    # they were made with less than is configured.
    there: int = 0
    made: int = 0
    refused: int = 0
    degraded: int = 0
    # US dollars for language models; 0 for those of unknown price.
    cost: float = 0.0
    # Why it ended before the last question, or "".
    stopped: str = ""

    @property
    def done(self) -> int:
        return self.there + self.made + self.refused + self.degraded


def warm(
    questions: Sequence[str],
    *,
    site: sites.Site,
    max_cost: float | None = None,
    on_question: Callable[[Warmed], None] = lambda warmed: None,
) -> Warmed:
    """Ask each question unless its answer is there already; stop before `max_cost` US dollars could be exceeded.

    Raises UsageError when `max_cost` cannot be kept because the model's price is not known.
    """
    most, warmed = _most(max_cost), Warmed()
    for question in questions:
        asked = Asked(question, site=site, user="warm")
        if ask.is_remembered(asked):
            warmed.there += 1
        elif max_cost is not None and warmed.cost + most > max_cost:
            warmed.stopped = f"the next answer could cost {prices.dollars(most)}, and --max-cost is {max_cost:g}."
            break
        else:
            _count(warmed, asked)
        on_question(warmed)
        if warmed.stopped:
            break
    return warmed


def _count(warmed: Warmed, asked: Asked) -> None:
    body = ask.ask(asked).body
    warmed.cost += body["usage"]["cost_usd"] or 0.0
    if body["degraded"] in ("extractive", "search_only", "incomplete"):
        warmed.degraded += 1
        if body["code"] == "over_budget" or not body["usage"]["output_tokens"]:
            warmed.stopped = "no language model answers, or today's budget is used up: `askpress status` says which."
    elif body["degraded"] in ("rerank", "keyword"):
        # Kept for a minute only.
        warmed.degraded += 1
    elif body["refused"]:
        warmed.refused += 1
    else:
        warmed.made += 1


def _most(max_cost: float | None) -> float:
    """Return US dollars that one answer may cost."""
    model = ask.language_model()
    if model is None or max_cost is None:
        return 0.0
    if not prices.is_known(model.traits.model):
        raise errors.UsageError(
            f"the price of {model.traits.model} is not known, so a limit on the cost cannot be kept: "
            "leave --max-cost out."
        )
    return means.most_usd(model)
