"""Writes an answer from what was found: by the language model where there is one, else in the site's own words."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

from django.conf import settings

from askpress import errors, logs
from askpress.answer import citations, context, events, foreign, phrases, prompt, quotes
from askpress.answer.asked import Asked
from askpress.answer.body import Draft
from askpress.answer.flight import Audience
from askpress.answer.speech import Speech
from askpress.answer.statements import Statements
from askpress.providers.contract import Completion, LanguageModel, Usage
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
    audience: Audience

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
        return (yield from self._generated(self.model, excerpts))

    def _generated(self, model: LanguageModel, excerpts: tuple[context.Excerpt, ...]) -> Telling:
        sources = citations.Sources(excerpts)
        statements = Statements(sources, self.speech, unverified=self.asked.options.unverified)
        completion = yield from self._heard(model, excerpts, statements)
        yield from statements.end()
        draft = Draft(usage=completion.usage, model=model.traits.model, dropped=statements.dropped)
        if self.speech.text:
            return draft if completion.outcome == "complete" else replace(draft, degraded="incomplete")
        if completion.outcome == "refused":
            return replace(draft, code="model_refused")
        if statements.found_nothing:
            return replace(draft, code="not_in_sources")
        logs.warning("no claim was proven", model=model.traits.model, outcome=completion.outcome)
        return (yield from self._quoted(excerpts, replace(draft, model="", degraded="extractive")))

    def _heard(
        self, model: LanguageModel, excerpts: tuple[context.Excerpt, ...], statements: Statements
    ) -> Generator[events.Event, None, Completion]:
        """Say what the model says as far as it is proven; return how it ended."""
        pieces = model.stream(
            instructions=prompt.INSTRUCTIONS,
            prompt=prompt.write(self.asked.question, excerpts, language=self.found.language),
            schema=prompt.SCHEMA,
            user=self.asked.user,
            call=self.audience.call,
        )
        completion = Completion(data=None, outcome="failed", usage=Usage())
        unheard: list[str] = []
        try:
            for piece in pieces:
                if isinstance(piece, Completion):
                    completion = piece
                    continue
                unheard.append(piece)
                if self.audience.reads_along:
                    yield from statements.hear("".join(unheard))
                    unheard.clear()
        except errors.ProviderError as error:
            if self.audience.call.ended:
                raise errors.Stopped("Nobody waits for the answer any more.") from None
            logs.warning("answer not generated", model=model.traits.model, reason=str(error))
        yield from statements.hear("".join(unheard))
        return completion

    def _quoted(self, excerpts: tuple[context.Excerpt, ...], draft: Draft | None = None) -> Telling:
        draft = draft or Draft()
        claims = quotes.quote(self.asked.question, excerpts, language=self.found.language, model=self.found.model)
        if not claims:
            return replace(draft, code="not_found")
        yield self.speech.say(phrases.quoted(self._language))
        for text, proof in claims:
            yield self.speech.say("\n\n")
            yield self.speech.cite(proof)
            yield self.speech.say(f"“{foreign.quoted(text)}”")
            yield self.speech.mark()
        return draft

    @property
    def _language(self) -> str:
        return phrases.spoken(self.found.language, site_language=self.asked.site.language)
