"""Drafted questions and placed floors, counted by hand."""

from __future__ import annotations

import pytest

from askpress.evaluation import calibration, drafts, floors
from askpress.evaluation.drafts import Page

FAQ = Page(
    url="https://shop.test/blog/faq/",
    title="Questions",
    text="# Rental\n\n**Can I bring my dog?**\n\nGladly.\n\nWe have bikes. Which one?\n\n## 2. Deposits\n\nNone.",
)
PRICES = Page(url="https://shop.test/blog/?p=7", title="Prices", text="A tube costs €18.")


def test_a_site_is_asked_its_own_questions_first_then_headings_then_titles() -> None:
    found = drafts.draft([FAQ], site="https://shop.test/blog/", most=9)

    assert {line["question"]: line["kind"] for line in found} == {
        "Can I bring my dog?": "own question",
        "Questions: Rental": "heading",
        "Questions: Deposits": "heading",
        "Questions": "title",
    }
    assert {url for line in found for url in line["urls"]} == {"/faq/"}


def test_every_page_gives_its_best_before_one_gives_two() -> None:
    found = drafts.draft([FAQ, PRICES], site="https://shop.test/blog", most=2)

    assert [(line["question"], line["urls"]) for line in found] == [
        ("Prices", ["/?p=7"]),
        ("Can I bring my dog?", ["/faq/"]),
    ]


def test_a_floor_lies_just_above_what_has_no_answer() -> None:
    placed = calibration.place([0.6, 0.7, 0.8], [0.1, 0.2, 0.3], now=0.65)

    assert placed is not None
    assert placed.better == calibration.Effect(0.31, answered=3, answerable=3, refused=3, unanswerable=3)
    assert placed.now == calibration.Effect(0.65, answered=2, answerable=3, refused=3, unanswerable=3)
    assert placed.low <= 0.31 <= placed.high
    assert not placed.is_sure  # of three questions each


def test_what_overlaps_is_answered() -> None:
    placed = calibration.place([0.30] * 20, [0.1] * 10 + [0.9] * 10, now=None)

    assert placed is not None
    assert placed.better == calibration.Effect(0.30, answered=20, answerable=20, refused=10, unanswerable=20)
    assert not placed.is_sure


@pytest.mark.parametrize(("answerable", "unanswerable"), [([], [0.1]), ([0.1], [])])
def test_one_kind_of_question_places_nothing(answerable: list[float], unanswerable: list[float]) -> None:
    assert calibration.place(answerable, unanswerable, now=0.3) is None


@pytest.mark.parametrize(
    ("language", "expected"),
    [("de-AT", "Wer schrieb die Ilias?"), ("en_GB", "Who wrote the Iliad?"), ("fi", "Who wrote the Iliad?")],
)
def test_foreign_questions_are_in_the_sites_language_where_we_have_them(language: str, expected: str) -> None:
    found = floors.off_topic(language)

    assert expected in found
    assert len(set(found)) == len(found) >= calibration.FEW
