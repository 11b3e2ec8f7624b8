"""evals/corpus.py: a corpus in BEIR's form as a site and its questions."""

from __future__ import annotations

import json
from pathlib import Path

from evals import corpus


def written(folder: Path, name: str, *lines: object) -> Path:
    path = folder / name
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return path


def test_each_line_becomes_a_post_with_its_paragraphs(tmp_path: Path) -> None:
    path = written(tmp_path, "c.jsonl", {"_id": "D 1/2", "title": "A < B", "text": "One & two.\n\nThree."})

    (post,) = corpus.site(path).items()

    assert (post.title, post.html) == ("A &lt; B", "<p>One &amp; two.</p>\n<p>Three.</p>")
    assert post.path == "/D_20_1_2f_2/"


def test_queries_are_judged_by_the_documents_with_a_positive_score(tmp_path: Path) -> None:
    queries = written(
        tmp_path, "q.jsonl",
        {"id": "q1", "text": "Who?"}, {"_id": "q2", "text": "Why?", "answerable": False}, {"id": "q3", "text": "What?"},
    )  # fmt: skip
    judgements = tmp_path / "qrels.tsv"
    judgements.write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t0\nq1\td3\t2\nq2\td1\t1\n")

    found = corpus.questions(queries, judgements)

    assert [(question.id, question.answerable, question.urls) for question in found] == [
        ("q1", True, ("/d1/", "/d3/")),
        ("q2", False, ()),
    ]


def test_judgements_of_four_columns_are_read_too(tmp_path: Path) -> None:
    queries = written(tmp_path, "q.jsonl", {"id": "q1", "text": "Who?"})
    judgements = tmp_path / "qrels.txt"
    judgements.write_text("q1 0 d1 1\n")

    assert corpus.questions(queries, judgements)[0].urls == ("/d1/",)
