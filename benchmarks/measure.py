"""CPU seconds and memory of processes and of all they started, as the kernel counts them."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of one process, in MB of 2**20 bytes."""

    # All pages it can touch, those it shares with others counted whole.
    resident: float
    # Shared pages divided among those who share them: these may be added up.
    proportional: float
    # The highest `resident` so far.
    peak: float


def tree(root: int) -> list[int]:
    """Return the process and all its living descendants."""
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in _processes().items():
        children.setdefault(parent, []).append(pid)
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def cpu_seconds(*roots: int) -> float:
    """Return user and system time of the trees.

    What has ended and was waited for is counted with its parent: Postgres ends a backend with each connection.
    """
    processes = _processes()
    pids = {pid for root in roots for pid in tree(root)}
    return sum(processes[pid][1] for pid in pids if pid in processes)


def busy_seconds() -> float:
    """Return the CPU seconds that all processes of the machine have had so far."""
    user, nice, system = map(int, next(iter(_lines("/proc/stat"))).split()[1:4])
    return (user + nice + system) / _TICKS_PER_SECOND


def memory(pid: int) -> Memory:
    """Return the memory of one process."""
    rollup = _fields(Path(f"/proc/{pid}/smaps_rollup"))
    return Memory(rollup["Rss"], rollup["Pss"], _fields(Path(f"/proc/{pid}/status"))["VmHWM"])


def forget_peak(pid: int) -> None:
    """Let the peak begin anew at what is resident now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Return the least and the median of some rounds: load from outside only ever adds."""
    return f"{min(values):.{digits}f} / {statistics.median(values):.{digits}f}"


def surroundings() -> str:
    """Return what a reader needs in order to compare these numbers with others."""
    model = next((line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if "model name" in line), "?")
    memory_gb = _fields(Path("/proc/meminfo"))["MemTotal"] / 1024
    return (
        f"{time.strftime('%Y-%m-%d', time.gmtime())}, commit {_commit()}, {os.cpu_count()} x {model}, "
        f"{memory_gb:.0f} GB, Linux {os.uname().release.partition('-')[0]}, load {os.getloadavg()[0]:.1f}"
    )


def _processes() -> dict[int, tuple[int, float]]:
    """Return each process's parent and CPU seconds, those of its ended children included."""
    found: dict[int, tuple[int, float]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            found[int(folder.name)] = int(fields[1]), sum(map(int, fields[11:15])) / _TICKS_PER_SECOND
    return found


def _fields(path: Path) -> dict[str, float]:
    """Return the numbers of a file of "Name:  123 kB" lines, in MB."""
    found: dict[str, float] = {}
    for line in _lines(path):
        name, _, rest = line.partition(":")
        words = rest.split()
        if len(words) == 2 and words[1] == "kB":
            found[name] = int(words[0]) / 1024
    return found


def _lines(path: str | Path) -> Iterable[str]:
    return Path(path).read_text().splitlines()


def _commit() -> str:
    root = Path(__file__).resolve().parent
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=root, capture_output=True, text=True, check=False
    )
    return said.stdout.strip() or "unknown"
