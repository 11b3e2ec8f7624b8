"""`askpress eval`: what it reads, measures, keeps, compares and refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from askpress import commands
from askpress.errors import UsageError
from askpress.evaluation import questions, record
from askpress.retrieval import keywords
from askpress.sync import site as site_trip
from tests.fakes.wordpress import FakeWordPress

PRICE = {"question": "How much is a puncture repair?", "urls": ["/prices/"], "patterns": ["€18"]}
HOURS = {"question": "When are you closed?", "urls": "/hours/", "half": "frozen"}
FOREIGN = {"question": "What is the capital of Mongolia?", "answerable": False, "half": "frozen"}


@pytest.fixture
def indexed(db: None, site: FakeWordPress) -> Iterator[FakeWordPress]:
    """A small site in the index of the offline model, answered by quotes."""
    site.add("Prices", "<h2>Repairs</h2><p>A puncture repair costs €18 and takes an hour.</p>", slug="prices")
    site.add("Hours", "<p>We are closed on Mondays and on public holidays.</p>", slug="hours")
    site.add("Tea", "<p>The kettle in the workshop is always on, and tea is free.</p>", slug="tea")
    with override_settings(WP_URL=site.url):
        keywords.forget()
        site_trip.sync()
        yield site


def written(folder: Path, *lines: object) -> str:
    path = folder / "questions.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return str(path)


def measured(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    commands.main(["eval", *words, "--json"])
    read: dict[str, Any] = json.loads(capsys.readouterr().out)
    return read


def test_a_run_is_measured_question_by_question(
    indexed: FakeWordPress, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = measured(capsys, written(tmp_path, PRICE, {**FOREIGN, "half": ""}))

    figures = found["figures"]["all"]
    assert {name: figures[name] for name in ("recall@5", "ndcg@10", "mrr@10", "context_recall")} == {
        "recall@5": 1.0, "ndcg@10": 1.0, "mrr@10": 1.0, "context_recall": 1.0,
    }  # fmt: skip
    assert (figures["answer_hit"], figures["citation_validity"], figures["groundedness"]) == (1.0, 1.0, 1.0)
    assert (figures["refusal_recall"], figures["false_refusals"]) == (1.0, 0.0)
    assert figures["ask_p95_ms"] > 0
    assert (figures["tokens"], figures["cost_usd"]) == (0, 0)
    assert [result["refused"] for result in found["results"]] == [False, True]


def test_halves_stand_apart_in_the_table(
    indexed: FakeWordPress, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = commands.main(["eval", written(tmp_path, {**PRICE, "half": "tuning"}, HOURS, FOREIGN)])

    heading = capsys.readouterr().out.split("\n")[1]
    assert (code, heading.split()) == (0, ["3", "questions", "tuning", "frozen"])


def test_one_half_can_be_asked_alone(
    indexed: FakeWordPress, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = measured(capsys, written(tmp_path, {**PRICE, "half": "tuning"}, HOURS, FOREIGN), "--half", "tuning")

    assert list(found["figures"]) == ["tuning"]


def test_searching_only_answers_nothing(
    indexed: FakeWordPress, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = measured(capsys, written(tmp_path, PRICE), "--search-only")["figures"]["all"]

    assert (figures["ndcg@10"], figures["answer_hit"], figures["ask_p50_ms"]) == (1.0, None, None)


def test_a_missed_threshold_is_said_and_fails(
    indexed: FakeWordPress, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, PRICE, {**HOURS, "half": "", "urls": ["/gone/"]})

    code = commands.main(["eval", file, "--min", "recall@10=0.9", "--max", "false_refusals=1"])

    said = capsys.readouterr().out
    assert code == 1
    assert "MISSED: all/recall@10 is 0.5, below 0.9\n" in said
    assert "No document has the address /gone/ (When are you closed?)" in said


def test_what_went_wrong_is_named_but_for_the_frozen_half(
    indexed: FakeWordPress, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tea = {"question": "Is tea free?", "answerable": False}
    closed = {"question": "When are you closed?", "patterns": ["Sunday"]}

    commands.main(["eval", written(tmp_path, PRICE, tea, closed, {**HOURS, "id": "h", "patterns": ["Sunday"]})])

    said = capsys.readouterr().out
    assert "2 went wrong:\n" in said
    assert "  answered, though nothing answers it: Is tea free?  (/tea/)\n" in said
    assert "  another answer: When are you closed?  (/hours/)\n" in said


def test_a_kept_threshold_does_not_fail(indexed: FakeWordPress, tmp_path: Path) -> None:
    file = written(tmp_path, PRICE)

    assert commands.main(["eval", file, "--min", "recall@10=1", "--max", "all/false_refusals=0"]) == 0


def test_what_got_worse_since_an_earlier_run_is_named(
    indexed: FakeWordPress, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, old = written(tmp_path, PRICE), tmp_path / "old.json"
    commands.main(["eval", file, "--save", str(old)])
    kept = json.loads(old.read_text())
    indexed.delete(1)
    site_trip.sync(allow_mass_removal=True)
    keywords.forget()
    capsys.readouterr()

    commands.main(["eval", file, "--compare", str(old)])

    said = capsys.readouterr().out
    assert kept["figures"]["all"]["ndcg@10"] == 1.0
    assert "0.000 (-1.000)" in said
    assert "How much is a puncture repair?  ndcg@10 1.00 -> 0.00\n" in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2: not JSON: "),
        ("[1]", "line 2: not a JSON object"),
        ("[" * 100_000, "line 2: not JSON that can be read"),
        ({"urls": ["/a/"]}, 'line 2: "question" is missing'),
        ({"question": 7, "urls": ["/a/"]}, 'line 2: "question" is 7: give a text'),
        ({"question": "Why?"}, 'line 2: neither "urls" nor "patterns"'),
        ({"question": "Why?", "url": ["/a/"]}, "line 2: url is not known; fields are answerable, half,"),
        ({"question": "Why?", "urls": [1]}, 'line 2: "urls" is [1]: give a list of texts'),
        ({"question": "Why?", "patterns": ["("]}, "line 2: the pattern '(' is no regular expression: "),
        ({"question": "Why?", "answerable": "no"}, 'line 2: "answerable" is "no": give true or false'),
        ({"question": "Why?", "answerable": False, "urls": ["/a/"]}, "line 2: it is not answerable and yet"),
        (r'{"question": "\ud83d?", "answerable": false}', "line 2: holds half of a character"),
        (PRICE, "line 2: the id 'How much is a puncture repair?' was used before"),
    ],
)
def test_a_bad_line_is_named_with_its_number(tmp_path: Path, line: object, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        questions.read(Path(written(tmp_path, PRICE, line, "")))

    assert said in str(caught.value)


def test_many_bad_lines_are_counted(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"line 5: .*\n  and 2 more$"):
        questions.read(Path(written(tmp_path, *["{"] * 7)))


@pytest.mark.parametrize(("content", "said"), [(b"\n \n", "is empty"), (b'{"question": "\xff"}', "is not UTF-8 text")])
def test_a_file_without_questions_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes(content)

    with pytest.raises(UsageError, match=said):
        questions.read(path)


@pytest.mark.usefixtures("stores")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["missing.jsonl"], "the questions cannot be read"),
        (["{file}", "--min", "quality=1"], "'quality=1' is no threshold"),
        (["{file}", "--max", "answer_hit"], "'answer_hit' is no threshold"),
        (["{file}", "--half", "third"], "no question is of the half 'third'; halves are not told apart"),
        (["{file}", "--compare", "{file}"], "cannot be compared with: it is not what `askpress eval --save` writes"),
        (["{file}", "--min", "frozen/ndcg@10=0.5"], "frozen/ndcg@10 was not measured; groups are all."),
        (["{file}", "--save", "/no/folder/of/this/name/run.json"], "the run cannot be kept: there is no folder"),
    ],
)
def test_a_wrong_word_ends_with_the_exit_code_of_wrong_usage(
    tmp_path: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, PRICE)

    code = commands.main(["eval", *(word.replace("{file}", file) for word in words)])

    assert code == 2
    assert said in capsys.readouterr().err


def test_a_threshold_on_what_was_not_measured_is_refused(
    indexed: FakeWordPress, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = commands.main(["eval", written(tmp_path, PRICE), "--search-only", "--min", "answer_hit=0.5"])

    assert code == 2
    assert "all/answer_hit was not measured; groups are all." in capsys.readouterr().err


RUN = {"figures": {"all": {"ndcg@10": 0.5, "mrr@10": None}}, "results": [{"id": "a", "scores": {"ndcg@10": 0.5}}]}


@pytest.mark.parametrize(
    "wrong",
    [
        [], {**RUN, "figures": {"all": None}}, {**RUN, "figures": {"all": {"ndcg@10": "high"}}},
        {**RUN, "results": [{"id": ["a"], "scores": {}}]}, {**RUN, "results": [{"id": "a", "scores": {"a": "b"}}]},
        {**RUN, "results": 5}, "[" * 100_000,
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_no_run_is_not_compared_with(tmp_path: Path, wrong: object) -> None:
    with pytest.raises(UsageError, match="it is not what"):
        record.read(Path(written(tmp_path, wrong)))


def test_runs_made_otherwise_say_in_what() -> None:
    old = {**RUN, "embedding_model": "large", "language_model": "extractive", "made_at": "2026-11-05"}

    assert record.made_otherwise({**old, "embedding_model": "small", "made_at": "2026-11-06"}, old) == {
        "embedding_model": ["large", "small"]
    }


URLS = frozenset(
    {
        "https://www.site.test/blog/prices/",
        "https://www.site.test/blog/2026/a/",
        "http://site.test/blog/?p=7",
        "https://www.site.test/blog/%c3%bcber-uns/",
    }
)


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("/prices/", 1), ("prices", 1), ("/prices/#repairs", 1), ("https://site.test/blog/prices", 1),
        ("/2026/*", 1), ("*", 4), ("/?p=7", 1), ("/price", 0), ("https://other.test/blog/prices/", 0),
        ("/.rices/", 0), ("/über-uns/", 1), ("/%C3%BCber-uns", 1), ("/u\u0308ber*", 1),
    ],
)  # fmt: skip
def test_an_address_is_found_however_it_is_written(pattern: str, count: int) -> None:
    assert len(questions.matching(pattern, URLS, site="https://site.test/blog")) == count


def test_questions_are_drafted_once_and_floors_placed_by_them(
    indexed: FakeWordPress, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "questions.jsonl"

    first = measured(capsys, "--make", str(path), "--most", "6")
    path.write_text(json.dumps(PRICE) + "\n")
    again = measured(capsys, "--make", str(path))

    assert (first["drafted"], again["drafted"]) == (6, 0)
    placed = first["floors"]["ASKPRESS_EVIDENCE_COSINE"]
    assert (placed["better"]["answerable"], placed["better"]["answered"], placed["sure"]) == (4, 4, False)
    assert questions.read(path)[0].text == PRICE["question"]


def test_what_is_drafted_is_told_in_words(
    indexed: FakeWordPress, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = commands.main(["eval", "--make", str(tmp_path / "questions.jsonl")])

    said = capsys.readouterr().out
    assert code == 0
    assert "questions are drafted in" in said
    assert "ASKPRESS_EVIDENCE_COSINE: " in said


def test_nothing_is_drafted_from_an_empty_index(
    db: None, site: FakeWordPress, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with override_settings(WP_URL=site.url):
        site_trip.sync()
        code = commands.main(["eval", "--make", str(tmp_path / "questions.jsonl")])

    assert code == 2
    assert "run `askpress sync` first" in capsys.readouterr().err
