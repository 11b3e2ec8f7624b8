"""The doors /search and /ask: who asks, how often, for what; the trips do the rest."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from rest_framework.request import Request
from rest_framework.views import APIView

from askpress import keys, sites
from askpress.answer import ask, cache, staleness
from askpress.answer import body as answers
from askpress.answer.asked import Asked, Options
from askpress.api import (
    authentication,
    middleware,
    parsers,
    problems,
    schema,
    serializers,
    streaming,
    throttling,
)
from askpress.retrieval import lately, listing
from askpress.retrieval.listing import Place, Wanted
from askpress.retrieval.passage import Passage

_READING = ("GET", "HEAD", "OPTIONS")

known_sites = lately.Lately(sites.every)


class KeyedView(APIView):
    """A view for those with a key; replies are JSON, whatever Accept asks for."""

    # What a key must be good for.
    scope = ""
    key: keys.Key

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Ask once for method, key, limit and scope; content negotiation has nothing to choose from."""
        problems.refuse_method(request._request, *self.allowed_methods)
        if request.method == "OPTIONS":
            return
        self.key = authentication.authenticate(request._request)
        request._request.META[middleware.KEY_ID] = self.key.id
        self.admit(request)

    def admit(self, request: Request) -> None:
        """Let pass who is within his limit and whose key is good for this; raises Problem."""
        self.count()
        authentication.require_scope(self.key, self.scope)

    def count(self, *, name: str = "") -> bytes | None:
        """Count the request and return what Redis holds under `name`; raises Problem at the limit."""
        verdict, stored = throttling.take_and_get(self.key, limit=settings.REQUESTS_PER_MINUTE, name=name)
        self.headers |= verdict.headers
        if not verdict.allowed:
            raise throttling.refusal(verdict)
        return stored

    def options(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        """Say which methods there are, to anybody: a browser asks before it sends a key."""
        return methods_named()

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {"Allow": ", ".join(self.allowed_methods), "Vary": "Authorization, X-API-Key"}

    def site(self, named: str) -> sites.Site:
        """Return the site to answer for, "" for the key's first; raises Problem when the key is for another."""
        return authentication.site_for(self.key, named, known=known_sites())


class SearchView(KeyedView):
    """Passages of the site that fit a query."""

    scope = "search"

    @schema.SEARCH_BY_ADDRESS
    def get(self, request: Request) -> HttpResponse:
        given = parsers.query(request._request)
        return self._reply(serializers.read(serializers.SEARCH_BY_ADDRESS, given))

    @schema.SEARCH
    def post(self, request: Request) -> HttpResponse:
        given = parsers.json_object(request._request)
        return self._reply(serializers.read(serializers.SEARCH, given))

    def _reply(self, asked: Mapping[str, Any]) -> HttpResponse:
        site = self.site(asked["site"])
        page = listing.search_page(_wanted(asked), _place(site))
        return json_response({**page.body, **_proven(site, page.passages, asked["max_staleness"])})


class AskView(KeyedView):
    """An answer in the site's own words, with its sources."""

    scope = "ask"
    asked: Asked
    streamed: bool
    looked: cache.Looked

    def admit(self, request: Request) -> None:
        """Look into the answer cache on the same trip that counts the request."""
        name = ""
        try:
            authentication.require_scope(self.key, self.scope)
            self.asked, self.streamed = self._read(request)
            name = ask.entry(self.asked)
        finally:
            # What is refused counts as well.
            stored = self.count(name=name)
        self.looked = cache.Looked(name, stored)

    def _read(self, request: Request) -> tuple[Asked, bool]:
        given = serializers.read(serializers.ASK, parsers.json_object(request._request))
        asked = Asked(
            given["q"],
            site=self.site(given["site"]),
            user=self.key.alias,
            key=self.key.id,
            history=given["history"],
            conversation=given["conversation_id"],
            narrowed=given["narrowed"],
            options=Options(
                unverified=given["unverified"], retrieved=given["retrieved"], max_staleness=given["max_staleness"]
            ),
        )
        return asked, streaming.wanted(request._request, given["stream"])

    @schema.ASK
    def post(self, request: Request) -> HttpResponseBase:
        if self.streamed:
            return streaming.response(ask.tell(self.asked, looked=self.looked), path=request.path)
        listens = functools.partial(streaming.listens, request._request)
        answer = ask.ask_json(self.asked, listens=listens, looked=self.looked)
        return HttpResponse(answer, content_type="application/json")


def methods_named(*methods: str) -> HttpResponse:
    """Return the reply to OPTIONS: nothing, of no type."""
    reply = HttpResponse(status=204, headers={"Allow": ", ".join(methods)} if methods else {})
    del reply.headers["Content-Type"]
    return reply


def open_to_all(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let the function answer GET and HEAD; nobody needs a key."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        problems.refuse_method(request, *_READING)
        return methods_named(*_READING) if request.method == "OPTIONS" else view(request, *args, **kwargs)

    return answer


@open_to_all
def openapi(request: HttpRequest, patterns: tuple[URLPattern, ...]) -> HttpResponseBase:
    """Return the OpenAPI document of the addresses in `patterns`."""
    return HttpResponse(schema.document(patterns), content_type="application/json")


@open_to_all
def documentation(request: HttpRequest) -> HttpResponseBase:
    """Return docs/api.md, to which every problem's type points."""
    path = settings.BASE_DIR / "docs" / "api.md"
    if not path.is_file():
        raise Http404
    return HttpResponse(path.read_bytes(), content_type="text/markdown; charset=utf-8")


def json_response(body: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    return HttpResponse(answers.as_json(body), status=status, content_type="application/json")


def _wanted(asked: Mapping[str, Any]) -> Wanted:
    return Wanted(
        asked["q"],
        k=asked["k"],
        narrowed=asked["narrowed"],
        mode=asked["mode"],
        by_document=asked["group"] == "document",
        neighbours=asked["neighbours"],
        explain=asked["explain"],
        details=asked["details"],
        cursor=asked["cursor"] or "",
    )


def _place(site: sites.Site) -> Place:
    return Place(site.id, site.language, site.instance, site.corpus_version)


def _proven(site: sites.Site, passages: Sequence[Passage], max_staleness: int | None) -> dict[str, str]:
    """Say since when the passages are known to be the site's, where that was demanded; raises Stale."""
    if max_staleness is None:
        return {}
    versions = [passage.document_version for passage in passages]
    return {"checked_at": staleness.prove(site, versions, max_seconds=max_staleness).isoformat()}
