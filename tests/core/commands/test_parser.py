# SPDX-License-Identifier: AGPL-3.0-or-later
"""The parser takes any text, and gives back what was typed and nothing more."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.core.commands.parser import (
    Argument,
    UsageError,
    bind,
    command_line,
    list_number,
    split_word,
    strip_prefix,
    suggest,
    usage,
)

arguments = st.builds(
    lambda required, optional, rest: (
        *(Argument(f"r{number}") for number in range(required)),
        *(Argument(f"o{number}", required=False) for number in range(optional)),
        *((Argument("rest", required=False, rest=True),) if rest else ()),
    ),
    st.integers(0, 3),
    st.integers(0, 2),
    st.booleans(),
)


@given(st.text(), arguments)
def test_any_text_is_parsed_or_answered_with_one_line(
    text: str, declared: tuple[Argument, ...]
) -> None:
    word, rest = split_word(command_line(text))
    assert word == word.strip()
    values: dict[str, str] = {}
    answer = None
    try:
        values = bind(declared, rest, "do it like this")
    except UsageError as error:
        answer = str(error.text)
    if answer is None:
        assert all(values.values())
        assert {one.name for one in declared if one.required} <= set(values)
    else:
        assert answer.endswith("Write it like this: `do it like this`")
        assert len(answer.splitlines()) == 1


@given(st.text(), st.text())
def test_only_the_first_line_is_a_command(first: str, second: str) -> None:
    line = command_line(f"login {first}\nlogout {second}")
    assert line.startswith("login")
    assert "logout" not in line or "logout" in first
    assert len(line.splitlines()) <= 1
    assert all(sign.isprintable() for sign in line)


@pytest.mark.parametrize("sign", "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
def test_every_kind_of_line_break_ends_the_command(sign: str) -> None:
    assert command_line(f"search Ali{sign}logout") == "search Ali"


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=1, max_size=4))
def test_quoted_words_come_back_as_they_were(words: list[str]) -> None:
    declared = [Argument(f"a{number}") for number in range(len(words))]
    assert list(bind(declared, shlex.join(words), "").values()) == words


def test_quotes_keep_words_together() -> None:
    assert bind([Argument("a"), Argument("b")], '"two words"  next', "") == {
        "a": "two words",
        "b": "next",
    }


def test_rest_takes_quotes_as_they_are() -> None:
    assert bind([Argument("text", rest=True)], 'O\'Brien "Bob"', "") == {"text": 'O\'Brien "Bob"'}


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("", "Something is missing. Write it like this: `lang <code>`"),
        ("''", "Something is missing. Write it like this: `lang <code>`"),
        ("tg uz", "That was too much. Write it like this: `lang <code>`"),
        ("'tg", "A quote is not closed. Write it like this: `lang <code>`"),
    ],
)
def test_wrong_input_gets_one_helpful_line(typed: str, line: str) -> None:
    with pytest.raises(UsageError) as caught:
        bind([Argument("code")], typed, "lang <code>")
    assert str(caught.value.text) == line


def test_usage_shows_what_may_be_left_out() -> None:
    declared = [Argument("who"), Argument("from", required=False)]
    assert usage("start-chat", declared, "!tg") == "!tg start-chat <who> [from]"
    assert usage("version", []) == "version"


def test_prefix_is_a_word_of_its_own() -> None:
    assert strip_prefix("!tg login", "!tg") == "login"
    assert strip_prefix("!TG", "!tg") == ""
    assert strip_prefix("!tglogin", "!tg") is None
    assert strip_prefix("login !tg", "!tg") is None


@given(st.text())
def test_list_numbers_are_small(word: str) -> None:
    number = list_number(word)
    assert number is None or 0 <= number < 1000


def test_a_near_miss_is_recognised_and_a_password_is_not() -> None:
    assert suggest("lgoin", ["login", "logout", "help"]) == "login"
    assert suggest("correct-horse-battery", ["login", "logout", "help"]) is None
