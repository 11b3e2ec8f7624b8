"""The trip of a question: cache, retrieve, prompt, generate, verify, cite."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from askpress import logs
from askpress.answer import (
    body,
    budget,
    cache,
    conversation,
    events,
    followup,
    keeping,
    means,
    phrases,
    prompt,
    record,
    replay,
    sharing,
    staleness,
    standalone,
    writing,
)
from askpress.answer.asked import Asked
from askpress.answer.body import Draft, Said
from askpress.answer.flight import Audience
from askpress.answer.means import Means
from askpress.answer.speech import Speech
from askpress.providers.contract import LanguageModel
from askpress.retrieval import retriever

# Enough for the context budget at either chunk size.
PASSAGES = 12
# Answers that begin at once leave half of the connections to searches, which are soon done.
_turn = threading.BoundedSemaphore(max(1, settings.DATABASE_POOL_SIZE // 2))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the API gives it."""

    body: dict[str, Any]


def ask(asked: Asked) -> Answer:
    """Answer from the site's own words or say honestly that they do not answer: what `tell` says at last.

    Raises NoLiveIndex and StoreUnavailable; a provider that fails makes the answer extractive, never an error.
    """
    return Answer(sharing.awaited(tell(asked)))


def ask_json(asked: Asked, *, listens: Callable[[], bool], looked: cache.Looked | None = None) -> bytes:
    """Return what `ask` does as JSON; an answer that was kept is sent as it was stored.

    `looked` is what the answer cache was found to have under the name that `entry` gave. Raises Stopped once nobody
    `listens` any more, and pays for no more of it.
    """
    asked = standalone.without_needless_history(conversation.continued(asked))
    name = (looked and looked.name) or _name(asked, language_model())
    stored = _stored(asked, name, looked)
    if stored is not None:
        logs.info("answer given", cached=True)
        return stored
    return body.as_json(sharing.awaited(_shared(asked, name, whole=True), listens=listens))


def tell(asked: Asked, *, looked: cache.Looked | None = None) -> sharing.Telling:
    """Yield the answer's events as they happen, Done last; raises as `ask` does, before the first or after it."""
    asked = standalone.without_needless_history(conversation.continued(asked))
    name = (looked and looked.name) or _name(asked, language_model())
    stored = _recalled(asked, name, looked)
    if stored is not None:
        logs.info("answer given", cached=True, id=stored["id"])
        yield from replay.told(stored)
    else:
        yield from _shared(asked, name)


def entry(asked: Asked) -> str:
    """Return the name under which the answer may be kept, "" where that shows only on the way."""
    return "" if asked.history or asked.conversation else _name(asked, language_model())


def is_remembered(asked: Asked) -> bool:
    """True when the answer would be given again and cost nothing."""
    return _stored(asked, _name(standalone.without_needless_history(asked), language_model())) is not None


def language_model() -> LanguageModel | None:
    """Return the configured language model, None when quotes are all there is."""
    return means.configured(settings.LANGUAGE_MODEL)


def _shared(asked: Asked, name: str, *, whole: bool = False) -> sharing.Telling:
    """Answer anew, once for all who ask it now; who asks after a change of the site does not share what was before."""
    # Its corpus version is of before retrieval: what changes from here on makes a refusal's entry dead on arrival.
    given = means.choose(budget.Account(asked.site.id, asked.key), asked.question)
    if not asked.options.remember:
        return _paid(asked, given, name, Audience())
    return sharing.shared(
        _flight(asked, given, name),
        lambda audience: _paid(asked, given, name, audience),
        entry=name,
        read=lambda raw: _stored(asked, name, cache.Looked(name, raw)),
        whole=whole,
    )


def _flight(asked: Asked, given: Means, name: str) -> str:
    """Return what those who share an answer have in common; nobody gets less because another's budget is used up."""
    return f"{name}:{given.corpus_version}:{asked.options.max_staleness}:{given.degraded}"


def _paid(asked: Asked, given: Means, name: str, audience: Audience) -> sharing.Telling:
    """Answer anew with what today's budgets pay for, in the time that an answer may take."""
    audience.call.end_within(settings.ANSWER_TIMEOUT_SECONDS)
    stored = None
    if given.degraded == "small_model":
        # What the smaller model wrote is kept apart: tomorrow the full one answers again.
        name = _name(asked, given.model)
        stored = _recalled(asked, name)
    with budget.counted(given.tab):
        yield from replay.told(stored) if stored is not None else _fresh(asked, given, name, audience)


def _name(asked: Asked, model: LanguageModel | None) -> str:
    return cache.key(
        asked.question,
        history=[[turn.role, turn.content] for turn in asked.history],
        rephrasing=followup.VERSION if asked.history else 0,
        site=asked.site.instance,
        language_model=model.traits.model if model else "extractive",
        unverified=asked.options.unverified,
        retrieved=asked.options.retrieved,
        embedding_floor=settings.EVIDENCE_COSINE,
        coverage_floor=settings.EVIDENCE_COVERAGE,
        context_tokens=settings.CONTEXT_TOKENS,
        prompt=prompt.VERSION,
        audience="anonymous",
        narrowed=asked.narrowed.texts,
        reranker=f"{settings.RERANK_PROVIDER} {settings.RERANK_MODEL} {settings.RERANK_BASE_URL}",
    )


def _recalled(asked: Asked, name: str, looked: cache.Looked | None = None) -> dict[str, Any] | None:
    stored = _stored(asked, name, looked)
    return None if stored is None else dict(json.loads(stored))


def _stored(asked: Asked, name: str, looked: cache.Looked | None = None) -> bytes | None:
    """Return the stored answer while it holds, as JSON; as of now, since all it rests on is as it was."""
    kept = cache.fetch(name, site_id=asked.site.id, looked=looked) if asked.options.remember else None
    if kept is None:
        return None
    stated = {"as_of": body.iso(asked.site.reconciled_at), **_proven(asked, kept.document_versions)}
    return kept.body[:-1] + b"," + body.as_json(stated)[1:]


def _proven(asked: Asked, versions: Sequence[int]) -> dict[str, str | None]:
    """Return since when the contents are known to be the site's, where that was demanded; raises Stale."""
    if asked.options.max_staleness is None:
        return {}
    return {"checked_at": body.iso(staleness.prove(asked.site, versions, max_seconds=asked.options.max_staleness))}


def _fresh(asked: Asked, given: Means, name: str, audience: Audience) -> sharing.Telling:
    site = asked.site
    rephrasing = means.rephrasing(budget.Account(site.id, asked.key)) if given.model else None
    alone = standalone.alone(asked, rephrasing, audience.call)
    found = _found(alone.asked, given)
    proven = _proven(asked, [passage.document_version for passage in found.passages])
    meta = events.Meta(id=str(uuid.uuid4()), cached=False, language=found.language, as_of=body.iso(site.reconciled_at))
    yield meta
    speech = Speech()
    draft = yield from _told(alone.asked, found, given, speech, audience)
    draft = replace(draft, usage=standalone.together(alone.usage, draft.usage))
    said = Said(speech.text, speech.sources, speech.citations)
    written = body.write(draft, said, found, id=meta.id, as_of=meta.as_of) | proven
    if asked.options.retrieved:
        written["retrieved"] = body.unused(found.passages, draft.claims)
    keeping.keep(asked, name, written, draft, found, corpus=given.corpus_version)
    if asked.options.remember:
        record.keep(asked, alone.asked, written, found, given, dropped=draft.dropped)
    body.log(written)
    yield from replay.ending(written)


def _found(asked: Asked, given: Means) -> retriever.Retrieval:
    return retriever.retrieve(
        asked.question,
        site_id=asked.site.id,
        site_language=asked.site.language,
        k=PASSAGES,
        narrowed=asked.narrowed,
        operators=False,
        mode="keyword" if given.degraded == "search_only" else "hybrid",
        turn=_turn,
    )


def _told(
    asked: Asked, found: retriever.Retrieval, given: Means, speech: Speech, audience: Audience
) -> Generator[events.Event, None, Draft]:
    """Say the answer by the means that are given, and say what it lacks because of them."""
    if given.degraded == "search_only" and found.passages:
        yield speech.say(phrases.search_only(phrases.spoken(found.language, site_language=asked.site.language)))
        return Draft(code="over_budget", degraded=given.degraded)
    draft = yield from writing.Writer(asked, found, given.model, speech, audience).write()
    if draft.code == "not_found":
        return draft
    return replace(draft, degraded=means.worse(draft.degraded, given.degraded))
