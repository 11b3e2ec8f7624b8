"""The language of posts and short questions is found offline, and doubt is admitted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askpress.text import language


@pytest.mark.parametrize(
    ("code", "question"),
    [
        ("en", "When do you open on Sunday?"),
        ("en", "how to install the plugin"),
        ("de", "Wann habt ihr offen?"),
        ("de", "Öffnungszeiten Sonntag"),
        ("fr", "Combien coûte le forfait ?"),
        ("es", "¿Cuánto cuesta el envío?"),
        ("it", "Quando siete aperti?"),
        ("nl", "Hoeveel kost het abonnement?"),
        ("pt", "Como instalar o plugin?"),
        ("pl", "Czy parking jest darmowy?"),
        ("sv", "Hur installerar jag tillägget?"),
        ("ru", "Сколько стоит доставка?"),
        ("zh", "你们几点开门？"),
        ("ja", "営業時間は何時からですか"),
        ("ko", "배송 시간은 얼마나 걸리나요"),
        ("ar", "كم تكلفة الشحن؟"),
        ("tr", "Pazar günü açık mısınız?"),
        ("cs", "Kolik stojí doprava?"),
        ("el", "Πόσο κοστίζει η αποστολή;"),
        ("he", "כמה עולה המשלוח?"),
        ("th", "ร้านเปิดกี่โมง"),
    ],
)
def test_a_short_question_shows_its_language(code: str, question: str) -> None:
    assert language.detect(question) == code


@pytest.mark.parametrize(
    "text", ["", "  \n", "12345", "🙂🙂", "[1] 7.1", "wp_after_insert_post", "iPhone 15 Pro Max", "ok"]
)
def test_what_shows_no_language_gives_none(text: str) -> None:
    assert language.detect(text) == ""


def test_code_and_addresses_do_not_count() -> None:
    text = "Wir liefern von Montag bis Freitag.\n\n```\nfor item in the list of the things: print the item\n```"

    assert language.detect(text) == "de"
    assert language.detect(f"{text} https://example.org/the/quick/brown/fox/and/the/dog") == "de"


def test_code_that_comes_first_is_looked_past() -> None:
    code = "for item in the list of the things: print the item and go on with the next one\n" * 40

    assert language.detect(f"```\n{code}```\n\nWir liefern von Montag bis Freitag.") == "de"


def test_a_long_post_takes_the_time_of_a_short_one() -> None:
    assert language.detect("Die Werkstatt ist am Samstag geschlossen. " * 20_000) == "de"


def test_many_threads_may_ask_at_once() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(language.detect, ["Wie lange dauert der Versand?"] * 64))

    assert found == {"de"}


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_no_text_raises(text: str) -> None:
    code = language.detect(text)

    assert code == "" or len(code) == 2
