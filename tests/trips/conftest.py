"""What the trips stand on: the service before its first sync, and a bakery that is in the index."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.openai import FakeOpenAI
from tests.fakes.wordpress import FakeWordPress
from tests.trips.bakery import bakery as bakery
from tests.trips.bakery import ingested as ingested
from tests.trips.service import Service as Service
from tests.trips.service import served as served


@pytest.fixture
def service(db: None, site: FakeWordPress, openai_server: FakeOpenAI) -> Iterator[Service]:
    """The service before its first sync."""
    with served(site, openai_server) as service:
        yield service
