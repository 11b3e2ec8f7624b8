"""`askpress eval`: how good search and answers are, over questions with known answers."""

from __future__ import annotations

import argparse
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from askpress import __version__, sites
from askpress.answer import ask
from askpress.commands import floors, given
from askpress.counted import counted
from askpress.errors import UsageError
from askpress.evaluation import failures, figures, questions, record, runner
from askpress.evaluation.figures import Threshold
from askpress.evaluation.questions import Question
from askpress.retrieval import versions

HELP = "measure search and answers over questions with known answers"
EPILOG = """\
A line of the file is a JSON object: "question", and "urls" (addresses or paths of documents that answer, * stands
for anything) or "patterns" (regular expressions that a right answer holds, all of them), or "answerable": false.
"id", "half", "language" and "kind" are for your own order: halves and languages are told apart in the table.
With --make the file is drafted from the site's titles and headings unless it is there, and evidence floors are
recommended from its questions.
Thresholds: --min answer_hit=0.6, or of one group, --min frozen/en/answer_hit=0.6. The exit code is 1 when one is
missed.
"""
_SHOWN = 10
# What degraded searches and answers were made without, as a sentence goes on.
_WITHOUT = {
    "keyword": "compared by words alone, since the embedding model did not answer",
    "rerank": "not reranked, since the reranker was late, down or wrong",
    "incomplete": "answered in part, since the language model broke off",
    "small_model": "answered by the smaller language model, since four fifths of the budget are used",
    "extractive": "answered by quotes, since the language model did not answer or proved nothing",
    "search_only": "not answered, since the budget is used up",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE.jsonl", help="the questions, one JSON object a line")
    parser.add_argument("--make", action="store_true", help="draft the file, and recommend evidence floors from it")
    parser.add_argument(
        "--most", type=given.number(1, 10_000), default=40, metavar="N", help="draft at most N questions (default 40)"
    )
    parser.add_argument("--half", default="", help="only the questions of this half")
    parser.add_argument("--search-only", action="store_true", help="search for the questions, do not answer them")
    parser.add_argument("--compare", type=Path, metavar="OLD.json", help="an earlier run to compare with")
    parser.add_argument("--save", type=Path, metavar="NEW.json", help="keep this run, to compare with later")
    parser.add_argument("--min", action="append", default=[], metavar="NAME=VALUE", help="fail below this figure")
    parser.add_argument("--max", action="append", default=[], metavar="NAME=VALUE", help="fail above this figure")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    if args.make:
        return floors.make(args.file, most=args.most, as_json=args.json)
    asked = chosen(questions.read(args.file), half=args.half)
    earlier = record.read(args.compare) if args.compare else None
    thresholds = [figures.threshold(written, is_least=True) for written in args.min]
    thresholds += [figures.threshold(written, is_least=False) for written in args.max]
    figures.require_groups(thresholds, asked)
    if args.save and not args.save.parent.is_dir():
        raise UsageError(f"the run cannot be kept: there is no folder {args.save.parent}.")
    measured = measure(asked, answers=not args.search_only)
    if args.save:
        _save(measured, args.save)
    missed = missed_thresholds(thresholds, measured["figures"])
    if args.json:
        changes = _changes(measured, earlier) if earlier else {}
        print(json.dumps({**measured, **changes, "wrong": failures.of(measured), "missed": missed}, ensure_ascii=False))
    else:
        show(measured, earlier=earlier, missed=missed)
    return 1 if missed else 0


def _changes(measured: Mapping[str, Any], earlier: Mapping[str, Any]) -> dict[str, Any]:
    worse, better = record.changes(measured, earlier)
    return {"worse": worse, "better": better, "made_otherwise": record.made_otherwise(measured, earlier)}


def chosen(asked: Sequence[Question], *, half: str) -> list[Question]:
    """Return the questions of a half, all for ""; raises UsageError when there are none."""
    of_half = [question for question in asked if half in {"", question.half}]
    if not of_half:
        halves = ", ".join(sorted({question.half for question in asked} - {""})) or "not told apart"
        raise UsageError(f"no question is of the half {half!r}; halves are {halves}.")
    return of_half


def measure(asked: Sequence[Question], *, answers: bool) -> dict[str, Any]:
    """Ask the questions of the first site and return the run as JSON would hold it."""
    site = sites.first()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Asking", total=len(asked))
        results = runner.run(asked, site=site, answers=answers, on_result=lambda: progress.advance(bar))
    return record.document(
        results, made_with=_made_with(site, asked) | {"unknown": runner.unknown_addresses(asked, site=site)}
    )


def _made_with(site: sites.Site, asked: Sequence[Question]) -> dict[str, Any]:
    recipe = versions.live().recipe
    model = ask.language_model()
    return {
        "askpress": __version__,
        "made_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "site": site.url,
        "corpus_version": site.corpus_version,
        "embedding_model": recipe.model,
        "chunk_tokens": recipe.chunk_tokens,
        "overlap_tokens": recipe.overlap_tokens,
        "language_model": model.traits.model if model else "extractive",
        "fusion": settings.FUSION,
        "reranker": None if settings.RERANK_PROVIDER == "none" else settings.RERANK_MODEL or settings.RERANK_PROVIDER,
        "evidence_coverage": settings.EVIDENCE_COVERAGE,
        "evidence_cosine": settings.EVIDENCE_COSINE,
    }


def missed_thresholds(thresholds: Sequence[Threshold], measured: figures.Figures) -> list[str]:
    """Return what is wrong with each threshold that was missed."""
    return [said for said in (threshold.missed(measured) for threshold in thresholds) if said]


def show(measured: Mapping[str, Any], *, earlier: Mapping[str, Any] | None, missed: Sequence[str]) -> None:
    """Print the table, what changed since an earlier run, and what was missed."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(_table(measured, earlier), soft_wrap=False)
    for name, count in measured["degraded"].items():
        console.print(
            f'DEGRADED: {counted(count, "question")} {_WITHOUT[name]} ("{name}"): not what you wanted to measure.'
        )
    for address in measured["unknown"]:
        console.print(f"No document has the address {address}; it counts as never found.")
    _show_some(console, "went wrong", failures.of(measured))
    if earlier:
        _show_changes(console, measured, earlier)
    for said in missed:
        console.print(f"MISSED: {said}")


def _table(measured: Mapping[str, Any], earlier: Mapping[str, Any] | None) -> Table:
    groups = measured["figures"]
    # Two halves of two languages fit 80 columns.
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(f"{counted(measured['questions'], 'question')}", no_wrap=True)
    for group in groups:
        table.add_column(group, justify="right", overflow="fold")
    for name in (*figures.QUALITY, *figures.COST):
        if any(groups[group][name] is not None for group in groups):
            old = earlier["figures"] if earlier else {}
            table.add_row(name, *(_cell(name, groups[g][name], old.get(g, {}).get(name)) for g in groups))
    return table


def _cell(name: str, value: float | None, old: float | None) -> str:
    if value is None:
        return ""
    digits = 3 if name in figures.QUALITY else 4 if name == "cost_usd" else 0
    said = f"{value:.{digits}f}"
    if old is None or f"{old:.{digits}f}" == said:
        return said
    return f"{said} ({value - old:+.{digits}f})"


def _show_changes(console: Console, measured: Mapping[str, Any], earlier: Mapping[str, Any]) -> None:
    for name, (old, new) in record.made_otherwise(measured, earlier).items():
        console.print(f"Made with another {name}: {old} before, {new} now.")
    if others := record.other_questions(measured, earlier):
        console.print(
            f"{others} questions are in one of the two runs only; their figures are not of the same questions."
        )
    for word, changed in zip(("worse", "better"), record.changes(measured, earlier), strict=True):
        _show_some(console, word, changed)


def _show_some(console: Console, word: str, lines: Sequence[str]) -> None:
    console.print(f"{len(lines)} {word}" + (":" if lines else "."))
    for said in lines[:_SHOWN]:
        console.print(f"  {said}")
    if len(lines) > _SHOWN:
        console.print(f"  and {len(lines) - _SHOWN} more; --json names them all")


def _save(measured: Mapping[str, Any], path: Path) -> None:
    try:
        path.write_text(json.dumps(measured, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the run cannot be kept: {error}") from None
