# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is wrong with a configuration, as lines that say where and what would be right."""

from collections.abc import Iterable, Sequence

from attrs import frozen

KeyPath = tuple[str | int, ...]
"""Keys and list indices from the root to a value."""


@frozen
class Position:
    """A place in a text file, both numbers from 1."""

    line: int
    column: int


@frozen
class Problem:
    """One thing that is wrong."""

    source: str
    """The file as the operator named it, or the environment variable."""
    message: str
    """What is wrong and what would be right: one line, without the value itself."""
    position: Position | None = None
    path: KeyPath = ()

    def __str__(self) -> str:
        """Give the line that is shown to the operator."""
        place = "" if self.position is None else f":{self.position.line}:{self.position.column}"
        key = f" {dotted(self.path)}:" if self.path else ""
        return f"{self.source}{place}:{key} {self.message}"


class ConfigError(Exception):
    """The configuration cannot be used; ``problems`` says why, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = sorted(problems, key=_order)
        super().__init__("\n".join(map(str, self.problems)))


def _order(problem: Problem) -> tuple[str, int, int]:
    position = problem.position or Position(0, 0)
    return problem.source, position.line, position.column


def dotted(path: KeyPath) -> str:
    """Write a path as ``section.key[0]``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{printable(step)}" if text else printable(step)
    return text


def printable(text: str) -> str:
    """Make text of unknown origin fit for one line on a terminal."""
    short = text if len(text) <= 60 else text[:57] + "..."
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in short)
