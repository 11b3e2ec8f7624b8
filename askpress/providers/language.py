"""A language model behind the Responses API, or behind chat completions where a server has only that."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Generator, Iterator
from typing import Any

from askpress.errors import InputRejected, ProviderError, ProviderRefused
from askpress.providers import dialects, listening, prices, refusals
from askpress.providers.contract import Call, Completion, LanguageModel, LanguageTraits, Usage
from askpress.providers.openai import Server

# A token has about four characters, of German compounds ten: who sends more does not keep to max_output_tokens.
_MAX_CHARS_PER_TOKEN = 16

# Text as it comes, and what came of it.
_Pieces = Generator[str, None, dialects.Reply]


class OpenAILanguage(LanguageModel):
    """Writes answers; which dialect the server understands is found out by asking."""

    def __init__(
        self,
        model: str,
        *,
        base_url: str,
        api_key: str,
        timeout_seconds: float,
        max_output_tokens: int,
    ) -> None:
        self.traits = LanguageTraits(provider="openai", model=model)
        self._server = Server(base_url=base_url, api_key=api_key, timeout_seconds=timeout_seconds)
        self._max_output_tokens = max_output_tokens
        self._temperature = 0.0 if dialects.takes_temperature(model) else None
        self._streams = True
        self._known = tuple(
            dialect for dialect in dialects.DIALECTS if dialect.path == "/responses" or not self._server.is_openai
        )
        # What the server was found to understand; tried in order until one is answered, then kept while it is.
        self._dialects = self._known
        self._limit_name = "max_tokens"

    def stream(
        self, *, instructions: str, prompt: str, schema: dict[str, Any], user: str, call: Call | None = None
    ) -> Iterator[str | Completion]:
        order = dialects.Order(
            model=self.traits.model,
            instructions=instructions,
            prompt=prompt,
            schema=schema,
            user=user,
            max_output_tokens=self._max_output_tokens,
            temperature=self._temperature,
            limit_name=self._limit_name,
        )
        reply = yield from self._ask(order, call or Call())
        yield self._completion(reply)

    def close(self) -> None:
        self._server.close()

    def _ask(self, order: dialects.Order, call: Call) -> _Pieces:
        refusal: ProviderError | None = None
        reply: dialects.Reply | None = None
        missing: set[str] = set()
        usage = Usage()
        for dialect in self._dialects:
            if dialect.path in missing:
                continue
            try:
                reply = yield from _from_the_brace(self._reply(dialect, order, call))
            except (refusals.NotUnderstood, InputRejected) as error:
                refusal = refusal or error
                missing |= {dialect.path} if isinstance(error, refusals.NotUnderstood) else set()
                continue
            usage = _sum(usage, reply.usage)
            # Some servers take a schema and ignore it: only an object proves that a dialect is understood. Of those
            # that were all answered in prose the last is kept: it says the most about what is wanted.
            is_prose = reply.outcome == "complete" and reply.text != "" and dialects.json_object(reply.text) is None
            if reply.text and (not is_prose or dialect is self._dialects[-1]):
                self._dialects = (dialect,)
            # What has begun to be said cannot be asked for in another way.
            if not is_prose or "{" in reply.text:
                break
        if reply is None and _is_of_the_way(refusal) and self._dialects != self._known:
            # Another server stands at the address now.
            self._dialects = self._known
            return (yield from self._ask(order, call))
        if reply is None:
            raise ProviderRefused(str(refusal))
        return dataclasses.replace(reply, usage=usage)

    def _reply(self, dialect: dialects.Dialect, order: dialects.Order, call: Call) -> _Pieces:
        """Ask without what the server turns out not to take; such refusals come before the first piece."""
        while True:
            try:
                return (yield from self._pieces(dialect, order, call))
            except InputRejected as error:
                # Behind a name of the owner's own, as on Azure, may be a model that takes none.
                if order.temperature is not None and "temperature" in str(error):
                    self._temperature = None
                    order = dataclasses.replace(order, temperature=None)
                elif order.limit_name == "max_tokens" and "max_completion_tokens" in str(error):
                    self._limit_name = "max_completion_tokens"
                    order = dataclasses.replace(order, limit_name=self._limit_name)
                elif self._streams and "stream" in str(error):
                    self._streams = False
                else:
                    raise

    def _pieces(self, dialect: dialects.Dialect, order: dialects.Order, call: Call) -> _Pieces:
        body = dialect.body(order) | (dialect.streaming if self._streams else {})
        heard, length = listening.listener(dialect), 0
        longest = _MAX_CHARS_PER_TOKEN * order.max_output_tokens
        with contextlib.closing(self._server.stream(dialect.path, body, call)) as events:
            for event in events:
                piece = heard.hear(event)
                length += len(piece)
                if length > longest:
                    whole = heard.reply()
                    return dialects.Reply("", "incomplete", whole.usage if whole else Usage())
                if piece:
                    yield piece
                    call.rest()
        reply = heard.reply()
        if reply is None or reply.outcome == "failed":
            raise self._server.failed(reply.failure if reply else "the reply has no end")
        return reply

    def _completion(self, reply: dialects.Reply) -> Completion:
        usage = Usage(
            reply.usage.input_tokens,
            reply.usage.cached_tokens,
            reply.usage.output_tokens,
            cost=prices.completion_cost(self.traits.model, reply.usage),
        )
        if reply.outcome != "complete":
            return Completion(data=None, outcome=reply.outcome, usage=usage)
        data = dialects.json_object(reply.text)
        return Completion(data=data, outcome="empty" if data is None else "complete", usage=usage)


def _is_of_the_way(refusal: ProviderError | None) -> bool:
    """True when the server has no such route, or takes no such form of reply; not when the prompt is to blame."""
    return isinstance(refusal, refusals.NotUnderstood) or "schema" in str(refusal) or "format" in str(refusal)


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        one.input_tokens + other.input_tokens,
        one.cached_tokens + other.cached_tokens,
        one.output_tokens + other.output_tokens,
    )


def _from_the_brace(pieces: _Pieces) -> _Pieces:
    """Hold back what comes before an object: prose, where a server does not know the dialect, thoughts, or a fence."""
    begun, held = False, ""
    with contextlib.closing(pieces):
        while True:
            try:
                piece = next(pieces)
            except StopIteration as end:
                reply: dialects.Reply = end.value
                return reply
            if begun:
                yield piece
                continue
            held = dialects.after_thoughts(held + piece)
            if held.startswith("{"):
                begun = True
                yield held
