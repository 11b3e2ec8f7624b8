"""A question as retrieval needs it: understood without what was said before."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

from django.conf import settings

from askpress import errors, logs
from askpress.answer import followup
from askpress.answer.asked import Asked
from askpress.providers.contract import Call, LanguageModel, Usage
from askpress.text import language


@dataclass(frozen=True, slots=True)
class Alone:
    """The question that stands alone."""

    asked: Asked
    # What it cost to put it so.
    usage: Usage = field(default_factory=Usage)


def without_needless_history(asked: Asked) -> Asked:
    """Return what is asked with the turns that play a part in it: none where the question needs none."""
    if not asked.history:
        return asked
    turns = followup.kept(asked.history)
    needed = any(turn.role == "user" for turn in turns) and followup.leans(asked.question, languages=_languages(asked))
    return dataclasses.replace(asked, history=turns if needed else ())


def alone(asked: Asked, model: LanguageModel | None, call: Call) -> Alone:
    """Return the question put so that it stands alone, by the model, or without one with words of the turns before.

    Raises Stopped when the call was ended meanwhile: nobody waits for the answer.
    """
    if not asked.history:
        return Alone(asked)
    text, usage = _rephrased(asked, model, call) if model else ("", Usage())
    text = text or followup.joined(asked.question, asked.history, languages=_languages(asked))
    # What is joined ends with the question: what was said before gives way to it.
    return Alone(dataclasses.replace(asked, question=text[-settings.QUESTION_MAX_CHARS :], history=()), usage)


def together(one: Usage, other: Usage) -> Usage:
    """Return what two calls used; of unknown cost when one of them that was made is, free when none was."""
    costs = [usage.cost for usage in (one, other) if usage != Usage()]
    return Usage(
        input_tokens=one.input_tokens + other.input_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        cost=None if None in costs else sum((cost for cost in costs if cost is not None), 0.0),
    )


def _rephrased(asked: Asked, model: LanguageModel, call: Call) -> tuple[str, Usage]:
    try:
        completion = model.generate(
            instructions=followup.INSTRUCTIONS,
            prompt=followup.write(asked.question, asked.history),
            schema=followup.SCHEMA,
            user=asked.user,
            call=call,
        )
    except errors.ProviderError as error:
        if call.ended:
            raise errors.Stopped("Nobody waits for the answer any more.") from None
        logs.warning("follow-up not rephrased", model=model.traits.model, reason=str(error))
        return "", Usage()
    return followup.read(completion.data, max_chars=settings.QUESTION_MAX_CHARS), completion.usage


def _languages(asked: Asked) -> list[str]:
    """Languages that the question may be in: a short one does not tell its own."""
    last = next((turn.content for turn in reversed(asked.history) if turn.role == "user"), "")
    found = [language.detect(asked.question), language.detect(last), asked.site.language[:2].lower()]
    return [code for code in dict.fromkeys(found) if code]
