"""What OpenAI's models cost; anything not in the table has no known price."""

from __future__ import annotations

import re
from dataclasses import dataclass

from askpress.providers.contract import Usage

# OpenAI's list prices for the standard tier and prompts below 272,000 tokens, as of this day:
# https://developers.openai.com/api/docs/pricing
READ_ON = "2026-11-05"


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    input: float
    cached: float
    output: float


COMPLETIONS = {
    "gpt-6-astra": Price(10.0, 1.0, 50.0),
    "gpt-6-sol": Price(2.0, 0.2, 10.0),
    "gpt-6-luna": Price(0.1, 0.01, 0.5),
    "gpt-6.1-terra": Price(1.0, 0.05, 5.0),
    "gpt-5.6-sol": Price(4.0, 0.4, 20.0),
    "gpt-5.6-terra": Price(2.0, 0.2, 12.0),
    "gpt-5.6-luna": Price(0.2, 0.02, 1.2),
    "gpt-5.5": Price(5.0, 0.5, 30.0),
    "gpt-5.4": Price(2.5, 0.25, 15.0),
    "gpt-5.4-mini": Price(0.75, 0.075, 4.5),
    "gpt-5.4-nano": Price(0.2, 0.02, 1.25),
    "gpt-5-mini": Price(0.25, 0.025, 2.0),
    "gpt-4.1": Price(2.0, 0.5, 8.0),
    "gpt-4o": Price(2.5, 1.25, 10.0),
    "gpt-4o-mini": Price(0.15, 0.075, 0.6),
}

# US dollars per million tokens.
EMBEDDINGS = {
    "text-embedding-3-large": 0.13,
    "text-embedding-3-small": 0.02,
    "text-embedding-ada-002": 0.10,
}


def embedding_price(model: str) -> float | None:
    """Return US dollars per million tokens, None when unknown."""
    return EMBEDDINGS.get(model)


def cost(tokens: int, price_per_million: float) -> float:
    """Return US dollars."""
    return tokens * price_per_million / 1_000_000


def dollars(amount: float) -> str:
    """Return an amount for a person, never in powers of ten: embeddings cost small fractions of a cent."""
    return f"${amount:.10f}".rstrip("0").rstrip(".")


def completion_cost(model: str, usage: Usage) -> float | None:
    """Return what `usage` costs in US dollars, None when the model's price is unknown."""
    price = COMPLETIONS.get(_undated(model))
    if price is None:
        return None
    fresh = max(usage.input_tokens - usage.cached_tokens, 0)
    millions = fresh * price.input + usage.cached_tokens * price.cached + usage.output_tokens * price.output
    return millions / 1_000_000


def most(model: str, *, input_tokens: int, output_tokens: int) -> float:
    """Return US dollars that so many tokens cost at most; a model of unknown price is taken for the dearest known."""
    price = COMPLETIONS.get(_undated(model)) or max(COMPLETIONS.values(), key=lambda known: known.output)
    return (input_tokens * price.input + output_tokens * price.output) / 1_000_000


def is_known(model: str) -> bool:
    return _undated(model) in COMPLETIONS


def _undated(model: str) -> str:
    return re.sub(r"-\d{4}-\d{2}-\d{2}$", "", model)
