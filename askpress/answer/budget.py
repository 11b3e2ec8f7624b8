"""What answers may cost a day: taken before a paid call, corrected after it, counted in Postgres alone."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from psycopg import sql

from askpress import errors, logs
from askpress.providers import prices
from askpress.providers.contract import Usage
from askpress.retrieval import store

# From this share of a budget on, the smaller model writes, where there is one.
SMALL_FROM = 0.8
# Of prose in any language, by the tokenizer of OpenAI's models since gpt-4o (o200k_base); lists of numbers, code and
# rare scripts have down to one. What a reservation lacks for them the output that is held beside it makes up for: an
# answer uses some 200 of its 1,500 tokens.
_BYTES_A_TOKEN = 3


@dataclass(frozen=True, slots=True)
class Account:
    """Who pays for an answer."""

    site_id: int
    # None: a command, which has no budget of its own.
    key: int | None


# For each of the two: the row where it was taken or null, how much, the share of the budget that is used then, what is
# left of it, and the site's corpus version, null in the key's row.
_TAKEN = """
SELECT taken.id, wanted.usd, coalesce(taken.usd / nullif(most, 0), 0), most - taken.usd, wanted.corpus_version
FROM wanted
LEFT JOIN taken ON taken.key IS NOT DISTINCT FROM wanted.key
"""


@dataclass(frozen=True, slots=True)
class Reservation:
    """An amount that was taken from today's budgets."""

    # Rows of askpress_spend, each with the US dollars taken there; () when one of them has too little left.
    taken: tuple[tuple[int, float], ...]
    # The larger share of the two budgets that is used now; 0 where there is none.
    share: float
    # US dollars that are left of the nearer one; None where there is none.
    left: float | None = None
    # The site's corpus version then.
    corpus_version: int = 0

    def __bool__(self) -> bool:
        return bool(self.taken)


def reserve(account: Account, usd: float, *, calls: int = 0, guess: bool = False) -> Reservation:
    """Take an amount from the budgets of the site and the key, from both or from neither.

    A process that dies before it settles leaves what it took counted: its call may have been billed.
    """
    asked = _parameters(account, usd, calls=calls, guess=guess)
    with store.autocommit() as cursor:
        rows = cursor.execute(_statement("taking", _TAKEN), asked, prepare=True).fetchall()
    taken = tuple((row, amount) for row, amount, *_ in rows if row is not None)
    corpus = next((row[4] for row in rows if row[4] is not None), 0)
    if len(taken) < len(rows):
        _correct(taken, 0.0, calls=-calls)
        return Reservation((), 1.0, 0.0, corpus)
    left = [row[3] for row in rows if row[3] is not None]
    return Reservation(taken, max((row[2] for row in rows), default=0.0), min(left, default=None), corpus)


def settle(reservation: Reservation, usd: float) -> None:
    """Put what was really spent in place of what was taken; without Postgres what was taken stays counted."""
    try:
        _correct(reservation.taken, usd)
    except errors.StoreUnavailable as error:
        logs.warning("spend not settled", reason=str(error))


def _correct(taken: tuple[tuple[int, float], ...], usd: float, *, calls: int = 0) -> None:
    # A price that was only guessed was not taken where no budget is, and is not put there now.
    rows = [(row, (usd if amount else 0.0) - amount) for row, amount in taken]
    if rows:
        with store.autocommit() as cursor:
            cursor.execute(
                "UPDATE askpress_spend AS spend SET usd = greatest(0, spend.usd + change.usd), calls = calls + %s"
                " FROM (SELECT * FROM unnest(%s::bigint[], %s::float[]) AS given (id, usd) ORDER BY id) AS change"
                " WHERE spend.id = change.id",
                (calls, [row for row, _ in rows], [change for _, change in rows]),
                prepare=True,
            )


@dataclass(slots=True)
class Tab:
    """What calls cost that no budget limits, until it is counted."""

    account: Account = Account(0, None)
    usd: float = 0.0
    calls: int = 0
    # One of the prices is no more than that.
    guess: bool = False

    def add(self, usd: float, *, guess: bool) -> None:
        self.usd, self.calls, self.guess = self.usd + usd, self.calls + 1, self.guess or guess

    def count(self, cursor: store.Cursor, statement: str, parameters: Mapping[str, object]) -> None:
        """Execute a statement that has something else to write down, and count on the same trip what is on the tab."""
        whole = _statement("taking", statement) if self.calls else _statement("", statement)
        taken = _parameters(self.account, self.usd, calls=self.calls, guess=self.guess) if self.calls else {}
        cursor.execute(whole, {**taken, **parameters}, prepare=True)
        self.calls, self.usd = 0, 0.0


@contextlib.contextmanager
def counted(tab: Tab) -> Iterator[None]:
    """Count at the end what is still on the tab."""
    try:
        yield
    finally:
        if tab.calls:
            try:
                reserve(tab.account, tab.usd, calls=tab.calls, guess=tab.guess)
            except errors.StoreUnavailable as error:
                logs.warning("spend not counted", reason=str(error))


@dataclass
class Bill:
    """Of a paid call while it runs; `usage` is set by whoever makes it."""

    usage: Usage | None = None


@contextlib.contextmanager
def paid(account: Account, model: str, *, sent: int, output_tokens: int, tab: Tab | None = None) -> Iterator[Bill]:
    """Hold the most that a call of `sent` tokens can cost while it runs, and settle it.

    Raises BudgetSpent when that is not left. With a `tab`, where nothing is limited, nothing is held: it goes on that.

    A call that ends without usage, because it failed before its first word, counts as nothing: it is not billed.
    """
    most = prices.most(model, input_tokens=sent, output_tokens=output_tokens)
    guess = not prices.is_known(model)
    reservation = reserve(account, most, calls=1, guess=guess) if tab is None else None
    if reservation is not None and not reservation:
        raise errors.BudgetSpent(f"today's budget does not cover a call of {model}, which may cost {most:.4f} USD.")
    bill = Bill()
    try:
        yield bill
    finally:
        usd = _cost(model, bill.usage or Usage())
        if reservation is not None:
            settle(reservation, usd)
        elif tab is not None:
            tab.add(usd, guess=guess)


def tokens_of(text: str) -> int:
    """Return more tokens than prose of so many bytes has."""
    return bytes_of(text) // _BYTES_A_TOKEN + 1


def bytes_of(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def guessed(sent: int, *, written: int) -> Usage:
    """Return at least what a call used that was sent so many tokens and broke off after so many bytes of prose."""
    return Usage(sent, 0, written // _BYTES_A_TOKEN + 1)


def _cost(model: str, usage: Usage) -> float:
    if usage.cost is not None:
        return usage.cost
    return prices.most(model, input_tokens=usage.input_tokens, output_tokens=usage.output_tokens)


@dataclass(frozen=True, slots=True)
class Spent:
    """What one site or key has spent today."""

    name: str
    usd: float
    calls: int
    # None: no limit.
    budget_usd: float | None


def today() -> list[Spent]:
    """Return today's spend of every site, and of every key that has a budget or spent something."""
    with store.autocommit() as cursor:
        rows = cursor.execute(_statement("spent"), {"default": settings.DAILY_BUDGET_USD}).fetchall()
    return [Spent(*row) for row in rows]


def _parameters(account: Account, usd: float, *, calls: int, guess: bool) -> dict[str, object]:
    return {
        "site": account.site_id, "key": account.key, "default": settings.DAILY_BUDGET_USD,
        "usd": usd, "calls": calls, "guess": guess,
    }  # fmt: skip


@functools.cache
def _statement(name: str, more: str = "") -> sql.Composed:
    text = (Path(__file__).parent / f"{name}.sql").read_text() if name else ""
    return sql.SQL(text + more).format()  # a file of ours, not input
