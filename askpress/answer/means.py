"""Which models answer a question, as far as today's budgets go: the full one, a smaller one, quotes, search alone."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from askpress import errors, providers, sites
from askpress.answer import budget
from askpress.answer.budget import Account
from askpress.providers import prices
from askpress.providers.contract import Call, Completion, LanguageModel, Usage

# Beside the context: instructions, question, titles and addresses.
_MOST_OTHER_TOKENS = 1_500
# A question put anew, with what a reasoning model thinks before it.
_REPHRASING_TOKENS = 600
# The most of an answer's time that may pass with it: what follows is the answer itself.
_REPHRASING_SHARE = 0.25

# What an answer may be made without, worse last.
_WORSE = ("", "rerank", "keyword", "incomplete", "small_model", "extractive", "search_only")


@dataclass(frozen=True, slots=True)
class Means:
    """What an answer is made with."""

    # Writes it; None: quotes.
    model: LanguageModel | None
    # Why it is less than what is configured: "small_model", "extractive", "search_only"; "" when it is not.
    degraded: str = ""
    # The site's when they were chosen.
    corpus_version: int = 0
    # What the model's calls cost where no budget is set; nothing is on it where they are paid for out of one.
    tab: budget.Tab = field(default_factory=budget.Tab)


def choose(account: Account, question: str) -> Means:
    """Return the best means that today's budgets pay for; what the question's embedding costs is taken already."""
    full, embedding = configured(settings.LANGUAGE_MODEL), _embedding_usd(question)
    if full is None and not embedding:
        return Means(None, corpus_version=sites.corpus_version(account.site_id))
    reservation = budget.reserve(account, embedding)
    model, degraded = _affordable(reservation, full)
    if model is None:
        return Means(None, degraded, reservation.corpus_version)
    tab = budget.Tab(account)
    limited = reservation.left is not None
    paying = Paying(model, account, max_output_tokens=settings.ANSWER_TOKENS, tab=None if limited else tab)
    return Means(paying, degraded, reservation.corpus_version, tab)


def _affordable(reservation: budget.Reservation, full: LanguageModel | None) -> tuple[LanguageModel | None, str]:
    """Return the best language model that is paid for, and what is missing with it."""
    if not reservation:
        return None, "search_only"
    if full is None:
        return None, ""
    small = configured(settings.SMALL_LANGUAGE_MODEL)
    spares = small is not None and reservation.share >= budget.SMALL_FROM
    for degraded, model in (("", None if spares else full), ("small_model", small)):
        if model is not None and _is_left(model, reservation):
            return model, degraded
    return None, "extractive"


def configured(name: str, *, max_output_tokens: int = 0, time_share: float = 1.0) -> LanguageModel | None:
    """Return a language model of the configured provider, None for "" and where quotes are all there is."""
    if not name or settings.LANGUAGE_PROVIDER == "extractive":
        return None
    return providers.language_model(
        name,
        base_url=settings.LANGUAGE_BASE_URL,
        api_key=settings.LANGUAGE_API_KEY,
        max_output_tokens=max_output_tokens or settings.ANSWER_TOKENS,
        timeout_seconds=settings.ANSWER_TIMEOUT_SECONDS * time_share,
    )


def rephrasing(account: Account) -> LanguageModel | None:
    """Return what puts follow-up questions so that they stand alone: the smaller model where there is one."""
    name = settings.SMALL_LANGUAGE_MODEL or settings.LANGUAGE_MODEL
    model = configured(name, max_output_tokens=_REPHRASING_TOKENS, time_share=_REPHRASING_SHARE)
    return None if model is None else Paying(model, account, max_output_tokens=_REPHRASING_TOKENS)


def worse(one: str, other: str) -> str:
    """Return the word for what is missing more: quotes for a text, a smaller model, vectors."""
    return max(one, other, key=_WORSE.index)


class Paying(LanguageModel):
    """A language model whose every call is paid for out of an account; raises BudgetSpent too.

    A reply that breaks off ends with a Completion of what it used, "failed", before the error is raised.
    """

    def __init__(
        self, model: LanguageModel, account: Account, *, max_output_tokens: int, tab: budget.Tab | None = None
    ) -> None:
        self.traits = model.traits
        self._model = model
        self._account = account
        self._max_output_tokens = max_output_tokens
        # Where neither the site nor the key has a budget.
        self._tab = tab

    def stream(
        self, *, instructions: str, prompt: str, schema: dict[str, Any], user: str, call: Call | None = None
    ) -> Iterator[str | Completion]:
        sent, written = budget.tokens_of(f"{instructions}{prompt}{json.dumps(schema)}"), 0
        pieces = self._model.stream(instructions=instructions, prompt=prompt, schema=schema, user=user, call=call)
        failure: errors.ProviderError | None = None
        completion = Completion(data=None, outcome="failed", usage=Usage())
        most = self._max_output_tokens
        with budget.paid(self._account, self.traits.model, sent=sent, output_tokens=most, tab=self._tab) as bill:
            try:
                for piece in pieces:
                    if isinstance(piece, Completion):
                        completion = piece
                        break
                    written += budget.bytes_of(piece)
                    yield piece
            except errors.ProviderError as error:
                if not written:
                    raise
                failure = error
            finally:
                # A reply that breaks off, also because nobody listens, is billed as far as it went.
                bill.usage = self._guessed(sent, written) if written else None
            # Some servers say nothing of usage.
            if completion.usage.input_tokens + completion.usage.output_tokens:
                bill.usage = completion.usage
            bill.usage = bill.usage or self._guessed(sent, written)
        yield dataclasses.replace(completion, usage=bill.usage)
        if failure is not None:
            raise failure

    def _guessed(self, sent: int, written: int) -> Usage:
        usage = budget.guessed(sent, written=written)
        return dataclasses.replace(usage, cost=prices.completion_cost(self.traits.model, usage))


def most_usd(model: LanguageModel) -> float:
    """Return US dollars that one answer of the model may cost."""
    tokens = settings.CONTEXT_TOKENS + _MOST_OTHER_TOKENS
    return prices.most(model.traits.model, input_tokens=tokens, output_tokens=settings.ANSWER_TOKENS)


def _is_left(model: LanguageModel, reservation: budget.Reservation) -> bool:
    return reservation.left is None or most_usd(model) <= reservation.left


def _embedding_usd(question: str) -> float:
    if settings.EMBEDDING_PROVIDER != "openai":
        return 0.0
    return prices.cost(budget.tokens_of(question), prices.embedding_price(settings.EMBEDDING_MODEL) or 0.0)
