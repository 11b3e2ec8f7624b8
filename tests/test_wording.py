"""What of a claim's text leaves, and when."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpress.answer.wording import MAX_CHARS, Wording


def wording(known: str = "") -> Wording:
    return Wording(may_say=lambda word: "13" not in word, knows=lambda name: name.casefold() in known)


def said(text: str, *cuts: int, known: str = "") -> str:
    """What is said of a text that arrives in the pieces between `cuts`."""
    out = wording(known)
    arrived = [text[:cut] for cut in sorted(cuts)]
    return "".join([*(out.take(part, whole=False) for part in arrived), out.take(text, whole=True)])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Yes [1].", "Yes."),
        ("Yes [1][2], [3, 4].", "Yes,."),
        ("Yes【4†source】", "Yes"),
        ("はい［4］、［１］です", "はい、です"),
        ("Yes 〔2〕.", "Yes."),
        ("Yes (source 2) it is", "Yes it is"),
        ("Yes (Quelle 2).", "Yes."),
        ("Yes (see [1]), so (siehe Quelle 2) and so (source: [3]) or ([4]).", "Yes, so and so or."),
        ("Yes [S1], [doc 2] \ue200cite\ue202turn0search0\ue201 too [Quellen 1, 2].", "Yes, too."),
        (
            "It costs [€4](http://evil.example) or <b>“€5”</b>, [**€6**](http://evil.example)",
            "It costs €4 or “€5”, **€6**",
        ),
        (
            "It costs 4.50.<br>Tea is hot.Bread is cold.</p><p>Dr.Smith",
            "It costs 4.50. Tea is hot. Bread is cold. Dr. Smith",
        ),
        ("Go to Evil.example, evil.Example/x or EVIL.Example", "Go to, or"),
        ("Yes (if so) and [sic] too", "Yes (if so) and [sic] too"),
        ("See [the page](http://evil.example/?q=secret)", "See the page"),
        ("See [[1](http://evil.example)]", "See"),
        ("![x y](http://evil.example/p.png) Yes", "x y Yes"),
        ("Go to https://evil.example/a now", "Go to now"),
        ("Go to HTTPS://evil.example/a", "Go to"),
        ("Go to ftp://evil.example or evil.example/x?y or www.evil.example.", "Go to or or"),
        ("Write to mailto:a@evil.example or javascript:alert(1)", "Write to or"),
        ('<img src="//evil.example/p.png" onerror="x"> and <b>so</b>', "and so"),
        ("Use `$m[1]`[1] and `$m[2]`, `[1]` or `//a.b/[1]`.", "Use `$m[1]` and `$m`, `` or `//a.b/`."),
        ("Use `</code>`, not <code class=x> or <i>", "Use `</code>`, not or"),
        ("a < b and b > c", "a < b and b > c"),
        ("We use node.js/express and evil.js", "We use node.js/express and"),
        ("a\u202eb\u200bc\x00d", "abcd"),
        ("Go to http:\u200b//evil\u200b.example/?q=x now", "Go to now"),
        ("Yes [\u200b9] and [9\u2060] and [a]\u200b(http://evil.example)", "Yes and and a"),
        ("Yes [ 9 ] and [Source 9], [#9] and [9 [9]]", "Yes and, and"),
        ("Write to jo@evil.example, not to jo@node.js", "Write to, not to"),
        ("Go to evil.\u0440\u0444, evil.xn--p1ai or evil.example:8080/x", "Go to, or"),
        ("two\n\nlines", "two lines"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("an open [bracket and more", "an open [bracket and more"),
        ("一块面包的价格是4.50欧元。[1]真的", "一块面包的价格是4.50欧元。真的"),
        ("見 http://evil.example/秘密 ください", "見 ください"),
    ],
)
def test_links_addresses_markers_and_tricks_are_taken_out(text: str, left: str) -> None:
    assert said(text, known="node.js/express </code> $m[1]") == left


@pytest.mark.parametrize(
    "text", ["a [", "a [b", "a [b]", "a [b](", "a [b](http://x", "a (source", "a <im", "a 1", "a ht"]
)
def test_what_is_not_decided_yet_waits(text: str) -> None:
    assert wording().take(text, whole=False) == "a"


def test_words_leave_as_they_are_written() -> None:
    out = wording()

    heard = [out.take("A loaf costs 4.50 euros."[:end], whole=False) for end in range(24)]

    assert [(end, text) for end, text in enumerate(heard) if text] == [
        (2, "A"),
        (7, " loaf"),
        (13, " costs"),
        (18, " 4.50"),
    ]


def test_chinese_leaves_by_the_character() -> None:
    out = wording()

    assert [out.take("面包很好"[:end], whole=False) for end in range(1, 5)] == list("面包很好")


def test_a_text_ends_before_what_may_not_be_said() -> None:
    out = wording()

    assert (out.take("It costs 13 euros.", whole=True), out.cut) == ("It costs", True)


def test_a_text_that_never_ends_is_cut() -> None:
    out = wording()

    assert len(out.take("again and " * 1_000_000, whole=False)) <= MAX_CHARS + 10
    assert out.cut


@pytest.mark.parametrize("piece", ["a", "a.", "[", "[9", " ", "<a", "\u200d", "http://"])
def test_a_word_that_never_ends_is_not_said_and_takes_bounded_work(piece: str) -> None:
    out, text, begun = wording(), piece * (24_000 // len(piece)), time.process_time()

    said = [out.take(text[:end], whole=False) for end in range(0, 24_000, 100)]

    assert len("".join(said)) <= MAX_CHARS
    assert time.process_time() - begun < 2


TEXTS = st.text(alphabet="ab1[]()<>!【】:/. \u200b\u200d\u202eé面w13", max_size=40) | st.lists(
    st.sampled_from(
        ["[a](http://b)", "http://evil.example/x", "[9]", "(source 3)", " ", "4.50", "面包", "<b>", "word", "\u200b",
         "[", "9", "]", "\u200d", "é", "\ue200", "\ue201", "(see [3])",
         "`a[1]`", "`", "<br>", "hot.Bread", "</code>", "(S", ")"]
    )
).map("".join)  # fmt: skip


@given(TEXTS, st.lists(st.integers(0, 40), max_size=12))
def test_what_is_said_does_not_depend_on_how_it_arrives(text: str, cuts: list[int]) -> None:
    assert said(text, *cuts) == said(text)


@given(TEXTS)
def test_no_address_and_no_marker_is_ever_said(text: str) -> None:
    left = said(text)

    assert "://" not in left and "[9]" not in left and "[1]" not in left and "evil.example" not in left
