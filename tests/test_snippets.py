"""Which stretch of a passage is shown, and what is marked in it."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpress.retrieval import snippets
from askpress.text import terms

LONG = (
    "Every week somebody wheels a bargain through our gate. " * 6
    + "A puncture repair costs €12 & takes an hour. "
    + "We oil chains as well. " * 12
)


def shown(text: str, query: str, language: str = "en") -> str:
    """Return the snippet as HTML, every word of the query equally rare."""
    return snippets.of(text, dict.fromkeys(terms.lexemes(query, language=language), 1.0), language=language).html


@pytest.mark.parametrize(
    ("text", "query", "language", "expected"),
    [
        ("We repair bikes.", "repairing a bike", "en", "We <mark>repair</mark> <mark>bikes</mark>."),
        ("Die Räder im Haus", "rad häuser", "de", "Die <mark>Räder</mark> im <mark>Haus</mark>"),
        ("Call wp_insert_post() now", "insert", "en", "Call wp_<mark>insert_post</mark>() now"),
        ("It costs 1,500 pounds", "1500", "en", "It costs <mark>1,500</mark> pounds"),
        ("東京都の自転車", "自転車", "ja", "東京都の<mark>自転車</mark>"),
        ("كتاب هذا الكتاب", "كتاب", "ar", "<mark>كتاب</mark> هذا <mark>الكتاب</mark>"),
        ("An e-bike, an ebike", "e-bike", "en", "An <mark>e-bike</mark>, an <mark>ebike</mark>"),
        ("Strasse, Straße, Gras", "straße", "de", "<mark>Strasse</mark>, <mark>Straße</mark>, Gras"),
        ("Nothing here", "puncture", "en", "Nothing here"),
        ("Basic music, vitamin C", "vitamin c", "en", "Basic music, <mark>vitamin</mark> <mark>C</mark>"),
        ("We have e-mail, b_c", "e-mail b", "en", "We have <mark>e-mail</mark>, <mark>b_c</mark>"),
        ("Call getElementById()", "element", "en", "Call <mark>getElementById</mark>()"),
        ("ดื่มน้ำทุกวัน", "น้ำ", "th", "ดื่ม<mark>น้ำ</mark>ทุกวัน"),
        ("ลูกค้าใหม่", "้าใ", "th", "ลูก<mark>ค้าใ</mark>หม่"),
    ],
)
def test_words_are_marked_in_all_their_forms(text: str, query: str, language: str, expected: str) -> None:
    assert shown(text, query, language) == expected


def test_what_stands_in_the_passage_is_no_markup() -> None:
    assert shown('<script>alert("bike")</script>', "bike") == (
        "&lt;script&gt;alert(&quot;<mark>bike</mark>&quot;)&lt;/script&gt;"
    )


def test_the_sentence_with_most_words_of_the_query_is_shown() -> None:
    found = shown(LONG, "cost of a puncture repair")

    assert "A <mark>puncture</mark> <mark>repair</mark> <mark>costs</mark> €12 &amp; takes an hour." in found
    assert found.endswith(".")


def test_a_rare_word_outweighs_two_common_ones() -> None:
    text = "The shop is open. " + "Words that say nothing at all. " * 12 + "Ask for a quokka. " + "More. " * 50

    found = snippets.of(text, {"shop": 1.0, "open": 1.0, "quokka": 5.0}, language="en")

    assert "Ask for a quokka." in found.text


def test_a_table_row_is_shown_with_its_header() -> None:
    rows = "".join(f"| Wheel {n} with all its many spokes | {n} pounds |\n" for n in range(12))
    text = f"Prices\n\n| Part | Price |\n| --- | --- |\n{rows}| Gears | 99 pounds |"

    assert shown(text, "gears").endswith("· <mark>Gears</mark> | 99 pounds")
    assert shown(text, "gears").startswith("Part | Price · Wheel ")


def test_a_list_stays_a_list() -> None:
    assert shown("You need:\n\n- a torch\n- a **rag**\n1. [oil](http://x.test/)", "rag") == (
        "You need: • a torch • a <mark>rag</mark> 1. oil"
    )


def test_code_and_sums_keep_their_stars() -> None:
    text = (
        "**Two** is 2*3*4, `**kw` and 5 \\* 6:\n\n```c\nchar *p = **argv; a | b\n```\n\n| a\\|b | *c* |\n| --- | --- |"
    )

    assert shown(text, "argv") == ("Two is 2*3*4, **kw and 5 * 6: char *p = **<mark>argv</mark>; a | b · a|b | c")


def test_a_passage_cut_within_code_is_shown_as_prose() -> None:
    assert shown("return 0\n```\n\nA **bold** bike", "bike") == "return 0 A bold <mark>bike</mark>"


@pytest.mark.parametrize("before", range(4))
def test_no_character_is_cut_where_no_blank_stands(before: int) -> None:
    found = snippets.of("ก" * before + "กี้" * 200, {}, language="th").text

    assert found.removesuffix(" …").removeprefix("ก" * before).replace("กี้", "") == ""


def test_without_a_word_in_it_the_beginning_is_shown() -> None:
    assert shown(LONG, "zygomorphic").startswith("Every week somebody")


@given(st.text(max_size=900), st.lists(st.text(min_size=1, max_size=6), max_size=5), st.sampled_from(["en", "de", ""]))
def test_marks_lie_in_the_snippet_in_order(text: str, words: list[str], language: str) -> None:
    idfs = dict.fromkeys(terms.lexemes(" ".join([*words, *text.split()[-2:]]), language=language), 1.0)

    found = snippets.of(text, idfs, language=language)

    places = [place for mark in found.marks for place in mark]
    assert places == sorted(set(places))
    assert all(0 <= place <= len(found.text) for place in places)
    assert "\n" not in found.text
    assert found.html.replace("<mark>", "").replace("</mark>", "") == html.escape(found.text)
