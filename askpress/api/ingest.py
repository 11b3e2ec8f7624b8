"""The door /ingest: word that a post changed, from the site's plugin or whoever has a key; followed up by a worker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from askpress import edits, webhooks
from askpress.api import middleware, parsers, problems, schema, serializers, views
from askpress.wordpress import signature

_EXAMPLE = '{"post_id": 7}'
_HEADERS = ("HTTP_WEBHOOK_ID", "HTTP_WEBHOOK_TIMESTAMP", "HTTP_WEBHOOK_SIGNATURE")
# What a log says instead of a key's number.
_SIGNED = "webhook"


class IngestView(views.KeyedView):
    """Stores that a post is to be looked at; a signature by the site's secret takes the place of a key."""

    scope = "ingest"
    raw: bytes
    # The site whose secret signed the request; None with a key.
    signer: int | None = None
    message_id = ""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Ask for a signature or a key; no limit holds up a site, whose thousand edits are stored as they come."""
        problems.refuse_method(request._request, *self.allowed_methods)
        if request.method == "OPTIONS":
            return
        self.raw = parsers.body(request._request)
        signed = _signed(request._request)
        if signed is None:
            super().initial(request, *args, **kwargs)
            return
        valid = webhooks.valid()
        secret = signature.verify(self.raw, signed, valid=valid, now=dt.datetime.now(dt.UTC))
        self.signer, self.message_id = valid[secret], signed.id
        request._request.META[middleware.KEY_ID] = _SIGNED

    @schema.INGEST
    def post(self, request: Request) -> HttpResponse:
        asked = serializers.read(serializers.INGEST, parsers.members(self.raw, example=_EXAMPLE))
        site_id = self._site(asked["site"])
        job = webhooks.taken(site_id, self.message_id) if self.message_id else None
        if job is not None:
            return _stored(edits.Queued(job, duplicate=True))
        queued = edits.queue(_edit(asked, site_id))
        if self.message_id:
            # Only now: a message that was remembered and not stored would be lost.
            webhooks.remember(site_id, self.message_id, job=queued.job)
        return _stored(queued)

    def _site(self, named: str) -> int:
        """Return the site that is meant; raises Problem when that is not one the caller may speak for."""
        known = {site.id: site.name for site in views.known_sites()}
        if self.signer is not None:
            if named not in ("", known.get(self.signer)):
                raise problems.Problem(problems.MISSING_SCOPE, "The secret is another site's.")
            return self.signer
        own = [name for site_id, name in known.items() if self.key.sites is None or site_id in self.key.sites]
        if not named and len(own) > 1:
            detail = f"Say which of your sites is meant: {', '.join(own)}."
            fields = [problems.FieldError("#/site", detail)]
            raise problems.Problem(problems.INVALID_REQUEST, f"#/site: {detail}", fields=fields)
        return self.site(named).id


def _signed(request: HttpRequest) -> signature.Signed | None:
    """Return the headers of a webhook, None when the request has none of them."""
    given = [str(request.META.get(name, "")) for name in _HEADERS]
    return signature.Signed(*given) if any(given) else None


def _edit(asked: Mapping[str, Any], site_id: int) -> edits.Edit:
    return edits.Edit(
        site_id,
        asked["post_id"],
        type=asked["type"],
        modified_at=asked["modified_gmt"],
        deleted=asked["event"] == "delete",
    )


def _stored(queued: edits.Queued) -> HttpResponse:
    return views.json_response({"job": queued.job, "duplicate": queued.duplicate}, status=202)
