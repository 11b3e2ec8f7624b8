"""FakeWordPress: the sample site's server, empty and with faults, as one object for tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from askpress.sample import SampleSite, Server, serve
from askpress.sample.exchange import Request
from askpress.sample.faults import Faults


class FakeWordPress(SampleSite):
    """`add`, `edit`, `delete` change the site, `faults` spoil its answers, `requests` tells what came."""

    server: Server

    @classmethod
    def served(cls, **options: Any) -> FakeWordPress:
        """Return an empty site on a free port; `options` are those of `serve`."""
        site = cls.empty()
        assert isinstance(site, cls)
        site.server = serve(site, **{"poll_seconds": 0.01, **options})
        return site

    def renewed(self) -> FakeWordPress:
        """Return an empty site without faults at the same address; this one is served no more."""
        fresh = type(self).empty()
        assert isinstance(fresh, FakeWordPress) and self.server._httpd
        fresh.server = Server(fresh, self.server.origin, "", _httpd=self.server._httpd)
        self.server._httpd.served = fresh.server
        return fresh

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def faults(self) -> Faults:
        return self.server.faults

    @property
    def requests(self) -> list[Request]:
        return self.server.requests

    def asked(self, text: str) -> list[Request]:
        """Return the requests with `text` in their decoded path and query."""
        return self.server.asked(text)


def new_browser() -> httpx2.Client:
    """Return a client for requests of a test's own; certificates would take longer to load than it needs."""
    return httpx2.Client(verify=False, timeout=5)


@pytest.fixture
def site() -> Iterator[FakeWordPress]:
    """An empty site on loopback, closed after the test."""
    fake = FakeWordPress.served()
    yield fake
    fake.server.close()
