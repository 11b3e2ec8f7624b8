"""From a clone to the first answer, a start on kept data, and what each idle process holds in memory."""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import measure, running, servers, stores

FIRST_SECONDS, WARM_SECONDS = 60.0, 6.0
_WHEELS = servers.ROOT / "build" / "wheels"
# So many that each of the web server's processes has answered.
_QUESTIONS = 30
_SETTLE_SECONDS = 3.0


def main() -> None:
    """Print the times, then the memory."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    options.add_argument("--warm", type=int, default=3, help="how often it is started on kept data")
    given = options.parse_args()
    print(measure.surroundings(), flush=True)
    _download()
    home = Path(tempfile.mkdtemp(prefix="askpress-bench-", dir="/tmp"))
    home.chmod(0o755)
    try:
        _first(home)
        _warm(home / "clone", given.warm)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _download() -> None:
    """Fetch what `make up` would download, so that its time is not counted."""
    words = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    words += ["--require-hashes", "--only-binary", ":all:", "-r", "requirements/local.txt", "--dest", str(_WHEELS)]
    done = subprocess.run(words, cwd=servers.ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])


def _first(home: Path) -> None:
    clone, port = home / "clone", servers.free_port()
    environment = _environment(
        PIP_NO_INDEX="1", PIP_FIND_LINKS=str(_WHEELS), PIP_CONFIG_FILE=os.devnull, PYTHON=_base_python()
    )
    begun = time.perf_counter()
    subprocess.run(["git", "clone", "--quiet", str(servers.ROOT), str(clone)], check=True)
    cloned = time.perf_counter() - begun
    subprocess.run(["make", ".venv/local.installed"], cwd=clone, env=environment, stdout=subprocess.DEVNULL, check=True)
    installed = time.perf_counter() - begun - cloned
    with running.up(["make", "up", f"PORT={port}"], folder=clone, environment=environment) as first:
        first.wait_until_ready()
        first.wait_until_answered()
        first.wait_until_synced()
    seconds = cloned + first.answered
    print(
        f"clone to first answer: {seconds:.1f} s (target {FIRST_SECONDS:.0f}:"
        f" {'met' if seconds <= FIRST_SECONDS else 'missed'}), and {installed:.1f} s to install the packages;"
        f" `make up` was ready after {first.ready:.1f} s, all was ingested after {first.synced:.1f} s",
        flush=True,
    )


def _warm(clone: Path, times: int) -> None:
    environment = _environment()
    wall, cpu = [], []
    for round_ in range(times):
        command = [".venv/bin/python", "-m", "askpress", "up", "--port", str(servers.free_port())]
        with running.up(command, folder=clone, environment=environment) as again:
            again.wait_until_ready()
            wall.append(again.ready)
            cpu.append(again.ready_cpu)
            if round_ == times - 1:
                _memory(again, clone / ".askpress" / "sample")
    verdict = "met" if statistics.median(wall) <= WARM_SECONDS else "missed"
    print(
        f"warm start to ready: {measure.spread(wall)} s, CPU {measure.spread(cpu)} s, least / median of {times}"
        f" (target {WARM_SECONDS:.0f}: {verdict})"
    )


def _memory(up: running.Running, data: Path) -> None:
    up.wait_until_synced()
    time.sleep(_SETTLE_SECONDS)
    fresh = _processes(running.parts(data))
    for _ in range(_QUESTIONS):
        up.ask("/search")
        up.ask("/ask")
    time.sleep(_SETTLE_SECONDS)
    used = _processes(running.parts(data))
    print("memory in MB, resident (proportional: shared pages divided), idle -> after the first questions")
    for name, memory in used.items():
        before = fresh.get(name, memory)
        print(
            f"  {name:<26}{before.resident:>5.0f} ({before.proportional:>4.0f})"
            f"  -> {memory.resident:>5.0f} ({memory.proportional:>4.0f})"
        )
    totals = [sum(memory.proportional for memory in each.values()) for each in (fresh, used)]
    print(f"  {'all, proportional':<26}      {totals[0]:>4.0f}   ->       {totals[1]:>4.0f}", flush=True)


def _processes(parts: dict[str, int]) -> dict[str, measure.Memory]:
    """Return the memory of every process; those of Postgres as one."""
    found: dict[str, measure.Memory] = {}
    for name, pid in parts.items():
        children = measure.tree(pid)[1:] if name != "up" else []
        if name == "Postgres":
            found[f"Postgres ({len(children) + 1} processes)"] = _sum([pid, *children])
            continue
        found[name] = measure.memory(pid)
        for number, child in enumerate(children, start=1):
            found[f"{name}, process {number}"] = measure.memory(child)
    return found


def _sum(pids: list[int]) -> measure.Memory:
    each = [measure.memory(pid) for pid in pids]
    return measure.Memory(
        resident=max(memory.resident for memory in each),
        proportional=sum(memory.proportional for memory in each),
        peak=0.0,
    )


def _environment(**given: str) -> dict[str, str]:
    made = stores.environment(ASKPRESS_REQUESTS_PER_MINUTE="1000000", **given)
    del made["DJANGO_SETTINGS_MODULE"]
    return made


def _base_python() -> str:
    """Return the Python behind our own environment: a clone makes its own from it."""
    return str(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")


if __name__ == "__main__":
    main()
