"""Writes an answer from what was found: by the language model where there is one, else in the site's own words."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

from django.conf import settings

from askpress import errors, logs
from askpress.answer import citations, context, events, phrases, prompt, quotes
from askpress.answer.asked import Asked
from askpress.answer.body import Draft
from askpress.answer.speech import Speech
from askpress.providers.contract import Completion, LanguageModel
from askpress.retrieval import retriever

# Says events while it works and returns how the answer came about.
Telling = Generator[events.Event, None, Draft]


@dataclass(frozen=True, slots=True)
class Writer:
    """One answer's writer."""

    asked: Asked
    found: retriever.Retrieval
    # None where quotes are all there is.
    model: LanguageModel | None
    speech: Speech

    def write(self) -> Telling:
        """Say the answer, or that there is none."""
        draft = yield from self._drafted()
        if draft.code:
            yield self.speech.say(phrases.not_found(self._language))
        return replace(draft, claims=tuple(self.speech.claims), degraded=draft.degraded or self.found.degraded)

    def _drafted(self) -> Telling:
        if not self.found.passages:
            return Draft(code="not_found")
        excerpts = context.build(self.found.passages, max_tokens=settings.CONTEXT_TOKENS)
        if self.model is None:
            return (yield from self._quoted(excerpts))
        try:
            completion = self._completion(self.model, excerpts)
        except errors.ProviderError as error:
            logs.warning("answer not generated", model=self.model.traits.model, reason=str(error))
            return (yield from self._quoted(excerpts, Draft(degraded="extractive")))
        return (yield from self._generated(completion, excerpts, self.model.traits.model))

    def _completion(self, model: LanguageModel, excerpts: tuple[context.Excerpt, ...]) -> Completion:
        return model.generate(
            instructions=prompt.INSTRUCTIONS,
            prompt=prompt.write(self.asked.question, excerpts, language=self.found.language),
            schema=prompt.SCHEMA,
            user=self.asked.user,
        )

    def _generated(self, completion: Completion, excerpts: tuple[context.Excerpt, ...], model: str) -> Telling:
        draft = Draft(usage=completion.usage, model=model)
        if completion.outcome == "refused":
            return replace(draft, code="model_refused")
        if completion.data is not None and completion.data.get("found") is False:
            return replace(draft, code="not_in_sources")
        claims = citations.verify(citations.read_claims(completion.data or {}), excerpts)
        if claims:
            yield from self._say(claims)
            return draft
        logs.warning("no claim was proven", model=model, outcome=completion.outcome)
        return (yield from self._quoted(excerpts, Draft(degraded="extractive", usage=completion.usage)))

    def _say(self, claims: list[citations.Verified]) -> Iterator[events.Event]:
        for claim in claims:
            if self.speech.text:
                yield self.speech.say(" ")
            yield self.speech.cite(claim)
            yield self.speech.say(claim.text)
            yield self.speech.mark()

    def _quoted(self, excerpts: tuple[context.Excerpt, ...], draft: Draft | None = None) -> Telling:
        draft = draft or Draft()
        claims = quotes.quote(self.asked.question, excerpts, language=self.found.language, model=self.found.model)
        if not claims:
            return replace(draft, code="not_found")
        yield self.speech.say(phrases.quoted(self._language))
        for claim in claims:
            yield self.speech.say("\n\n")
            yield self.speech.cite(claim)
            yield self.speech.say(f"“{claim.text}”")
            yield self.speech.mark()
        return draft

    @property
    def _language(self) -> str:
        return phrases.spoken(self.found.language, site_language=self.asked.site.language)
