"""Measures the defaults with the offline model: over the sample site, or over any corpus in BEIR's form.

python -m evals.run                      the repository's questions; the gates hold on the frozen half
python -m evals.run --half tuning        the half one may look at while changing things
python -m evals.run --clapnq DIR         corpus.jsonl, queries.jsonl and qrels.tsv of a folder, searched only
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from askpress.evaluation import figures, questions, record
from askpress.evaluation.questions import Question
from askpress.sample import SampleSite
from evals import corpus, service

_HERE = Path(__file__).parent
_RESULTS = _HERE / "results.md"
# A little below what was reached when they were set: int8 kernels of another CPU may move the third digit.
_LEAST = (
    "frozen/en/recall@10=0.86",
    "frozen/en/ndcg@10=0.74",
    "frozen/en/context_recall=0.8",
    "frozen/en/answer_hit=0.6",
    "frozen/en/citation_precision=0.74",
    "frozen/en/refusal_recall=0.64",
    "frozen/de/ndcg@10=0.7",
    "frozen/de/context_recall=0.7",
    "frozen/citation_validity=1",
    "frozen/groundedness=1",
    "tuning/citation_validity=1",
    "tuning/groundedness=1",
)
_MOST = ("frozen/en/false_refusals=0.14", "frozen/de/false_refusals=0.2")


def main() -> int:
    args = _arguments()
    if args.clapnq:
        args.corpus, args.queries = args.clapnq / "corpus.jsonl", args.clapnq / "queries.jsonl"
        args.qrels = args.clapnq / "qrels.tsv"
    own = args.corpus is None
    site = SampleSite.load() if own else corpus.site(args.corpus)
    asked = questions.read(_HERE / "sample.jsonl") if own else corpus.questions(args.queries, args.qrels)
    return _measure(site, asked, args, own=own)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", default="", help="only this half of the repository's questions, without gates")
    parser.add_argument("--clapnq", type=Path, metavar="DIR", help="a folder with the three files below")
    parser.add_argument("--corpus", type=Path, help="JSONL: id, title, text")
    parser.add_argument("--queries", type=Path, help="JSONL: id, text, and perhaps answerable, language")
    parser.add_argument("--qrels", type=Path, help="lines of query, document, score")
    parser.add_argument("--answers", action="store_true", help="answer the questions of a corpus too")
    parser.add_argument("--save", type=Path, metavar="NEW.json", help="keep the run")
    parser.add_argument("--compare", type=Path, metavar="OLD.json", help="compare with an earlier run")
    parser.add_argument("--write", action="store_true", help="write the figures to evals/results.md")
    return parser.parse_args()


def _measure(site: SampleSite, asked: Sequence[Question], args: argparse.Namespace, *, own: bool) -> int:
    started = time.monotonic()
    with service.over(site):
        from askpress.commands import eval as command

        ingested = time.monotonic()
        measured = command.measure(command.chosen(asked, half=args.half), answers=own or args.answers)
        earlier = record.read(args.compare) if args.compare else None
        missed = _missed(measured["figures"]) if own and not args.half else []
        command.show(measured, earlier=earlier, missed=missed)
    print(f"ingested in {ingested - started:.0f} s, asked in {time.monotonic() - ingested:.0f} s")
    for said in _refused_by_kind(measured["results"]):
        print(said)
    if args.save:
        args.save.write_text(json.dumps(measured, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if args.write:
        _write("sample site" if own else args.corpus.parent.name, measured)
    return 1 if missed else 0


def _refused_by_kind(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say how many questions without an answer were refused: what only sounds like the site is another matter."""
    kinds: dict[str, Counter[bool]] = defaultdict(Counter)
    for result in results:
        if result["kind"] and not result["answerable"]:
            kinds[f"{result['half']} {result['language']} {result['kind']}".strip()][result["refused"]] += 1
    return [f"refused, {kind}: {counts[True]} of {counts.total()}" for kind, counts in sorted(kinds.items())]


def _missed(measured: figures.Figures) -> list[str]:
    least = [figures.threshold(written, is_least=True) for written in _LEAST]
    most = [figures.threshold(written, is_least=False) for written in _MOST]
    return [said for said in (threshold.missed(measured) for threshold in (*least, *most)) if said]


def _write(name: str, measured: Mapping[str, Any]) -> None:
    """Replace the section of that name in the results; the other sections stay."""
    text = _RESULTS.read_text(encoding="utf-8") if _RESULTS.exists() else _HEAD
    head, *sections = text.split("\n## ")
    kept = {section.partition("\n")[0]: section for section in sections}
    kept[name] = f"{name}\n\n{_section(measured)}"
    _RESULTS.write_text("\n## ".join([head.rstrip() + "\n", *(s.rstrip() + "\n" for s in kept.values())]), "utf-8")


_HEAD = """\
# What was reached

The defaults with the offline model and quotes as answers. `python -m evals.run --write` writes the sample site's
section, `--clapnq DIR --write` that of another set. Only the tuning half was looked at while choosing values.

A near miss (a question that sounds like the site, and whose answer is not on it) is not told from a hard paraphrase by
any score tried: cosine, words, the nearest sentence, the nearest word to each word. A language model, which may say
"not in the sources", refuses them; quotes cannot.
"""


def _section(measured: Mapping[str, Any]) -> str:
    groups = measured["figures"]
    rows = [
        [name, *("" if groups[g][name] is None else f"{groups[g][name]:.3f}" for g in groups)]
        for name in figures.QUALITY
        if any(groups[g][name] is not None for g in groups)
    ]
    lines = [["", *groups], ["---"] * (len(groups) + 1), *rows]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    kinds = "\n".join(f"- {said}" for said in _refused_by_kind(measured["results"]))
    return f"{dt.date.today()}, commit {_commit()}, {measured['questions']} questions\n\n{table}\n\n{kinds}".rstrip()


def _commit() -> str:
    git = ["git", "-C", str(_HERE)]
    commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True)
    return commit.stdout.strip() + (" with changes" if changed.stdout.strip() else "")


if __name__ == "__main__":
    raise SystemExit(main())
