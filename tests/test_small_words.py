"""Prose shows its language by its small words, and what does not is left to the model."""

from __future__ import annotations

import pytest

from askpress.text import language, small_words

_GERMAN = "Die Werkstatt ist am Samstag geschlossen, und wer ein Rad bringt, der holt es erst in der Woche darauf ab. "
_ENGLISH = "The workshop is closed on Saturday, and those who bring a bike will wait for it until the week after. "
_CATALAN = "El taller està tancat els dissabtes, i qui porta una bicicleta no la té fins a la setmana següent. "
_RUSSIAN = "Мастерская закрыта в субботу, и кто привозит велосипед, тот берёт его на следующей неделе. "


@pytest.mark.parametrize(("code", "text"), [("de", _GERMAN), ("en", _ENGLISH), ("", _CATALAN), ("", _RUSSIAN)])
def test_small_words_tell_some_languages(code: str, text: str) -> None:
    assert small_words.language(text * 5) == code


def test_a_text_that_goes_on_in_another_language_is_left_to_the_model() -> None:
    assert small_words.language(_GERMAN * 5 + _ENGLISH * 5) == ""


def test_names_and_numbers_tell_nothing() -> None:
    assert small_words.language("Shimano XT M8100, 12-speed, 51 teeth; Campagnolo Record 2019 " * 10) == ""


@pytest.mark.parametrize("text", ["", " ", "\ud800 the"])
def test_no_text_raises(text: str) -> None:
    assert small_words.language(text) in {"", "en"}


def test_code_between_paragraphs_does_not_count() -> None:
    code = "```\nif the list of the things is not empty: take the first of them and go on\n```\n"

    assert language.detect((_GERMAN + code * 3) * 20) == "de"


@pytest.mark.parametrize(("code", "text"), [("de", _GERMAN), ("ca", _CATALAN), ("ru", _RUSSIAN)])
def test_long_texts_show_their_language_either_way(code: str, text: str) -> None:
    assert language.detect(text * 20) == code
