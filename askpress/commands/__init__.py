"""The `askpress` command: finds the sub-command, and turns errors into one line and an exit code.

Each command is a module here with `HELP`, `add_arguments(parser)` and `run(args) -> int`, and if it likes `EPILOG`.
Django is set up before the module is imported, unless it says `NEEDS_DJANGO = False`; Postgres and its tables are
looked at before it runs, unless it says `NEEDS_DATABASE = False`.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from askpress import __version__
from askpress.errors import AskpressError, SettingsError, UsageError

COMMANDS = (
    "up",
    "plan",
    "sync",
    "audit",
    "reindex",
    "search",
    "ask",
    "replay",
    "warm",
    "purge",
    "eval",
    "sites",
    "exclude",
    "createkey",
    "webhook",
    "status",
    "check",
    "reset",
    "worker",
)
# Steps of `up` that run as a process of their own; nobody calls them by hand.
STEPS = ("prepare",)

EXIT_FAILED = 1
EXIT_USAGE = 2  # what argparse uses too
EXIT_INTERRUPTED = 130


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that the words name and return its exit code."""
    words = sys.argv[1:] if words is None else list(words)
    try:
        code = _run(words)
        sys.stdout.flush()
    except AskpressError as error:
        print(f"askpress: {error}", file=sys.stderr)
        return EXIT_USAGE if isinstance(error, UsageError | SettingsError) else EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output is gone.
        _drop_output()
        return EXIT_FAILED
    except OSError as error:
        # No room for our output, say.
        print(f"askpress: {error}", file=sys.stderr)
        _drop_output()
        return EXIT_FAILED
    return code


def _drop_output() -> None:
    """Without this Python complains once more when it closes it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(words: list[str]) -> int:
    name = words[0] if words else ""
    if name not in COMMANDS + STEPS:
        parser = _overview()
        parser.parse_args(words)
        parser.print_help()
        return EXIT_USAGE
    said = _constants(name)
    if said.get("NEEDS_DJANGO", True):
        _set_up_django()
    command = importlib.import_module(f"askpress.commands.{name}")
    help_text = str(said["HELP"])
    parser = argparse.ArgumentParser(
        prog=f"askpress {name}",
        description=f"{help_text[:1].upper()}{help_text[1:]}.",
        epilog=getattr(command, "EPILOG", None),
    )
    command.add_arguments(parser)
    args = parser.parse_args(words[1:])
    if said.get("NEEDS_DJANGO", True) and said.get("NEEDS_DATABASE", True):
        prove_database()
    return int(command.run(args))


def prove_database() -> None:
    """Raise, with the reason in one line, when Postgres does not answer or its tables are not ours."""
    from askpress import report
    from askpress.retrieval import store

    store.prove()
    report.require_tables()


def _overview() -> argparse.ArgumentParser:
    lines = [f"  {name:<11}{_constants(name)['HELP']}" for name in COMMANDS]
    parser = argparse.ArgumentParser(
        prog="askpress",
        usage="askpress [--version] [--help] COMMAND ...",
        description="Search and cited answers for a WordPress site.\n\ncommands:\n" + "\n".join(lines),
        epilog="`askpress COMMAND --help` says more about one.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"askpress {__version__}")
    parser.add_argument("command", choices=COMMANDS, nargs="?", metavar="COMMAND", help=argparse.SUPPRESS)
    return parser


def _constants(name: str) -> dict[str, object]:
    """Return the command module's constants without importing it: help must come at once, whatever is set up."""
    tree = ast.parse((Path(__file__).parent / f"{name}.py").read_text())
    found: dict[str, object] = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=word)], value=ast.Constant(value=value)):
                found[word] = value
    return found


def _set_up_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "askpress.settings")
    import django

    django.setup()
