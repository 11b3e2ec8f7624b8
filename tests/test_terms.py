"""Lexemes are the same for a post and for the question that means it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askpress.text import terms


@pytest.mark.parametrize(
    ("language", "text", "lexemes"),
    [
        ("en", "Where are the opening hours?", ["open", "hour"]),
        ("en", "It's the company’s policy, don't worry", ["compani", "polici", "worri"]),
        ("de", "Wie sind die Öffnungszeiten der Bäckerei?", ["offnungszeit", "backerei"]),
        ("fr", "Quelles sont les livraisons de l’été ?", ["livraison", "ete"]),
        ("es", "¿Cuánto cuestan los envíos?", ["cuest", "envi"]),
        ("it", "Gli orari dell'officina", ["orar", "officin"]),
        ("ru", "Где ваша мастерская", ["мастерск"]),
        ("tr", "İstanbul", ["istanbul"]),
        ("", "Crème Brûlée", ["creme", "brulee"]),
        ("xx", "the Running", ["the", "running"]),
        ("en", "", []),
        ("en", "the of and 🙂 -- ___", []),
    ],
)
def test_words_are_stemmed_then_freed_of_accents_and_stop_words_stay_out(
    language: str, text: str, lexemes: list[str]
) -> None:
    assert terms.lexemes(text, language=language) == lexemes


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("de", "Öffnungszeiten", "Oeffnungszeiten"),
        ("de", "Öffnungszeiten", "offnungszeiten"),
        ("de", "STRASSE", "Straße"),
        ("de", "Bestellungen", "Bestellung"),
        ("en", "cafés", "cafe"),
        ("en", "café", "cafe\u0301"),
        ("en", "1,500", "1500"),
        ("de", "1.500", "1500"),
        ("de", "1.500,00", "1,500.00"),
        ("de", "49,90", "49.90"),
        ("en", "ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("ja", "ﾊﾟｽﾜｰﾄﾞ", "パスワード"),
        ("ar", "كِتَاب", "كتاب"),
    ],
)
def test_two_ways_to_write_the_same_give_the_same_lexemes(language: str, one: str, other: str) -> None:
    assert terms.lexemes(one, language=language) == terms.lexemes(other, language=language)


@pytest.mark.parametrize(
    ("text", "lexemes"),
    [
        ("wp_after_insert_post", ["wp_after_insert_post", "wp", "after", "insert", "post"]),
        ("WP_POST_REVISIONS", ["wp_post_revisions", "wp", "post", "revis"]),
        ("wp-config.php", ["wp-config.php", "wp", "config", "php"]),
        ("getElementById", ["getelementbyid", "get", "element", "id"]),
        ("info@example.org", ["info@example.org", "info", "exampl", "org"]),
        ("contact-form-7", ["contact-form-7", "contact", "form", "7"]),
        ("WooCommerce iPhone", ["woocommerc", "iphon"]),
        ("Wi-Fi", ["wifi", "wi", "fi"]),
        ("10kg mp3", ["10kg", "10", "kg", "mp3"]),
    ],
)
def test_identifiers_are_kept_whole_and_in_parts(text: str, lexemes: list[str]) -> None:
    assert terms.lexemes(text, language="en") == lexemes


@pytest.mark.parametrize(
    ("text", "lexemes"),
    [
        ("1,500", ["1500"]),
        ("49.90", ["49.90"]),
        ("1,234,567.80", ["1234567.80"]),
        ("7.1.2", ["7.1.2"]),
        ("from 9 to 17", ["9", "17"]),
        ("rooms 1,2,3", ["room", "1,2,3", "1", "2", "3"]),
        ("4.5kg", ["4.5kg", "4.5", "kg"]),
        ("2026-11-22", ["2026-11-22", "2026", "11", "22"]),
        ("10:30", ["10", "30"]),
    ],
)
def test_numbers_are_kept(text: str, lexemes: list[str]) -> None:
    assert terms.lexemes(text, language="en") == lexemes


@pytest.mark.parametrize(
    ("language", "text", "lexemes"),
    [
        ("zh", "营业时间", ["营业", "业时", "时间"]),
        ("zh", "茶", ["茶"]),
        ("zh", "新iPhone手机", ["新", "iphone", "手机"]),
        ("ja", "配送 ギフト", ["配送", "ギフ", "フト"]),
        ("ko", "배송은", ["배송", "송은"]),
        ("th", "ราคา", ["รา", "าค", "คา"]),
        ("en", "The 東京 office", ["東京", "offic"]),
    ],
)
def test_scripts_without_spaces_become_pairs_of_characters(language: str, text: str, lexemes: list[str]) -> None:
    assert terms.lexemes(text, language=language) == lexemes


def test_hindi_words_are_not_cut_at_their_vowel_signs() -> None:
    assert terms.lexemes("रविवार समय", language="hi") == ["रविवार", "समय"]


def test_markdown_marks_are_no_lexemes() -> None:
    assert terms.lexemes("## **Bold** `code` | cell |\n| --- |", language="en") == ["bold", "code", "cell"]


def test_repeated_words_are_repeated_in_order() -> None:
    assert terms.lexemes("tea coffee tea", language="en") == ["tea", "coffe", "tea"]


def test_many_threads_stem_alike() -> None:
    words = [f"running{n} cities{n} policies{n} Running Cities" for n in range(200)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: terms.lexemes(text, language="en"), words * 5))

    assert found == [terms.lexemes(text, language="en") for text in words * 5]


@settings(max_examples=200, deadline=None)
@given(st.text(), st.sampled_from(["en", "de", "ar", "zh", "hi", "tr", ""]))
def test_lexemes_of_any_text_are_lowercase_short_and_found_again(text: str, language: str) -> None:
    found = terms.lexemes(text, language=language)

    assert all(found)
    assert all(len(lexeme) <= 1_000 for lexeme in found)
    assert terms.lexemes(f"{text}\n\n{text}", language=language) == found * 2


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(alphabet="abcdefgh_", min_size=1, max_size=12), max_size=20))
def test_words_are_found_independent_of_their_neighbours(words: list[str]) -> None:
    together = terms.lexemes(" ".join(words), language="en")

    assert together == [lexeme for word in words for lexeme in terms.lexemes(word, language="en")]


@settings(max_examples=300, deadline=None)
@given(
    st.text() | st.text(alphabet="ab1 .,-_@'\n\t\x1c\x85\u00a0\u2028\u3000\u0301\u00b4\ufb01\uff0cé漢กहि्", max_size=60)
)
def test_a_text_taken_apart_at_its_blanks_has_the_lexemes_of_the_whole(text: str) -> None:
    whole = [lexeme for (lexeme,) in terms.variants(text, languages=["de"])]

    assert list(dict.fromkeys(terms.lexemes(text, language="de"))) == whole


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Puis-je venir ?", "fr", ["puis", "ven"]),
        ("Existe-t-il un micro-ondes ?", "fr", ["exist", "microond", "micro", "onde"]),
        ("log-in", "en", ["login", "log"]),
    ],
)
def test_pronouns_tied_to_a_verb_make_no_new_word(text: str, language: str, expected: list[str]) -> None:
    assert terms.lexemes(text, language=language) == expected
