"""`askpress replay`: how an answer came about, and what would differ today."""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import Any

from askpress import errors, sites
from askpress.answer import comparison, record
from askpress.answer.record import Record

HELP = "show how an answer came about, and what would differ today"
EPILOG = """\
Passages are shown with their text while the site shows it to everybody. With a question, kept or given, retrieval runs
again and what it finds is compared; that costs the question's embedding.
"""
_SHOWN_CHARS = 300


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", help="the answer's id, as it stands in the answer")
    parser.add_argument("question", nargs="?", default="", help="what was asked, where questions are not kept")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    told = gather(record.find(args.id), args.question)
    print(json.dumps(told, default=str, ensure_ascii=False) if args.json else "\n".join(_lines(told)))
    return 0


def gather(made: Record, question: str = "") -> dict[str, Any]:
    """Return everything `replay` tells, JSON-ready but for ids and dates."""
    site = _site(made)
    asked = question or made.question
    again = comparison.again(made, asked, site) if asked else None
    return {
        **{name: value for name, value in dataclasses.asdict(made).items() if name not in ("passages", "site_id")},
        "site": site.name,
        "passages": [dataclasses.asdict(seen) for seen in comparison.passages(made)],
        "differs": comparison.differences(made, site),
        "today": dataclasses.asdict(again) if again else None,
    }


def _site(made: Record) -> sites.Site:
    site = sites.by_id(made.site_id)
    if site is None:
        raise errors.UsageError(f"the site of answer {made.id} is not known any more.")
    return site


def _lines(told: dict[str, Any]) -> list[str]:
    with_, usage = told["made_with"], told["usage"]
    cost = "unknown" if usage["cost_usd"] is None else f"${usage['cost_usd']:.6f}"
    said = [
        f"Answer     {told['id']}  {told['created_at']:%Y-%m-%d %H:%M:%S} UTC, site {told['site']}",
        f"Question   {told['question'] or 'not kept (ASKPRESS_KEEP_QUESTIONS)'}"
        + ("  (put so that it stands alone)" if told["follow_up"] else ""),
        f"Made by    {told['model']}, prompt {with_['prompt']}, {with_['embedding_model']}, "
        f"index version {with_['index_version']}, corpus version {with_['corpus_version']}",
        f"Outcome    {told['code'] or 'answered'}" + (f", degraded: {told['degraded']}" if told["degraded"] else ""),
        f"Usage      {usage['input_tokens']} tokens in, {usage['output_tokens']} out; cost {cost}",
    ]
    said += [_citation_line(citation) for citation in told["checks"]["citations"]]
    if dropped := told["checks"].get("dropped"):
        said.append(f"Dropped    {dropped} of the model's claims: nothing proved them")
    for seen in told["passages"]:
        said += _passage_lines(seen)
    said += [f"Differs    {name}: {then!r} then, {now!r} now" for name, (then, now) in told["differs"].items()]
    return said + _today_lines(told)


def _citation_line(citation: dict[str, Any]) -> str:
    if citation["number"] is None:
        return "Citation   none: the statement is marked as not proven"
    place = f"{citation['chunk_id']} {citation['start']}..{citation['end']}"
    return f"Citation   [{citation['number']}] {place}, {citation['support']}"


def _passage_lines(seen: dict[str, Any]) -> list[str]:
    quoted = f", quoted {seen['quoted']} times" if seen["quoted"] > 1 else ", quoted" if seen["quoted"] else ""
    head = f"Passage    {seen['chunk']} of version {seen['version']}, {seen['checksum'][:12]}: {seen['state']}{quoted}"
    text = " ".join(seen["text"].split())
    shown = text[:_SHOWN_CHARS] + ("…" if len(text) > _SHOWN_CHARS else "")
    return [head, *(f"           {line}" for line in (f"{seen['title']}  {seen['url']}".strip(), shown) if line)]


def _today_lines(told: dict[str, Any]) -> list[str]:
    again = told["today"]
    if again is None:
        return ["Today      say the question, too, and retrieval is run again: askpress replay ID QUESTION"]
    order = "" if again["same_order"] else ", in another order"
    said = [
        f"Today      {len(again['same'])} of {len(told['passages'])} passages are found again{order}, "
        f"{len(again['new'])} new, {len(again['lost'])} not found any more"
    ]
    then, now = told["made_with"]["is_evidence"], again["is_evidence"]
    if then != now:
        said.append(f"           then {_verdict(then)}, today {_verdict(now)}")
    return said


def _verdict(is_evidence: bool) -> str:
    return "there was evidence" if is_evidence else "nothing was near enough"
