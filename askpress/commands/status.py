"""`askpress status`: what is in the index, when it was last true, and what is wrong."""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
from typing import Any

from django.conf import settings

from askpress import errors, redis_client, report, sites
from askpress.answer import budget
from askpress.commands import which
from askpress.counted import counted
from askpress.providers import embedding_traits
from askpress.retrieval import fusion, languages, probe, switch, versions
from askpress.sync import audit, freshness, recipes, reindex, sides

HELP = "show the site, the index, the last sync and what is wrong"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    which.add_argument(parser, default="all of them")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    try:
        states = [gather(site) for site in ([sites.named(args.site)] if args.site else sites.every())]
    except errors.NoLiveIndex as error:
        print(json.dumps({"site": None, "hint": str(error)}) if args.json else str(error))
        return 1
    if args.json:
        # The first one's where they have always been, the others beside it.
        print(json.dumps(states[0] | {"other_sites": states[1:]}, default=str, ensure_ascii=False))
    else:
        print("\n\n".join("\n".join(_lines(state)) for state in states))
    return 0


def gather(site: sites.Site) -> dict[str, Any]:
    """Return everything `status` tells of a site, JSON-ready but for dates."""
    version = versions.live()
    traits = embedding_traits(version.recipe.provider, version.recipe.model, version.recipe.dimensions)
    return {
        "site": {"name": site.name, "url": site.url, "title": site.title, "language": site.language,
                 "reconciled_at": site.reconciled_at, "alarm": site.alarm,
                 "noindex_source": site.noindex_source or None, "language_source": site.language_source or None},
        "freshness": dataclasses.asdict(freshness.of(site, now=dt.datetime.now(dt.UTC))),
        "index": {**dataclasses.asdict(version.recipe), "version": version.id,
                  "languages": sorted(traits.languages) or "any"},
        "fusion": {"formula": settings.FUSION,
                   "leaning": fusion.leaning(traits, languages.of_documents(site.id))},
        "counts": dataclasses.asdict(report.counts(site.id, version.id)),
        "probe": probe.last(version),
        "building": _building(),
        "failures": report.failures(site.id),
        "last_run": report.last_run(site.id),
        "last_audit": _audit(site.id),
        "redis": redis_client.reachable(),
        "spent_today": [dataclasses.asdict(spent) for spent in budget.today()],
        "warnings": [warning for warning in (report.recipe_warning(), report.drift_warning(version)) if warning],
    }  # fmt: skip


def _lines(state: dict[str, Any]) -> list[str]:
    site, index, counts = state["site"], state["index"], state["counts"]
    understood = index["languages"] if index["languages"] == "any" else ", ".join(index["languages"])
    said = [
        f"Site       {site['title'] or site['name']}  {site['url']}",
        f"True as of {site['reconciled_at']:%Y-%m-%d %H:%M:%S} UTC" if site["reconciled_at"] else "Never fully synced",
        _freshness_line(state["freshness"]),
        f"Documents  {counts['documents']} ({counted(counts['chunks'], 'chunk')}, "
        f"{counts['without_text']} without text, {counts['failed']} failed, {counts['gone']} gone)",
        f"Index      version {index['version']}: {index['model']}, {index['dimensions']} dimensions, "
        f"{index['chunk_tokens']}/{index['overlap_tokens']} tokens; understands {understood}",
        f"Fusion     {state['fusion']['formula']}"
        + (f"; {state['fusion']['leaning']}" if state["fusion"]["leaning"] else ""),
        *_probe_lines(state["probe"]),
        *_building_lines(state["building"]),
        f"Told of    noindex by {site['noindex_source'] or 'nobody: unknown'}, "
        f"languages by {site['language_source'] or 'nobody: taken from the texts'}",
        f"Redis      {'answers' if state['redis'] else 'does not answer: nothing is cached'}",
    ]
    said += _spent_lines(state["spent_today"])
    said += _run_lines(state["last_run"])
    said += _audit_lines(state["last_audit"])
    said += [f"Failed     post {post}: {error}" for post, error in state["failures"].items()]
    said += [f"Alarm      {site['alarm']}"] if site["alarm"] else []
    return said + [f"Warning    {warning}" for warning in state["warnings"]]


def _spent_lines(spent: list[dict[str, Any]]) -> list[str]:
    """Return a line for each budget, and for each site and key whose answers cost something today."""
    said = []
    for one in spent:
        if one["calls"] or one["budget_usd"] is not None:
            limit = "" if one["budget_usd"] is None else f" of ${one['budget_usd']:.2f}"
            calls = counted(one["calls"], "call")
            said.append(f"Spent      ${one['usd']:.4f}{limit} today (UTC), {calls}: {one['name']}")
    return said


def _probe_lines(found: dict[str, Any] | None) -> list[str]:
    """Say what share of the nearest chunks the index finds; the worst kind of search counts."""
    if found is None:
        return []
    worst = min(found["classes"], key=lambda one: float(one["recall"]))
    said = f"Recall     {found['ann_recall']:.3f} of the nearest ten are found ({worst['name']}; probed {found['at']})"
    return [said, f"           {found['advice']}"] if found["advice"] else [said]


def _building() -> dict[str, Any] | None:
    version = versions.in_state("building")
    if version is None:
        return None
    return {
        "version": version.id,
        "recipe": recipes.described(version.recipe),
        "lacking": len(switch.lacking(version.id)),
        "error": reindex.why_still(version),
    }


def _building_lines(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return []
    said = f"Building   version {found['version']}: {found['recipe']}; {counted(found['lacking'], 'document')} to go"
    return [said, f"           stands still: {found['error']}"] if found["error"] else [said]


def _freshness_line(fresh: dict[str, Any]) -> str:
    heard = "told by webhooks, and polled" if fresh["mode"] == sites.WEBHOOK else "polled"
    if fresh["age_seconds"] is None:
        return f"Freshness  {heard} every {fresh['target_seconds']} s, once a worker has read all of it"
    behind = "" if fresh["kept"] else "; that is late: is a worker running?"
    return f"Freshness  {heard} every {fresh['target_seconds']} s; last {fresh['age_seconds']} s ago{behind}"


def _audit(site_id: int) -> dict[str, Any] | None:
    """Return the last audit with its sets counted; `askpress audit` and GET /audit name the posts."""
    found = audit.last(site_id)
    if found is None:
        return None
    return {
        "verdict": found.verdict,
        "proof": found.proof,
        "finished_at": found.finished_at,
        **{name: len(getattr(found, name)) for name in sides.SETS},
    }


def _audit_lines(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return []
    counts = ", ".join(f"{found[name]} {name}" for name in sides.SETS if found[name])
    return [
        f"Last audit {found['finished_at']:%Y-%m-%d %H:%M:%S} UTC ({found['proof']}): {found['verdict']}"
        + (f": {counts}" if counts else "")
    ]


def _run_lines(run: dict[str, Any] | None) -> list[str]:
    if run is None:
        return []
    if run["finished_at"] is None:
        return [f"Last sync  since {run['started_at']:%H:%M:%S} UTC: {run['done']} of {run['total'] or '?'} posts"]
    said = (
        f"Last sync  {run['finished_at']:%Y-%m-%d %H:%M:%S} UTC: {run['added']} new, {run['changed']} changed, "
        f"{run['unchanged']} unchanged, {run['removed']} removed, {run['failed']} failed"
    )
    return [said, f"           stopped early: {run['error']}"] if run["error"] else [said]
