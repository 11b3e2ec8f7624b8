"""Which address goes where."""

from __future__ import annotations

from django.urls import path

from askpress.api import audits, health, ingest, views

_search, _ask, _audit = views.SearchView.as_view(), views.AskView.as_view(), audits.AuditView.as_view()
_ingest = ingest.IngestView.as_view()

_documented = (
    path("v1/search", _search),
    path("v1/ask", _ask),
    path("v1/ingest", _ingest),
    path("v1/audit", _audit),
)
urlpatterns = [
    *_documented,
    # As the article has them, and for clients that end addresses with a slash.
    path("search", _search),
    path("ask", _ask),
    path("search/", _search),
    path("ask/", _ask),
    path("v1/search/", _search),
    path("v1/ask/", _ask),
    path("ingest", _ingest),
    path("ingest/", _ingest),
    path("v1/ingest/", _ingest),
    path("audit", _audit),
    path("audit/", _audit),
    path("v1/audit/", _audit),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("v1/openapi.json", views.openapi, {"patterns": _documented}),
    path("docs/api", views.documentation),
]
