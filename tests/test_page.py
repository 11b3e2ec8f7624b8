"""The post's own part of a public page."""

from __future__ import annotations

from askpress.text import page

WORDS = "<p>We repair every bicycle within three days.</p>"
FRAME = "<header>Site name and menu words here now</header><nav>Home Shop Contact About Us</nav>"


def test_the_marked_part_is_taken_and_the_frame_is_not() -> None:
    html = f"<body>{FRAME}<main><article><div class='entry-content'>{WORDS}</div></article></main><footer>x</footer>"

    found = page.main_content(html)

    assert "within three days" in found
    assert "Shop" not in found


def test_an_empty_marked_part_is_passed_over() -> None:
    html = f"<body><article><div class='entry-content'></div></article><main>{WORDS}</main></body>"

    assert "within three days" in page.main_content(html)


def test_a_page_that_marks_nothing_gives_its_body_without_the_frame() -> None:
    found = page.main_content(f"<body>{FRAME}<div>{WORDS}</div></body>")

    assert "within three days" in found
    assert "menu words" not in found


def test_no_html_at_all_is_no_error() -> None:
    assert page.main_content("") in {"", "<body></body>"}
