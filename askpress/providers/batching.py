"""Many texts through an embedding model: packed, overlapped, paced, checked, and the one bad text found."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from askpress.errors import BadEmbedding, InputRejected, ProviderError, ProviderRefused, ProviderUnavailable
from askpress.providers import checks, patience
from askpress.providers.allowance import Pace
from askpress.providers.contract import EmbeddingModel, EmbeddingTraits, Vectors

# Inputs per request when many wait: large enough to be cheap, small enough that several run at once.
PREFERRED_INPUTS, FEWEST_INPUTS = 256, 32
# Garbage that comes back this often for the same texts is the texts', or the model's, doing.
MOST_GARBAGE = 3
# So many texts rejected before the first success: not the texts are at fault.
MOST_REJECTED = 16
# A person waits: enough to get over one hiccup.
QUERY_RETRY_SECONDS = 2.0
# How often a stop is looked for while requests run, in seconds.
_LOOK_SECONDS = 0.5

OnReply = Callable[[Sequence[int], Vectors], None]


def embed_all(
    model: EmbeddingModel,
    texts: Sequence[str],
    *,
    sizes: Sequence[int],
    on_reply: OnReply,
    retry_seconds: float,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    rng: random.Random | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> dict[int, ProviderError]:
    """Embed `texts` of `sizes` tokens; return what could not be embedded, by place.

    `on_reply` gets places and unit vectors (n × dimensions) of each reply, in the caller's thread, one at a time.
    Raises ProviderUnavailable or BadEmbedding after `retry_seconds`, ProviderRefused at once; what arrived until
    then was handed to `on_reply`. After `should_stop` no request is begun, and what is neither replied nor returned
    was not embedded.
    """
    run = _Run(
        model=model,
        texts=[checks.well_formed(text) for text in texts],
        on_reply=on_reply,
        patience=patience.Patience(retry_seconds, rng=rng),
        sleep=sleep,
        clock=clock,
        should_stop=should_stop or (lambda: False),
    )
    run.add(sizes)
    return run.finish()


def embed_query(model: EmbeddingModel, text: str) -> Vectors:
    """Return the unit vector of one question; what fails after more than two seconds is not tried again."""
    begun = time.monotonic()
    vectors = patience.patiently(
        lambda: checks.whole(model.embed([checks.well_formed(text)]), 1, model.traits),
        retry_seconds=QUERY_RETRY_SECONDS,
        over=lambda: time.monotonic() - begun > QUERY_RETRY_SECONDS,
    )
    if not checks.sound(vectors).all():
        raise BadEmbedding(f"{model.traits.model} returned a NaN, infinite or zero vector for the question.")
    vector: Vectors = checks.unit(vectors)[0]
    return vector


def pack(sizes: Sequence[tuple[int, int]], traits: EmbeddingTraits) -> Iterator[list[int]]:
    """Yield the places of (place, tokens) pairs in batches that keep the model's limits, in order."""
    overlapping = max(FEWEST_INPUTS, math.ceil(len(sizes) / traits.concurrency))
    most = min(traits.batch_inputs, PREFERRED_INPUTS, overlapping)
    batch: list[int] = []
    tokens = 0
    for place, size in sizes:
        if batch and (len(batch) == most or tokens + size > traits.batch_tokens):
            yield batch
            batch, tokens = [], 0
        batch.append(place)
        tokens += size
    if batch:
        yield batch


@dataclass(slots=True)
class _Batch:
    """Texts that go out together."""

    places: list[int]
    garbage: int = 0
    trial: patience.Trial | None = None
    ready_at: float = 0.0

    def halves(self) -> list[_Batch]:
        middle = len(self.places) // 2
        return [_Batch(self.places[:middle]), _Batch(self.places[middle:])]


class _Run:
    """One call of embed_all; all its state changes in the caller's thread."""

    def __init__(
        self,
        *,
        model: EmbeddingModel,
        texts: list[str],
        on_reply: OnReply,
        patience: patience.Patience,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
        should_stop: Callable[[], bool],
    ) -> None:
        self.model = model
        self.texts = texts
        self.on_reply = on_reply
        self.patience = patience
        self.sleep = sleep
        self.clock = clock
        self.should_stop = should_stop
        self.sizes: Sequence[int] = ()
        self.waiting: deque[_Batch] = deque()
        self.running: dict[Future[Vectors], _Batch] = {}
        self.failed: dict[int, ProviderError] = {}
        self.embedded = self.rejected = 0
        self.fatal: Exception | None = None
        concurrency = model.traits.concurrency
        self.pace = Pace(most=concurrency, allowed=concurrency)

    def add(self, sizes: Sequence[int]) -> None:
        self.sizes = sizes
        good = []
        for place, (text, size) in enumerate(zip(self.texts, sizes, strict=True)):
            error = checks.unsendable(text, size, self.model.traits)
            if error:
                self.failed[place] = error
            else:
                good.append((place, size))
        self.waiting.extend(_Batch(places) for places in pack(good, self.model.traits))

    def finish(self) -> dict[int, ProviderError]:
        with ThreadPoolExecutor(self.pace.most, thread_name_prefix="embedding") as threads:
            while self._goes_on() or self.running:
                self._begin(threads)
                self._await()
        if self.fatal:
            raise self.fatal
        return self.failed

    def _goes_on(self) -> bool:
        return bool(self.waiting) and self.fatal is None and not self.should_stop()

    def _begin(self, threads: ThreadPoolExecutor) -> None:
        while len(self.running) < self.pace.allowed and self._goes_on() and self._idle_seconds() <= 0:
            batch = self.waiting.popleft()
            texts = [self.texts[place] for place in batch.places]
            self.running[threads.submit(self._request, texts)] = batch

    def _request(self, texts: list[str]) -> Vectors:
        return checks.whole(self.model.embed(texts), len(texts), self.model.traits)

    def _idle_seconds(self) -> float:
        """Seconds until the next waiting batch may go out; the waiting are kept with the soonest first."""
        told = max(self.waiting[0].ready_at, self.pace.paused_until) - self.clock()
        # What runs may not have been counted by the provider when it said what is left.
        out = [self.waiting[0], *self.running.values()]
        tokens = sum(self.sizes[place] for batch in out for place in batch.places)
        return max(told, self.model.wait_seconds(requests=len(out), tokens=tokens))

    def _await(self) -> None:
        if self.running:
            done, _ = wait(self.running, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                self._settle(self.running.pop(future), future)
        elif self._goes_on():
            self.sleep(min(max(self._idle_seconds(), 0.0), _LOOK_SECONDS))

    def _settle(self, batch: _Batch, future: Future[Vectors]) -> None:
        try:
            self._accept(batch, future.result())
        except ProviderUnavailable as error:
            self._again(batch, error)
            self.pace.slow(batch.ready_at)
        except InputRejected as error:
            self._divide(batch, error)
        except BadEmbedding as error:
            self._doubt(batch, error)
        except ProviderRefused as error:
            self.fatal = self.fatal or error

    def _accept(self, batch: _Batch, vectors: Vectors) -> None:
        self.pace.succeeded()
        sound = checks.sound(vectors)
        good = list(itertools.compress(batch.places, sound))
        if good:
            self.embedded += len(good)
            self.on_reply(good, checks.unit(vectors[sound]))
        if len(good) < len(batch.places):
            bad = _Batch(list(itertools.compress(batch.places, ~sound)), batch.garbage, batch.trial)
            what = f"{self.model.traits.model} returned NaN, infinite or zero vectors for {len(bad.places)} texts."
            self._doubt(bad, BadEmbedding(what))

    def _doubt(self, batch: _Batch, error: BadEmbedding) -> None:
        batch.garbage += 1
        if batch.garbage < MOST_GARBAGE:
            self._again(batch, error)
        elif isinstance(error, checks.WrongDimensions):
            self.fatal = self.fatal or error
        else:
            self._divide(batch, error)

    def _divide(self, batch: _Batch, error: ProviderError) -> None:
        if len(batch.places) > 1:
            self.waiting.extendleft(reversed(batch.halves()))
            return
        self.failed[batch.places[0]] = error
        self.rejected += 1
        if not self.embedded and self.rejected >= MOST_REJECTED:
            self.fatal = self.fatal or ProviderRefused(
                f"The first {self.rejected} texts were all rejected. The last: {error}"
            )

    def _again(self, batch: _Batch, error: ProviderUnavailable | BadEmbedding) -> None:
        batch.trial = batch.trial or self.patience.begin(self.clock())
        seconds = batch.trial.seconds_to_wait(error, now=self.clock())
        if seconds is None:
            self.fatal = self.fatal or error
            return
        batch.ready_at = self.clock() + seconds
        self.waiting.append(batch)
        self.waiting = deque(sorted(self.waiting, key=lambda waiting: waiting.ready_at))
