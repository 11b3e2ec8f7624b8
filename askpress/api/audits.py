"""The door /audit: what the last audit found, and a wish for a new one. No request lists the site."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from askpress import tasks
from askpress.api import parsers, schema, serializers, views
from askpress.sync import audit


class AuditView(views.KeyedView):
    """The last stored audit of the site."""

    scope = "admin"

    @schema.AUDIT
    def get(self, request: Request) -> HttpResponse:
        asked = serializers.read(serializers.AUDIT, parsers.query(request._request))
        site = self.site(asked["site"])
        # HEAD comes here too, and asks for nothing to be done.
        queued = asked["run"] and request.method == "GET"
        if queued:
            tasks.defer_audit(site.id)
        last = audit.last(site.id)
        body = {"site": site.name, "audit": last.body() if last else None, "queued": queued}
        return views.json_response(body, status=202 if queued else 200)
