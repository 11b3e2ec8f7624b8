"""What looking at a large unchanged site may cost, held with the benchmark's own numbers."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.conf import settings


@pytest.mark.soak
def test_an_unchanged_site_of_5000_posts_costs_little_cpu_and_memory() -> None:
    command = [sys.executable, "-m", "benchmarks.resync", "--posts", "5000", "--again", "2"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)

    assert done.stdout.rstrip().endswith("met"), done.stdout
