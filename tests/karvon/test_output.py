# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the lines of all parts look on one stream."""

import io
import json
import os
from pathlib import Path

import pytest
from rich.console import Console

from karvon.stack.output import JsonOutput, PrefixedOutput, make_output
from karvon.stack.screen import Person, ready_screen
from tests.karvon.configs import API_HASH, configured


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_names_are_aligned() -> None:
    stream = io.StringIO()
    output = make_output("console", stream, ["karvon", "homeserver"])
    output.line("karvon", "one")
    output.line("homeserver", "two")
    assert stream.getvalue() == "karvon     | one\nhomeserver | two\n"


def test_a_terminal_gets_colours() -> None:
    stream = Terminal()
    PrefixedOutput(stream, ["karvon"]).line("karvon", "one")
    assert stream.getvalue() == "\x1b[36mkarvon |\x1b[0m one\n"


def test_json_lines_stay_json() -> None:
    stream = io.StringIO()
    output = make_output("json", stream, [])
    output.line("telegram", '{"event": "ready", "level": "info"}')
    output.line("homeserver", 'Traceback "x"')
    output.line("homeserver", "[1]")
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [
        {"part": "telegram", "event": "ready", "level": "info"},
        {"part": "homeserver", "message": 'Traceback "x"'},
        {"part": "homeserver", "message": "[1]"},
    ]


@pytest.mark.parametrize("make", [lambda s: PrefixedOutput(s, []), JsonOutput])
def test_a_reader_that_went_away_is_no_error(make: type[JsonOutput]) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "w", closefd=False) as stream:
        make(stream).line("karvon", "one")
        make(stream).line("karvon", "two")
        os.dup2(os.open(os.devnull, os.O_WRONLY), write_end)
    os.close(write_end)


def screen_of(text: str, person: Person | None, tmp_path: Path) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(ready_screen(configured(text, tmp_path), person))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_screen_says_what_to_do_next(tmp_path: Path) -> None:
    shown = screen_of("{}", Person("@demo:karvon.localhost", "secret"), tmp_path)
    for words in (
        "http://127.0.0.1:8008",
        "@demo:karvon.localhost",
        "secret",
        "@telegrambot:karvon.localhost",
        "@whatsappbot:karvon.localhost",
        "docs/whatsapp.md",
        "telegram.api_id",
        "telegram.api_hash",
    ):
        assert words in shown


def test_with_the_real_telegram_the_sandbox_is_not_mentioned(tmp_path: Path) -> None:
    text = f"telegram: {{api_id: 5, api_hash: {API_HASH}}}\n"
    shown = screen_of(text, None, tmp_path)
    assert "sandbox" not in shown
    assert "Password" not in shown
