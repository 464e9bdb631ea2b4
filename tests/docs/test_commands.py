# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands in the documentation and in the Makefile: each exists, with the options that are shown."""

import re
import shlex
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer

from karvon.cli.app import app

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = frozenset(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
PAGES = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "sandbox").rglob("*.md")),
)
_CODE = re.compile(
    r"^```[a-z]*\n(.*?)^```|(?<!`)(`+)(?!`)(.+?)(?<!`)\2(?!`)", re.MULTILINE | re.DOTALL
)
_KARVON = re.compile(r"(?:^|[\s/])karvon ((?:[a-z-].*)?)$")
_MAKE = re.compile(r"(?:^|\s)make ([a-z][a-z-]*)")
_MODULE = re.compile(r"python3? -m ((?:tests|sandbox|bridges|karvon)[\w.]*)")


def code_of(text: str) -> Iterator[str]:
    """Lines of code in a page, without comments and with continued lines in one."""
    for block, _, span in _CODE.findall(text):
        joined = " ".join(span.split()) if span else block.replace("\\\n", " ")
        for line in joined.splitlines():
            yield line.partition(" #")[0].strip()


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="module")
def karvon() -> Any:
    """The command as click has it; Typer brings a click of its own, without types."""
    return typer.main.get_command(app)


def complaint(command: Any, words: list[str]) -> str | None:
    """What is wrong with the words of a command line, None if nothing is."""
    while hasattr(command, "commands") and words:
        words = without_options(command, words)
        if not words:
            break
        found = command.commands.get(words[0])
        if found is None:
            return f"there is no command {words[0]}"
        command, words = found, words[1:]
    known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    for word in words:
        name = word.partition("=")[0]
        if name.startswith("--") and name not in {*known, "--help"}:
            return f"{command.name} has no option {name}"
    return None


def without_options(group: Any, words: list[str]) -> list[str]:
    """What comes after the options of a group, each of which has a value."""
    names = {name for one in group.params for name in one.opts}
    while words and words[0] in names:
        words = words[2:]
    return words


def split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a sentence with an apostrophe, or a pipe that goes on elsewhere
        return line.split()


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_of_karvon_exist(page: Path, karvon: Any) -> None:
    for line in code_of(page.read_text("utf-8")):
        for part in re.split(r"[|;]|&&", line):
            shown = _KARVON.search(part.strip())
            if shown and not part.strip().startswith(("docker", "apt", "git", "[", "adduser")):
                wrong = complaint(karvon, [word.rstrip(",:.") for word in split(shown[1])])
                assert wrong is None, f"{line!r}: {wrong}"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_targets_and_modules_exist(page: Path) -> None:
    for line in code_of(page.read_text("utf-8")):
        for target in _MAKE.findall(line):
            assert target in TARGETS, line
        for module in _MODULE.findall(line):
            assert find_spec(module.rstrip(".")), line


def test_there_are_commands_to_look_at(karvon: Any) -> None:
    lines = [line for page in PAGES for line in code_of(page.read_text("utf-8"))]
    assert sum(bool(_KARVON.search(line)) for line in lines) > 20
    assert sum(bool(_MAKE.search(line)) for line in lines) > 10


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("policy chekc", "there is no command chekc"),
        ("migrate run --nonsense", "run has no option --nonsense"),
        ("-c karvon.yaml policy check", None),
    ],
)
def test_mistakes_are_seen(line: str, wrong: str | None, karvon: Any) -> None:
    assert complaint(karvon, line.split()) == wrong


def test_all_targets_are_declared() -> None:
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert set(phony.split()) == TARGETS


def test_what_targets_name_is_there() -> None:
    """A folder of tests that does not exist is an error of pytest, and one to ignore is none."""
    for path in re.findall(r"tests/[\w./-]+", MAKEFILE):
        assert (ROOT / path).exists(), path
    modules = re.findall(r"python -m ([\w.]+)", MAKEFILE)
    assert modules
    for module in modules:
        assert find_spec(module), module
