"""Cleaning keeps what a reader reads, whatever HTML a site sends."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askpress.text import cleaning, outline, repair


def text_of(html: str) -> str:
    return cleaning.clean(html).text


def test_headings_lists_and_code_become_markdown() -> None:
    html = (
        "<!-- wp:heading --><h2>Setup</h2><!-- /wp:heading --><ul><li>one<ul><li>two</li></ul></li></ul>"
        '<ol><li>x</li><li>y</li></ol><pre class="wp-block-code"><code>if (a &lt; b) {\n    run();\n}</code></pre>'
    )

    assert text_of(html) == ("## Setup\n\n- one\n  - two\n\n1. x\n2. y\n\n```\nif (a < b) {\n    run();\n}\n```")


def test_a_table_keeps_its_cells_unpadded_and_its_caption() -> None:
    html = (
        '<figure class="wp-block-table"><table><thead><tr><th>Plan</th><th>Price per month</th></tr></thead>'
        "<tbody><tr><td>Basic</td><td>9 €</td></tr></tbody></table><figcaption>Prices of 2026</figcaption></figure>"
    )

    assert text_of(html) == "| Plan | Price per month |\n| --- | --- |\n| Basic | 9 € |\n\nPrices of 2026"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<p>See <a href="https://example.org/p">our prices</a>.</p>', "See our prices."),
        ("<p>un<b>believ</b>able WP_POST_REVISIONS 5*3</p>", "unbelievable WP_POST_REVISIONS 5*3"),
        ("<p>It&#8217;s &#8220;AT&#038;T&#8221;</p>", "It’s “AT&T”"),
        ("<p>line one<br />line two</p>", "line one\nline two"),
        ("first line\nsame paragraph\n\nsecond paragraph", "first line\nsame paragraph\n\nsecond paragraph"),
        ("<p>10<sup>6</sup> m<sup>2</sup>, the 1<sup>st</sup></p>", "10^6 m^2, the 1st"),
        ("<p><del>50 €</del> 40 €</p>", "~~50 €~~ 40 €"),
        ("<details><summary>Open on Sunday?</summary><p>No.</p></details>", "Open on Sunday?\n\nNo."),
        ('<div id="tab2" hidden><p>In a closed tab</p></div>', "In a closed tab"),
        ("<p>a\u00a0b\u200bc\u00add</p>", "a bcd"),
        ("<p>cafe\u0301</p>", "café"),
        ("<p>1. Not a list in HTML</p>", "1. Not a list in HTML"),
    ],
)
def test_text_reads_as_in_the_browser(html: str, text: str) -> None:
    assert text_of(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<figure><img src="a.jpg" alt="A red car"><figcaption>Our car</figcaption></figure>', "A red car\n\nOur car"),
        ('<figure><img src="a.jpg" alt="Our car"><figcaption>Our car</figcaption></figure>', "Our car"),
        ('<p>Look:<img src="data:image/png;base64,AAAA" alt="a map">here</p>', "Look: a map here"),
        ('<p>Hi<img class="emoji" alt="🙂" src="x.png"></p>', "Hi🙂"),
        ('<p>x</p><img src="IMG_2041.jpg" alt="IMG_2041.jpg">', "x"),
    ],
)
def test_an_image_is_its_alt_text(html: str, text: str) -> None:
    assert text_of(html) == text


@pytest.mark.parametrize(
    "block",
    [
        "<script>track()</script>",
        "<style>p{}</style>",
        "<noscript>enable it</noscript>",
        "<svg><title>icon</title></svg>",
        '<iframe src="x">frame</iframe>',
        "<form><label>Name</label><input></form>",
        "<nav>Menu</nav>",
        '<ul class="wp-block-latest-posts"><li>Other post</li></ul>',
        '<div class="wp-block-query"><h2>Other post</h2></div>',
        '<div class="sharedaddy">Share this</div>',
        '<div id="jp-relatedposts" class="jp-relatedposts">Related</div>',
        '<div class="yarpp"><nav>Related<div class="related-posts">more</div></nav></div>',
        '<div id="ez-toc-container"><p>Contents</p></div>',
    ],
)
def test_what_is_not_the_post_goes(block: str) -> None:
    assert text_of(f"<p>before</p>{block}<p>after</p>") == "before\n\nafter"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>[contact-form-7 id=&#8221;12&#8243; title=&#8221;Form&#8221;]</p><p>x</p>", "x"),
        ("<p>[vc_row][vc_column width=&#8221;1/2&#8243;]Inside[/vc_column][/vc_row]</p>", "Inside"),
        ("<p>[toggle title=”Do you deliver?”]Yes[/toggle]</p>", "Do you deliver? Yes"),
        ("<p>[tab title='Prices']From 9 €[/tab]</p>", "Prices: From 9 €"),
        ("<p>[gallery ids=1,2 /]</p><p>[shop_cart]</p><p>x</p>", "x"),
        ("<p>[vc_raw_html]JTNDZGl2JTNF[/vc_raw_html]x</p>", "x"),
        ("<p>[caption width=“300”]<img src=a.png alt=A>The shop[/caption]</p>", "A The shop"),
        ("<p>a[0] b[i] [1] [Step 1] [sic] [...] [x = 5] [email protected]</p>", None),
        ("<p>The tag [gallery] in a sentence, [[escaped]] too</p>", None),
    ],
)
def test_shortcode_brackets_go_and_other_brackets_stay(html: str, text: str | None) -> None:
    assert text_of(html) == (text or html[3:-4])


def test_shortcodes_in_code_stay() -> None:
    html = '<p>Write <code>[gallery ids="1"]</code></p><pre>[tabs a="b"]\n[/tabs]</pre>'

    assert text_of(html) == 'Write `[gallery ids="1"]`\n\n```\n[tabs a="b"]\n[/tabs]\n```'


def test_anchors_list_every_heading_in_order() -> None:
    html = (
        '<h2 id="a">One <em>more</em></h2><h2><span class="ez-toc-section" id="b"></span>Two</h2>'
        '<h3></h3><h3>Two<a class="anchor" href="#c">#</a></h3>'
    )

    assert cleaning.clean(html).anchors == (("One more", "a"), ("Two", "b"), ("Two", ""))


@pytest.mark.parametrize(
    "heading", ["Opening<br>hours", "Opening<br />\nhours", "Öffnungs&shy;zeiten", "9&nbsp;to&nbsp;5", "Cafe\u0301"]
)
def test_the_anchor_of_a_heading_is_found_however_it_is_broken(heading: str) -> None:
    cleaned = cleaning.clean(f'<h2 id="a">{heading}</h2><p>Text.</p>')

    assert [section.anchors for section in outline.sections(cleaned.text, cleaned.anchors)] == [("a",)]


@pytest.mark.parametrize(
    ("html", "note"),
    [
        ("", "empty"),
        ("\n", "empty"),
        ('<img src="only.jpg">', "empty"),
        ('<p>[gallery ids="1"]</p>', "shortcodes"),
        ("<p>[vc_row][vc_column][/vc_column][/vc_row]</p>", "shortcodes"),
        ("<p>text</p>", ""),
    ],
)
def test_the_note_tells_why_nothing_is_left(html: str, note: str) -> None:
    assert cleaning.clean(html).note == note


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (
            "<p>Put it into the <head> of your theme.</p><p>Then save.</p>",
            "Put it into the <head> of your theme.\n\nThen save.",
        ),
        ("<p>Put it into a <script> tag</p><p>Then save.</p>", "Put it into a <script> tag\n\nThen save."),
        ("<p>before</p><script>var a = 1;\n<p>after</p>", "before\n\nafter"),
        ('<p>before</p><form action="/x"><p>after</p>', "before\n\nafter"),
        ("<p>before <!-- never closed</p><p>after</p>", "before <!-- never closed\n\nafter"),
        ("<frameset>text", "text"),
        ("</body></html><p>after</p>", "after"),
        ("a\x00b\ud800c\udfffd", "abcd"),
    ],
)
def test_broken_html_swallows_nothing(html: str, text: str) -> None:
    assert text_of(html) == text


@pytest.mark.parametrize("tag", ["div", "blockquote", "b", "li", "span", "section"])
def test_two_thousand_nested_tags_lose_no_word(tag: str) -> None:
    html = "".join(f"<{tag}>word{n} " for n in range(2_000))

    cleaned = cleaning.clean(html)

    assert re.findall(r"word\d+", cleaned.text) == [f"word{n}" for n in range(2_000)]


def test_nesting_too_deep_to_parse_gives_the_plain_text() -> None:
    cleaned = cleaning.clean("<div>a &amp; b" * 50_000)

    assert cleaned.note == "plain"
    assert cleaned.text.count("a & b") == 50_000


def test_words_of_neighbouring_blocks_never_stick_together_in_plain_text() -> None:
    cleaned = cleaning.clean("<div>" * 2_000 + "a<p>b</p>c<br>d")

    assert cleaned.text == "a\n\nb\n\nc\nd"
    assert cleaned.note == "plain"


@pytest.mark.parametrize(
    "html",
    [
        "<p>" + "the quick brown fox jumps over the lazy dog " * 11_500,
        "<h2>Head</h2><p>Some text [0] with a <a href='x'>link</a>.</p><ul><li>x</li></ul>" * 6_500,
        "漢字かな" * 125_000,
        "a" * 500_000,
        "<script>" * 62_500,
        "<!--" * 125_000,
        "[a b=“" * 80_000,
        "".join(f"<font color={n}><p>x" for n in range(40_000)),
    ],
    ids=["prose", "blocks", "chinese", "one-word", "scripts", "comments", "brackets", "fonts"],
)
def test_half_a_megabyte_takes_bounded_time(html: str) -> None:
    started = time.process_time()

    cleaning.clean(html)

    # Measured below 1 s; the margin is for a slower machine, quadratic time would need minutes.
    assert time.process_time() - started < 5


def test_a_body_beyond_the_limit_is_cut_and_says_so() -> None:
    cleaned = cleaning.clean("word " * (repair.MAX_HTML_CHARS // 5 + 10))

    assert cleaned.note == "cut"
    assert len(cleaned.text) <= repair.MAX_HTML_CHARS


def test_embedded_pictures_do_not_count_towards_the_limit() -> None:
    picture = f'<img alt="Map" src="data:image/png;base64,{"A" * repair.MAX_HTML_CHARS}">'

    assert cleaning.clean(f"{picture}<p>after</p>") == cleaning.Cleaned(text="Map\n\nafter", anchors=(), note="")


_MARKUP = """
    <p> </p> <div> </div> <b> </b> <h2> </h2> <table> <tr> <td> </table> <pre> </pre> <ul> <li> </ul> <script> <style>
    <form> </form> <head> <title> <textarea> <!-- --> [x] [/x] [a_b] ``` | # * &amp; &lt; < > <svg> <select> <nav>
    <plaintext> <frameset> <template> </body> <img alt=z> <sup> </sup> <figure> <figcaption> <caption>
"""
_PIECES = st.sampled_from([*_MARKUP.split(), "\n", "\x00", "\ud800"])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(_PIECES, st.text(max_size=8)), max_size=40))
def test_nothing_a_site_sends_raises_or_leaves_unstorable_text(pieces: list[str]) -> None:
    cleaned = cleaning.clean("".join(pieces))

    cleaned.text.encode()
    assert "\x00" not in cleaned.text
    assert cleaned.text == cleaned.text.strip()
    assert cleaned.note in ("", "empty", "shortcodes", "plain")
    assert bool(cleaned.text) == (cleaned.note in ("", "plain"))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=6), min_size=1, max_size=30), st.randoms())
def test_words_between_well_formed_tags_all_survive_in_order(words: list[str], random: object) -> None:
    wrappers = ["<p>{}</p>", "<h3>{}</h3>", "<ul><li>{}</li></ul>", "<blockquote>{}</blockquote>", "<pre>{}</pre>"]
    html = "".join(wrappers[random.randrange(5)].format(word) for word in words)  # type: ignore[attr-defined]

    assert re.findall(r"[a-h]+", cleaning.clean(html).text) == words
