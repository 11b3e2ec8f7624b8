"""Builds the next index version beside the live one, changes over to it, and back; what is stopped goes on later."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings

from askpress import errors, logs
from askpress.providers import prices
from askpress.retrieval import lately, lengths, retriever, store, switch, versions
from askpress.retrieval.versions import IndexVersion, Recipe
from askpress.sync import ahead, embedding, rebuild, recipes, runs

# Documents that are brought in one transaction.
_SLICE = 100
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one of the steps is: "documents" or "index"."""

    step: str
    done: int
    total: int


OnChange = Callable[[Progress], None]


def begin(recipe: Recipe, *, kind: str) -> IndexVersion:
    """Make the next version, or find the one that is being built; raises UsageError when that has another recipe."""
    version = versions.begin(recipe, kind=kind)
    if (version.recipe, version.ann) != (recipe, kind):
        raise errors.UsageError(
            f"index version {version.id} ({recipes.described(version.recipe)}, {version.ann}) is being built: "
            "finish it with `askpress reindex`, or give it up with `askpress reindex --drop-new`."
        )
    return version


def attend(version: IndexVersion, *, unattended: bool, max_cost: float | None = None, error: str = "") -> None:
    """Say whether the worker goes on with the version by itself, up to which cost, and why it stands still."""
    with store.autocommit() as cursor:
        cursor.execute(
            "UPDATE askpress_indexversion SET unattended = %s, max_cost = %s, error = %s WHERE id = %s",
            (unattended, max_cost, error[:2_000], version.id),
        )


def complete(
    version: IndexVersion,
    *,
    max_cost: float | None = None,
    on_change: OnChange = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Give the version all that it lacks and make it live; False while another does it.

    Searches go on with the live version until then. Raises UsageError when a document cannot be brought, Stopped,
    ProviderError and StoreUnavailable; what is done stays done.
    """
    with runs.alone(0, "reindex") as alone:
        if not alone:
            return False
        work = _Work(version, max_cost, on_change, should_stop)
        work.fill()
        # What was edited while the last of it was brought is brought now; an edit reaches a version that is being built
        # by itself, so that this ends.
        while switch.switch(version):
            work.fill()
    lately.forget()
    logs.info("index version went live", version=version.id, model=version.recipe.model)
    return True


class _Work:
    """One attempt at completing a version."""

    def __init__(
        self, version: IndexVersion, max_cost: float | None, on_change: OnChange, should_stop: Callable[[], bool]
    ) -> None:
        self.version, self.max_cost = version, max_cost
        self.on_change, self.should_stop = on_change, should_stop
        self.model = retriever.embedding_model(version.recipe)

    def fill(self) -> None:
        """Bring what is lacking, then build the index over it."""
        todo = switch.lacking(self.version.id)
        failures: dict[int, str] = {}
        done = 0

        def settle(prepared: rebuild.Prepared, failed: dict[int, str]) -> None:
            nonlocal done
            done += len(prepared.made) + len(prepared.failures) + len(prepared.unwanted)
            failures.update(failed)
            self.on_change(Progress("documents", done, len(todo)))

        self.on_change(Progress("documents", 0, len(todo)))
        slices: list[Sequence[switch.Lacking]] = [todo[start : start + _SLICE] for start in range(0, len(todo), _SLICE)]
        ahead.run(slices, ahead.Steps(self._prepare, self._write, settle, give_up=lambda prepared: None))
        if failures:
            raise errors.UsageError(_refusal(failures))
        self.on_change(Progress("documents", len(todo), len(todo)))
        lengths.settle(self.version.id)
        versions.build_ann(
            self.version.id, on_progress=lambda done, rows: self.on_change(Progress("index", done, rows))
        )
        self._stop_if_told()

    def _prepare(self, documents: Sequence[switch.Lacking]) -> rebuild.Prepared:
        self._stop_if_told()
        return rebuild.prepare(self.version, documents)

    def _write(self, prepared: rebuild.Prepared, abandoned: threading.Event) -> dict[int, str]:
        seconds = settings.PROVIDER_RETRY_SECONDS
        purse = embedding.Purse(self.model, self._spent, self._afford, seconds, should_stop=abandoned.is_set)
        return rebuild.write(self.version, prepared, purse)

    def _spent(self, tokens: int) -> None:
        with store.autocommit() as cursor:
            cursor.execute(
                "UPDATE askpress_indexversion SET tokens = tokens + %s WHERE id = %s", (tokens, self.version.id)
            )
        self._stop_if_told()

    def _afford(self, tokens: int, reused: int) -> None:
        price = self.model.traits.price_per_million
        if price is None or self.max_cost is None or not tokens:
            return
        with store.autocommit() as cursor:
            row = cursor.execute(
                "SELECT tokens FROM askpress_indexversion WHERE id = %s", (self.version.id,)
            ).fetchone()
        spent = row[0] if row else 0
        if prices.cost(spent + tokens, price) > self.max_cost:
            raise errors.Stopped(
                f"embeddings would cost more than {prices.dollars(self.max_cost)}; "
                f"{prices.dollars(prices.cost(spent, price))} is spent. What is done stays; "
                "run it again with a larger --max-cost to go on."
            )

    def _stop_if_told(self) -> None:
        if self.should_stop():
            raise errors.Stopped("stopped; the next reindex goes on from here.")


def _refusal(failures: dict[int, str]) -> str:
    with store.autocommit() as cursor:
        posts = dict(
            cursor.execute("SELECT id, post_id FROM askpress_document WHERE id = ANY(%s)", (list(failures),)).fetchall()
        )
    named = [f"post {posts.get(document, '?')}: {reason}" for document, reason in list(failures.items())[:_NAMED]]
    return (
        f"{len(failures)} documents cannot be brought into the next index version, and the live one stays. "
        + " ".join(named)
    )


def tend(*, should_stop: Callable[[], bool]) -> None:
    """Drop what is given up or too old, and go on with a build that nobody attends."""
    for number in _droppable():
        versions.drop(number)
        logs.info("index version dropped", version=number)
    version, max_cost = _unattended()
    if version is None:
        return
    try:
        complete(version, max_cost=max_cost, should_stop=should_stop)
    except errors.AskpressError as error:
        logs.warning("reindex broken off", version=version.id, reason=str(error))
        passes = should_stop() or (error.retryable and not isinstance(error, errors.Stopped))
        attend(version, unattended=passes, max_cost=max_cost, error=str(error))


def _droppable() -> Sequence[int]:
    with store.autocommit() as cursor:
        rows = cursor.execute(
            "SELECT id FROM askpress_indexversion WHERE state = 'dropping'"
            " OR (state = 'retired' AND retired_at < now() - make_interval(days => %s)) ORDER BY id",
            (settings.ROLLBACK_DAYS,),
        ).fetchall()
    return [row[0] for row in rows]


def _unattended() -> tuple[IndexVersion | None, float | None]:
    """Return the version that the worker is to go on with, and what it may cost."""
    with store.autocommit() as cursor:
        row = cursor.execute(
            "SELECT max_cost FROM askpress_indexversion WHERE state = 'building' AND unattended"
        ).fetchone()
    return (versions.in_state("building"), row[0]) if row else (None, None)


def why_still(version: IndexVersion) -> str:
    """Return why nobody goes on with the version, or ""."""
    with store.autocommit() as cursor:
        row = cursor.execute("SELECT error FROM askpress_indexversion WHERE id = %s", (version.id,)).fetchone()
    return str(row[0]) if row else ""
