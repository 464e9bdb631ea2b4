# SPDX-License-Identifier: AGPL-3.0-or-later
"""The lines of all parts on one terminal, each with the part's name in front."""

import contextlib
from collections.abc import Sequence
from typing import TextIO

_COLOURS = (36, 33, 35, 32, 34)
"""ANSI foreground colours, one part after another."""


class PrefixedOutput:
    """Writes ``name | line``; in colours on a terminal. A reader that went away is no error."""

    def __init__(self, stream: TextIO, names: Sequence[str]) -> None:
        self._stream = stream
        self._width = max(map(len, names), default=0)
        colours = dict(zip(names, _COLOURS * len(names), strict=False))
        self._colours = colours if stream.isatty() else {}

    def line(self, name: str, text: str) -> None:
        """Write one line of a part's output."""
        prefix = f"{name:<{self._width}} |"
        colour = self._colours.get(name)
        if colour is not None:
            prefix = f"\x1b[{colour}m{prefix}\x1b[0m"
        self.plain(f"{prefix} {text}")

    def plain(self, text: str) -> None:
        """Write text as it is."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(f"{text}\n")
            self._stream.flush()
