"""`askpress search`: the passages a question finds."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from askpress import sites
from askpress.commands import given, narrowing, which
from askpress.commands.plan import printable
from askpress.retrieval import listing, snippets
from askpress.retrieval.filters import MODES
from askpress.retrieval.listing import Listing, Place, Stretch, Wanted
from askpress.retrieval.passage import Passage

HELP = "show the passages that a query finds"
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", type=given.question, help="what to look for")
    parser.add_argument(
        "-k",
        type=given.number(1, 50),
        default=5,
        metavar="K",
        help="how many passages, 1 to 50 (default 5)",
    )
    parser.add_argument("--mode", choices=MODES, default="hybrid", help="what is compared (default hybrid)")
    parser.add_argument("--group", action="store_true", help="one result for each document, with its best passages")
    parser.add_argument("--explain", action="store_true", help="show how everything was found, and what came nearest")
    narrowing.add_arguments(parser)
    which.add_argument(parser, default="the first")
    parser.add_argument("--json", action="store_true", help="print one JSON object, as the API gives it")


def run(args: argparse.Namespace) -> int:
    site = sites.named(args.site)
    wanted = Wanted(
        args.query,
        k=args.k,
        narrowed=narrowing.read(args),
        mode=args.mode,
        by_document=args.group,
        explain=args.explain,
    )
    page = listing.search_page(wanted, Place(site.id, site.language, site.instance, site.corpus_version))
    if args.json:
        print(json.dumps(page.body, ensure_ascii=False))
    else:
        _show(page, explain=args.explain)
    return 0


def _show(page: Listing, *, explain: bool) -> None:
    if not page.shown:
        print("Nothing on this site is about that.")
    for place, result in enumerate(page.shown, start=1):
        best = result[0][0]
        print(f"{place}. {printable(best.title)}  (score {best.score:.2f})")
        for stretch in result:
            _show_passage(stretch, page, explain=explain)
        print()
    if explain:
        _show_explanation(page.body["explain"])
    if page.body["degraded"]:
        print(f"(degraded: {page.body['degraded']})")


def _show_passage(stretch: Stretch, page: Listing, *, explain: bool) -> None:
    best = stretch[0]
    marks = (_BOLD, _PLAIN) if sys.stdout.isatty() else ("", "")
    if best.headings:
        print("   " + printable(" > ".join(best.headings)))
    print("   " + printable(listing.link(best)))
    print("   " + snippets.of(best.text, page.found.idfs, language=best.language).marked(*marks, written=printable))
    if explain:
        print("   " + _explained(best))


def _explained(passage: Passage) -> str:
    found = passage.found
    assert found is not None
    legs = " and ".join(name for name, is_in in (("meaning", found.by_meaning), ("words", found.by_words)) if is_in)
    anew = "" if found.reranked is None else f", reranked {found.reranked:.2f}"
    return (
        f"by {legs}: cosine {passage.cosine:.3f} (rank {found.cosine_rank}), bm25 {passage.bm25:.1f}"
        f" (rank {found.bm25_rank}), coverage {passage.coverage:.2f}{anew}"
    )


def _show_explanation(how: dict[str, Any]) -> None:
    weights, evidence = how["weights"], how["evidence"]
    print(
        f"{how['mode']}, {how['formula']}: meaning x {weights['semantic']:g}, words x {weights['keyword']:g};"
        f" read as {', '.join(how['languages'])}; {how['model']}, index version {how['index_version']}"
    )
    measure = "nearness" if evidence["nearness_floor"] is not None else "coverage"
    enough = "yes" if evidence["enough"] else "no"
    print(f"Evidence: {enough}; one {measure} must reach {evidence[f'{measure}_floor']}.")
    for near in evidence["nearest"]:
        print(f"   {near[measure]:.3f}  {printable(near['title'])}  {printable(near['url'])}")
