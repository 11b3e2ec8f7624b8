"""`askpress eval --make`: drafts a questions file and recommends the evidence floors; told in words."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from askpress import sites
from askpress.counted import counted
from askpress.errors import UsageError
from askpress.evaluation import calibration, drafts, floors, questions
from askpress.evaluation.calibration import Placed
from askpress.evaluation.questions import Question
from askpress.retrieval import evidence, retriever, versions

# One in four has no answer: refusals are measured too.
_OFF_TOPIC_SHARE = 4


def make(path: Path, *, most: int, as_json: bool) -> int:
    """Draft the file unless it is there, and recommend floors from its questions; return the exit code."""
    site = sites.first()
    drafted = 0 if path.exists() else _draft(path, site, most=most)
    asked = questions.read(path)
    known = {question.text for question in asked}
    foreign = [Question(text, text, False) for text in floors.off_topic(site.language) if text not in known]
    placed = floors.place(_measured([*asked, *foreign], site), now=_now())
    if as_json:
        print(json.dumps(_document(placed, path, drafted=drafted), ensure_ascii=False))
    else:
        _show(placed, path, drafted=drafted, edited=_edited(asked))
    return 0


def _draft(path: Path, site: sites.Site, *, most: int) -> int:
    pages = floors.pages(site)
    if not pages:
        raise UsageError(f"nothing of {site.url} is in the index yet: run `askpress sync` first.")
    foreign = floors.off_topic(site.language)[:: max(1, _OFF_TOPIC_SHARE - 1)][: max(2, most // _OFF_TOPIC_SHARE)]
    lines: list[dict[str, Any]] = drafts.draft(pages, site=site.url, most=max(1, most - len(foreign)))
    lines += [{"question": text, "answerable": False, "kind": "off-topic"} for text in foreign]
    try:
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the questions cannot be written: {error}") from None
    return len(lines)


def _measured(asked: Sequence[Question], site: sites.Site) -> list[floors.Nearness]:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Asking", total=len(asked))
        return floors.measure(asked, site=site, on_result=lambda: progress.advance(bar))


def _edited(asked: Sequence[Question]) -> bool:
    """True when questions with an answer are the owner's rather than drafts."""
    drafted = sum(question.kind in drafts.KINDS for question in asked if question.answerable)
    return 2 * drafted < sum(question.answerable for question in asked)


def _now() -> dict[str, float | None]:
    traits = retriever.embedding_model(versions.live().recipe).traits
    return {floors.COSINE: evidence.cosine_floor(traits), floors.COVERAGE: settings.EVIDENCE_COVERAGE}


def _document(placed: floors.Floors, path: Path, *, drafted: int) -> dict[str, Any]:
    return {
        "file": str(path),
        "drafted": drafted,
        "floors": {
            name: found and dataclasses.asdict(found) | {"sure": found.is_sure} for name, found in placed.placed.items()
        },
        "degraded": placed.degraded,
        "nearest_unanswerable": [one.question for one in placed.nearest],
    }


def _show(placed: floors.Floors, path: Path, *, drafted: int, edited: bool) -> None:
    console = Console(highlight=False, markup=False, soft_wrap=True)
    if drafted:
        console.print(
            f"{drafted} questions are drafted in {path}. Say them as your visitors would, strike what nobody asks,\n"
            f"add what they do ask. Then `askpress eval {path}` measures, and this command places the floors again."
        )
    console.print(_table(placed), soft_wrap=False)
    if placed.degraded:
        console.print(
            f"DEGRADED: {counted(placed.degraded, 'question')} compared by words alone, since the embedding model "
            "did not answer: place the floors again once it does."
        )
    for name, found in placed.placed.items():
        console.print(_advice(name, found, edited=edited))
    if placed.nearest:
        console.print("Nearest of the questions without an answer (one that the site does answer spoils the floors):")
        console.print("\n".join(f"  {one.question}" for one in placed.nearest))


def _table(placed: floors.Floors) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("setting", "", "floor", "answered", "refused"):
        table.add_column(name, justify="left" if name in {"setting", ""} else "right", no_wrap=True)
    for name, found in placed.placed.items():
        for word, effect in (("now", found.now), ("placed", found.better)) if found else ():
            if effect is not None:
                table.add_row(
                    name,
                    word,
                    f"{effect.floor:.2f}",
                    f"{effect.answered} of {effect.answerable}",
                    f"{effect.refused} of {effect.unanswerable}",
                )
    return table


def _advice(name: str, found: Placed | None, *, edited: bool) -> str:
    """Say what to do with a setting, and how sure that is."""
    if found is None:
        return f"{name}: leave it; nothing here can be compared by it."
    if found.now and found.now.does_well:
        return f"{name}: leave it at {found.now.floor:.2f}."
    said = f"{found.better.floor:.2f} (90 of 100 draws of as many questions: {found.low:.2f} to {found.high:.2f})"
    if not edited and found.now and found.better.floor > found.now.floor:
        return f"{name}: drafts would place it at {said}; they are easier than visitors' questions, so edit them first."
    if not found.is_sure:
        few = calibration.FEW
        return f"{name}: {said}, but unsure: it takes {few} questions of each kind and a floor that parts them."
    return f"{name}: set it to {said}."
