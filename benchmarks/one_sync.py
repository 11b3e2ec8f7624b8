"""`python -m benchmarks.one_sync`: the sync a worker would do, then one JSON line of what it cost this process."""

from __future__ import annotations

import json
import os
import resource
import time

import django


def main() -> None:
    """Sync the site that the environment names; not counted is what a worker does once, when it starts."""
    django.setup()
    from askpress import tasks
    from askpress.sync import ready, site
    from benchmarks import measure

    assert tasks  # what a worker imports beside the sync
    pid = os.getpid()
    started = measure.memory(pid).resident
    ready.warm_up(site.live_means()[0].recipe)
    idle = measure.memory(pid).resident
    measure.forget_peak(pid)
    before, begun = _cpu_seconds(), time.perf_counter()
    run = site.sync()
    spent = _cpu_seconds() - before
    said = {
        "cpu_seconds": spent,
        "wall_seconds": time.perf_counter() - begun,
        "started_mb": started,
        "idle_mb": idle,
        "peak_mb": measure.memory(pid).peak,
        "added": run.added,
        "unchanged": run.unchanged,
        "failed": run.failed,
        "error": run.error,
    }
    print(json.dumps(said), flush=True)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
