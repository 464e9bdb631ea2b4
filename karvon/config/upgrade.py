# SPDX-License-Identifier: AGPL-3.0-or-later
"""Brings a configuration file up to date without touching what the operator wrote.

The text is edited at the places ruamel.yaml reports, not written anew: comments, order, quotes and
spacing stay byte for byte, and a file that is up to date stays identical.
"""

import re
from collections.abc import Iterator, Sequence
from importlib import resources

from attrs import frozen

from karvon.config.document import Document, parse
from karvon.config.model import KarvonConfig
from karvon.config.problems import ConfigError, Problem, dotted

_SECTION_START = re.compile(r"^[a-z_]+:", re.MULTILINE)


@frozen
class Rename:
    """A key that has a new name in the same section."""

    path: tuple[str, ...]
    name: str


RENAMES: Sequence[Rename] = ()
"""Renames since the first release."""


@frozen
class Upgraded:
    """An upgraded text and what was done, as lines for the operator."""

    text: str
    changes: tuple[str, ...]


def example_text() -> str:
    """Give ``config/karvon.example.yaml``."""
    return (resources.files("karvon.config") / "karvon.example.yaml").read_text(encoding="utf-8")


def upgrade(text: str, source: str, *, renames: Sequence[Rename] = RENAMES) -> Upgraded:
    """Rename what has a new name and append sections that are missing, with their comments.

    Raises:
        ConfigError: the text is no YAML, or holds both the old and the new name of a key.
    """
    document = parse(text, source)
    renamed, changes = _rename(text, document, renames)
    missing = [name for name in KarvonConfig.model_fields if (name,) not in document.keys]
    if missing and _is_flow(document):
        position = document.items[()]
        raise ConfigError([Problem(source, "write the sections without { } first", position)])
    blocks = dict(_example_sections(example_text()))
    newline = "\r\n" if "\r\n" in text else "\n"
    for name in missing:
        gap = newline if renamed.endswith("\n") else newline * 2
        renamed += gap + blocks[name].replace("\n", newline)
        changes.append(f"added the section {name} with its defaults")
    return Upgraded(renamed, tuple(changes))


def _is_flow(document: Document) -> bool:
    """Tell whether the root is written as ``{…}``: its first key then stands behind a brace."""
    return document.items[()] not in {document.keys[path] for path in document.keys}


def _rename(text: str, document: Document, renames: Sequence[Rename]) -> tuple[str, list[str]]:
    lines, changes, problems = text.splitlines(keepends=True), [], []
    for rename in renames:
        old, new = rename.path, (*rename.path[:-1], rename.name)
        place = document.keys.get(old)
        if place is None:
            continue
        if new in document.keys:
            message = f"was renamed to {dotted(new)}, which is set too; keep one of the two"
            problems.append(Problem(document.source, message, place, old))
            continue
        line, start = lines[place.line - 1], place.column - 1
        end = line.index(old[-1], start) + len(old[-1])
        lines[place.line - 1] = line[: end - len(old[-1])] + rename.name + line[end:]
        changes.append(f"renamed {dotted(old)} to {dotted(new)}")
    if problems:
        raise ConfigError(problems)
    return "".join(lines), changes


def _example_sections(example: str) -> Iterator[tuple[str, str]]:
    """Split the example into its sections, each with the comment in front of it."""
    starts = []
    for match in _SECTION_START.finditer(example):
        start = match.start()
        while (line := example.rfind("\n", 0, start - 1) + 1) < start and example[line] == "#":
            start = line
        starts.append((match[0].rstrip(":"), start))
    ends = [start for _, start in starts[1:]] + [len(example)]
    for (name, start), end in zip(starts, ends, strict=True):
        yield name, example[start:end].rstrip("\n") + "\n"
