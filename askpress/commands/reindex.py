"""`askpress reindex`: build the next index version beside the live one, change over to it, and back."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from django.conf import settings
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from askpress import errors, tasks, upkeep
from askpress.commands import plan
from askpress.counted import counted
from askpress.providers import prices
from askpress.retrieval import switch, versions
from askpress.retrieval.versions import IndexVersion, Recipe
from askpress.sync import recipes, reindex

HELP = "build the next index version beside the live one, and change over to it"
EPILOG = (
    "What is not given is as the settings say. Ctrl-C stops it; the next call goes on. "
    "Exit status: 0 all well, 1 it stopped or would cost more than --max-cost, 2 wrong usage or settings."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    wish = parser.add_argument_group("what the next version is to be like")
    wish.add_argument("--model", default="", help="embedding model")
    wish.add_argument("--provider", default="", choices=("openai", "local"), help="follows from the model")
    wish.add_argument("--dimensions", type=int, default=0, metavar="D", help="length of its vectors")
    wish.add_argument("--chunk-tokens", type=int, default=0, metavar="N", help="size of a chunk")
    wish.add_argument("--overlap-tokens", type=int, default=-1, metavar="N", help="what neighbours share")
    wish.add_argument("--index", default="", choices=("hnsw", "ivfflat"), help="kind of the index over the vectors")
    wish.add_argument("--force", action="store_true", help="build it though the live version is like it")
    act = parser.add_mutually_exclusive_group()
    act.add_argument("--dry-run", action="store_true", help="say what it would cost")
    act.add_argument("--background", action="store_true", help="let the worker build it")
    act.add_argument("--rollback", action="store_true", help="change back to the version before")
    act.add_argument("--status", action="store_true", help="say which versions there are")
    act.add_argument("--drop-old", action="store_true", help="drop the version before; no way back then")
    act.add_argument("--drop-new", action="store_true", help="give up the version that is being built")
    plan.add_max_cost(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask, whatever it costs")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    live = versions.live()
    if args.status:
        return _tell(args)
    if args.drop_old or args.drop_new:
        return _drop(args, "retired" if args.drop_old else "building")
    if args.rollback:
        version = _version("retired", "there is no version to go back to.")
        return _complete(args, version) if _agreed(args, version.recipe, version) else 1
    recipe, kind = _wanted(args)
    building = versions.in_state("building")
    if (recipe, kind) == (live.recipe, live.ann) and not (args.force or building):
        like = f"{recipes.described(recipe)}, {kind}. --force builds anew."
        _say(args, {"live": live.id}, f"Index version {live.id} is like that already: {like}")
        return 0
    if not _agreed(args, recipe, building if building and building.recipe == recipe else None):
        return 1
    return 0 if args.dry_run else _complete(args, reindex.begin(recipe, kind=kind))


def _wanted(args: argparse.Namespace) -> tuple[Recipe, str]:
    """Return what the words ask for; without any, what is being built already."""
    names = ("model", "provider", "dimensions", "chunk_tokens", "overlap_tokens")
    wish = recipes.Wish(**{name.replace("-", "_"): getattr(args, name) for name in names})
    building = versions.in_state("building")
    if building and wish == recipes.Wish() and args.index in ("", building.ann):
        return building.recipe, building.ann
    return recipes.recipe_of(wish), args.index or settings.VECTOR_INDEX


def _agreed(args: argparse.Namespace, recipe: Recipe, version: IndexVersion | None) -> bool:
    """Say what it costs, and ask before anything is paid; a limit is an answer. False: it is not to be done."""
    estimate = _estimated(args, recipe, version.id if version else 0)
    if args.max_cost is not None and estimate.cost is None:
        raise errors.UsageError(f"the price of {recipe.model} is not known, so a limit on the cost cannot be kept.")
    stops = args.max_cost is not None and (estimate.cost or 0) > args.max_cost
    if args.json and (args.dry_run or stops):
        print(json.dumps(_summary(estimate) | {"stops": stops}))
    if stops and not args.json:
        print(f"That is more than {prices.dollars(args.max_cost)}.")
    settled = args.yes or args.dry_run or args.max_cost is not None or estimate.cost == 0 or not estimate.tokens
    return not stops and (settled or _asked())


def _asked() -> bool:
    if not sys.stdin.isatty():
        raise errors.UsageError("this costs money: add --yes, or --max-cost with the most it may cost.")
    return input("Go on? Type yes: ").strip().lower() == "yes"


def _estimated(args: argparse.Namespace, recipe: Recipe, version: int) -> recipes.Estimate:
    with _progress(quiet=args.json) as progress:
        bar = progress.add_task("counting tokens", total=None)
        estimate = recipes.foresee(
            recipe, version, on_change=lambda done, total: progress.update(bar, completed=done, total=total)
        )
    if not args.json:
        print(
            f"{recipes.described(recipe)}: {counted(estimate.documents, 'document')}, "
            f"{counted(estimate.chunks, 'chunk')} to embed, {counted(estimate.reused, 'vector')} reused; "
            f"{counted(estimate.tokens, 'token')}: "
            f"{plan.price(estimate.cost, estimate.traits)}",
            flush=True,
        )
    return estimate


def _complete(args: argparse.Namespace, version: IndexVersion) -> int:
    building, live = version.state == "building", versions.live()
    if building:
        reindex.attend(version, unattended=True, max_cost=args.max_cost)
    if args.background:
        upkeep.defer_tending()
        _say(args, {"building": version.id}, "The worker builds it; `askpress reindex --status` shows how far it is.")
        return 0
    try:
        done = _shown(args, version)
    except (KeyboardInterrupt, errors.AskpressError) as error:
        if building:
            reindex.attend(version, unattended=False, max_cost=args.max_cost, error=str(error) or "it was stopped.")
        reason = str(error) or "Stopped: the next `askpress reindex` goes on from here."
        raise errors.Stopped(f"index version {live.id} is live as before. {reason}") from error
    if not done:
        raise errors.UsageError("another reindex is running; `askpress reindex --status` shows how far it is.")
    # A sync that was on its way to the other version has stopped.
    tasks.defer_syncs()
    _say(
        args,
        {"live": version.id, "retired": live.id},
        f"Index version {version.id} is live. Version {live.id} is kept for {settings.ROLLBACK_DAYS} days: "
        "`askpress reindex --rollback` changes back to it.",
    )
    return 0


def _summary(estimate: recipes.Estimate) -> dict[str, Any]:
    names = ("documents", "chunks", "reused", "tokens")
    return {name: getattr(estimate, name) for name in names} | {
        "model": estimate.traits.model,
        "cost_usd": estimate.cost,
    }


def _shown(args: argparse.Namespace, version: IndexVersion) -> bool:
    with _progress(quiet=args.json) as progress:
        bars: dict[str, TaskID] = {}
        words = {"documents": "bringing documents", "index": "building the index"}

        def show(now: reindex.Progress) -> None:
            if now.step not in bars:
                bars[now.step] = progress.add_task(words[now.step])
            progress.update(bars[now.step], completed=now.done, total=now.total)

        return reindex.complete(version, max_cost=args.max_cost, on_change=show)


def _drop(args: argparse.Namespace, state: str) -> int:
    version = _version(state, f"no index version is {state}.")
    versions.drop(version.id)
    _say(args, {"dropped": version.id}, f"Index version {version.id} is dropped.")
    return 0


def _version(state: str, otherwise: str) -> IndexVersion:
    version = versions.in_state(state)
    if version is None:
        raise errors.UsageError(otherwise)
    return version


def _tell(args: argparse.Namespace) -> int:
    known = versions.every()
    lacking = {version.id: len(switch.lacking(version.id)) for version in known if version.state != "dropping"}
    stands = [
        {"version": version.id, "state": version.state, "recipe": recipes.described(version.recipe),
         "index": version.ann, "lacking": lacking.get(version.id, 0), "error": reindex.why_still(version)}
        for version in known
    ]  # fmt: skip
    lines = [
        f"Version {one['version']}  {one['state']:<9} {one['recipe']}; {one['index']}"
        + (f"; {counted(lacking[version.id], 'document')} behind the live one" if one["lacking"] else "")
        + (f"\n           stands still: {one['error']}" if one["error"] else "")
        for version, one in zip(known, stands, strict=True)
    ]
    _say(args, {"versions": stands}, "\n".join(lines))
    return 0


def _say(args: argparse.Namespace, body: dict[str, Any], line: str) -> None:
    print(json.dumps(body) if args.json else line)


def _progress(*, quiet: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), transient=True, disable=quiet or not sys.stderr.isatty(),
    )  # fmt: skip
