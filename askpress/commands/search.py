"""`askpress search`: the passages a question finds."""

from __future__ import annotations

import argparse
import json

from askpress import sites
from askpress.commands import narrowing, which
from askpress.retrieval import retriever
from askpress.retrieval.filters import MODES

HELP = "show the passages that a query finds"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", help="what to look for")
    parser.add_argument(
        "-k",
        type=int,
        default=5,
        choices=range(1, 51),
        metavar="K",
        help="how many passages, 1 to 50 (default 5)",
    )
    parser.add_argument("--mode", choices=MODES, default="hybrid", help="what is compared (default hybrid)")
    narrowing.add_arguments(parser)
    which.add_argument(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    site = sites.named(args.site)
    found = retriever.retrieve(
        args.query,
        site_id=site.id,
        site_language=site.language,
        k=args.k,
        narrowed=narrowing.read(args),
        mode=args.mode,
    )
    if args.json:
        rows = [{"content": p.text, "title": p.title, "url": p.url, "score": round(p.score, 4)} for p in found.passages]
        print(json.dumps({"results": rows, "degraded": found.degraded or None}, ensure_ascii=False))
        return 0
    if not found.passages:
        print("Nothing on this site is about that.")
    for place, passage in enumerate(found.passages, start=1):
        where = " > ".join((passage.title, *passage.headings))
        print(f"{place}. {where}\n   {passage.url}  (score {passage.score:.2f})")
        print("   " + " ".join(passage.text.split())[:300] + "\n")
    return 0
