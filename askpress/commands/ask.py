"""`askpress ask`: a cited answer."""

from __future__ import annotations

import argparse
import json

from askpress import sites
from askpress.answer import ask as trip
from askpress.answer.asked import Asked
from askpress.commands import given, narrowing, which
from askpress.commands.plan import printable

HELP = "answer a question from the site, with sources"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question", type=given.question, help="the question")
    narrowing.add_arguments(parser)
    which.add_argument(parser, default="the first")
    parser.add_argument("--json", action="store_true", help="print the answer as the API gives it")


def run(args: argparse.Namespace) -> int:
    asked = Asked(args.question, site=sites.named(args.site), user="command", narrowed=narrowing.read(args))
    body = trip.ask(asked).body
    if args.json:
        print(json.dumps(body, ensure_ascii=False))
        return 0
    print("\n".join(map(printable, body["answer"].split("\n"))))
    for source in body["sources"]:
        print(f"\n[{source['number']}] {printable(source['title'])}\n    {printable(source['url'])}", end="")
    for near in body["suggestions"]:
        print(f"\nPerhaps: {printable(near['title'])}\n    {printable(near['url'])}", end="")
    print()
    if body["degraded"]:
        print(f"(degraded: {body['degraded']})")
    return 0
