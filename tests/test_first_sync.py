"""What `up` says of its first sync, read from the runs' rows."""

from __future__ import annotations

import io

import pytest
from django.conf import settings
from rich.console import Console

from askpress import sites
from askpress.commands import first_sync
from askpress.sync import runs


@pytest.fixture
def shown(db: None) -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def following(shown: io.StringIO) -> first_sync.FirstSync:
    return first_sync.FirstSync(
        settings.DATABASE_URL, 0, Console(file=shown, width=200), on_searchable=lambda title: None
    )


def run(*, added: int = 0, unchanged: int = 0) -> runs.Run:
    started = runs.start(sites.ensure("http://site.test").id, kind="reconcile")
    started.total = started.done = added + unchanged
    started.added, started.unchanged = added, unchanged
    return started


def test_the_first_sync_is_summed_up_though_another_followed_at_once(
    following: first_sync.FirstSync, shown: io.StringIO
) -> None:
    run(added=46).save(finished=True)
    run(unchanged=46).save(finished=True)
    run().save()

    following.tick()

    assert following.finished
    assert shown.getvalue() == "Synced 46 posts: 46 new, 0 changed, 0 unchanged, 0 removed, 0 failed.\n"


def test_a_run_whose_worker_died_gives_way_to_the_next(following: first_sync.FirstSync, shown: io.StringIO) -> None:
    run(added=5).save()
    run(added=7).save()

    following.tick()
    following.close()

    assert not following.finished
    assert shown.getvalue() == "Ingested 7 of 7 posts\n"
