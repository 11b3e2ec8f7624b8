"""`askpress warm`: answer questions ahead of time."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

from django.conf import settings
from rich.console import Console
from rich.progress import Progress

from askpress import errors, sites
from askpress.answer import record, warming
from askpress.commands import given, which
from askpress.providers import prices

HELP = "answer questions ahead of time, so that they are remembered"
EPILOG = """\
FILE has one question a line, or one JSON object a line with the member "question", as `askpress eval` reads them; blank
lines and those that begin with # are left out. Without FILE the kept questions are asked (ASKPRESS_KEEP_QUESTIONS=1).
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="the questions; without it the kept ones")
    parser.add_argument("--max-cost", type=given.dollars, metavar="USD", help="stop before the answers cost more")
    which.add_argument(parser, default="the first")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    site = sites.named(args.site)
    questions = read(args.file) if args.file else _kept(site)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Asking", total=len(questions))
        warmed = warming.warm(
            questions, site=site, max_cost=args.max_cost, on_question=lambda done: progress.advance(bar)
        )
    if args.json:
        print(json.dumps({"questions": len(questions), **dataclasses.asdict(warmed)}))
    else:
        print(
            f"{warmed.made} answered, {warmed.there} were there, {warmed.refused} have no answer on the site, "
            f"{warmed.degraded} could not be kept; {prices.dollars(warmed.cost)}."
        )
        if warmed.stopped:
            print(f"Stopped after {warmed.done} of {len(questions)} questions: {warmed.stopped}")
    return 1 if warmed.stopped else 0


def read(path: Path) -> list[str]:
    """Return the questions of a file in order, each once; raises UsageError that names the line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise errors.UsageError(f"{path} cannot be read: {error}.") from None
    lines = ((number, line.strip()) for number, line in enumerate(text.splitlines(), start=1))
    asked = [_question(path, number, line) for number, line in lines if line and not line.startswith("#")]
    if not asked:
        raise errors.UsageError(f"{path} holds no question.")
    return list(dict.fromkeys(asked))


def _question(path: Path, number: int, line: str) -> str:
    question: object = line
    if line.startswith("{"):
        try:
            question = json.loads(line).get("question")
        except ValueError as error:
            raise errors.UsageError(f"{path}, line {number}: this is not JSON: {error}.") from None
    if not isinstance(question, str) or not 0 < len(question.strip()) <= settings.QUESTION_MAX_CHARS:
        raise errors.UsageError(
            f"{path}, line {number}: give a question of at most {settings.QUESTION_MAX_CHARS} characters."
        )
    return question.strip()


def _kept(site: sites.Site) -> list[str]:
    if not settings.KEEP_QUESTIONS:
        raise errors.UsageError(
            "questions are not kept: give a file of them, `askpress warm FILE`, or set ASKPRESS_KEEP_QUESTIONS=1."
        )
    questions = record.questions(site.id)
    if not questions:
        raise errors.UsageError("no question has been kept yet: give a file of them, `askpress warm FILE`.")
    return questions
