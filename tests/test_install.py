"""requirements/install.sh says in one line what is wrong with a machine's Python, before it makes anything."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "requirements/install.sh"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A PATH with a shell's own tools and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("sh", "sed", "grep", "touch"):
        (folder / tool).symlink_to(shutil.which(tool) or "")
    return folder


def add_python(machine: Path, name: str, *, answers: str, has_venv: bool = True) -> None:
    program = machine / name
    program.write_text(
        f'#!/bin/sh\ncase "$2" in *ensurepip*) exit {0 if has_venv else 1} ;; *) echo "{answers}" ;; esac\n'
    )
    program.chmod(0o755)


def complaint(machine: Path, **variables: str) -> str:
    done = subprocess.run(
        ["/bin/sh", str(SCRIPT), "local"],
        cwd=machine.parent,
        env={"PATH": str(machine), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert not (machine.parent / ".venv").exists()
    return done.stderr


def test_an_old_python_is_named_with_a_newer_one_that_is_here(machine: Path) -> None:
    add_python(machine, "python3", answers="cpython 3.9.6")
    add_python(machine, "python3.12", answers="cpython 3.12.1")

    assert complaint(machine) == (
        f"askpress: {machine}/python3 is cpython 3.9.6. "
        "Python 3.11 to 3.14 is needed; python3.12 is here: make PYTHON=python3.12\n"
    )


@pytest.mark.parametrize("answers", ["cpython 3.15.0", "pypy 3.11.9", "cpython 3.1.1"])
def test_a_python_without_pinned_wheels_is_refused(machine: Path, answers: str) -> None:
    add_python(machine, "python3", answers=answers)

    assert f"python3 is {answers}. Python 3.11 to 3.14 is needed; install one" in complaint(machine)


def test_no_python_at_all(machine: Path) -> None:
    assert "python3 was not found. Python 3.11 to 3.14 is needed; install one" in complaint(machine)


def test_the_python_that_was_asked_for_is_the_one_that_is_looked_at(machine: Path) -> None:
    add_python(machine, "python3", answers="cpython 3.12.1")

    assert "python3.99 was not found" in complaint(machine, PYTHON="python3.99")


def test_a_debian_python_without_venv_names_the_package(machine: Path) -> None:
    add_python(machine, "python3", answers="cpython 3.11.2", has_venv=False)

    assert complaint(machine) == (
        "askpress: python3 has no venv module. On Debian and Ubuntu: apt install python3.11-venv\n"
    )


def test_a_clone_that_was_moved_gets_its_command_anew_once(tmp_path: Path) -> None:
    before, after = tmp_path / "clone", tmp_path / "other place"
    (before / ".venv/bin").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements/install.sh", "requirements/local.txt"):
        (before / name).parent.mkdir(exist_ok=True)
        shutil.copy(SCRIPT.parent.parent / name, before / name)
    python = before / ".venv/bin/python"
    python.write_text('#!/bin/sh\necho "$*" >>asked\n')
    python.chmod(0o755)
    (before / ".venv/local.installed").touch()
    (before / ".venv/place").write_text(f"{before}\n")

    def up(clone: Path) -> list[str]:
        (clone / "asked").unlink(missing_ok=True)
        subprocess.run(["make", "up"], cwd=clone, check=True, capture_output=True)
        return (clone / "asked").read_text().splitlines()

    there = up(before)
    before.rename(after)

    assert there == ["-m askpress up"]
    assert up(after)[0].endswith("--no-build-isolation --editable .")
    assert up(after) == ["-m askpress up"]
