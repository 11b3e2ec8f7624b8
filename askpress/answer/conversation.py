"""Conversations that a client names instead of sending what was said: only where the owner has questions kept."""

from __future__ import annotations

import dataclasses
import uuid

from django.conf import settings

from askpress.answer import followup, redaction
from askpress.answer.asked import Asked
from askpress.answer.followup import Turn
from askpress.retrieval import store

_EARLIER = """
SELECT question FROM askpress_answer
WHERE site_id = %s AND conversation = %s AND key IS NOT DISTINCT FROM %s
ORDER BY created_at DESC
LIMIT %s
"""
# A turn of its own row: an answer that is remembered or shared has one record and many who asked.
_SAID = """
INSERT INTO askpress_answer (id, site_id, key, created_at, question, conversation, language, model, made_with, passages,
    checks, usage)
VALUES (%s, %s, %s, clock_timestamp(), %s, %s, '', '', '{}', '[]', '{"citations": []}', '{}')
"""


def continued(asked: Asked) -> Asked:
    """Return what is asked with the earlier questions of its conversation, and keep it for the next one.

    A conversation belongs to the key and the site. What the client itself sends as history counts instead.
    """
    if not asked.conversation or not settings.KEEP_QUESTIONS:
        return asked
    whose = (asked.site.id, asked.conversation, asked.key)
    with store.autocommit() as cursor:
        earlier = cursor.execute(_EARLIER, (*whose, followup.MOST_TURNS), prepare=True).fetchall()
        said = redaction.redact(asked.question)
        cursor.execute(_SAID, (uuid.uuid4(), asked.site.id, asked.key, said, asked.conversation), prepare=True)
    turns = tuple(Turn("user", question) for (question,) in reversed(earlier))
    return dataclasses.replace(asked, history=asked.history or turns, conversation="")
