# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finds the sentences for people in source code."""

import ast
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen


@frozen
class Sentence:
    """A call of ``user_text``.

    ``template`` is None if it is not a literal; ``values`` if they are not all named there.
    """

    where: str
    template: str | None
    values: frozenset[str] | None


def sentences(folder: Path) -> Iterator[Sentence]:
    """All calls of ``user_text`` below a folder."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "user_text"
            ):
                first = node.args[0] if node.args else None
                value = first.value if isinstance(first, ast.Constant) else None
                yield Sentence(
                    where=f"{path}:{node.lineno}",
                    template=value if isinstance(value, str) else None,
                    values=_names(node.keywords),
                )


def _names(keywords: list[ast.keyword]) -> frozenset[str] | None:
    names = [one.arg for one in keywords]
    return None if None in names else frozenset(name for name in names if name is not None)
