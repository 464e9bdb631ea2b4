# SPDX-License-Identifier: AGPL-3.0-or-later
"""The lines of all parts on one stream: prefixed for people, or as JSON for machines."""

import contextlib
import json
from collections.abc import Sequence
from typing import Literal, Protocol, TextIO

_COLOURS = (36, 33, 35, 32, 34)
"""ANSI foreground colours, one part after another."""


class Output(Protocol):
    """Takes the lines of parts."""

    def line(self, name: str, text: str) -> None:
        """Write one line of a part; a reader that went away is no error."""
        ...


def make_output(form: Literal["console", "json"], stream: TextIO, names: Sequence[str]) -> Output:
    """Give the output for the configured format; ``names`` are those of all parts."""
    return JsonOutput(stream) if form == "json" else PrefixedOutput(stream, names)


class PrefixedOutput:
    """Writes ``name | line``; in colours on a terminal."""

    def __init__(self, stream: TextIO, names: Sequence[str]) -> None:
        self._stream = stream
        self._width = max(map(len, names), default=0)
        colours = dict(zip(names, _COLOURS * len(names), strict=False))
        self._colours = colours if stream.isatty() else {}

    def line(self, name: str, text: str) -> None:
        """Write one line of a part."""
        prefix = f"{name:<{self._width}} |"
        colour = self._colours.get(name)
        if colour is not None:
            prefix = f"\x1b[{colour}m{prefix}\x1b[0m"
        _write(self._stream, f"{prefix} {text}")


class JsonOutput:
    """Writes one JSON object per line: a part's own, or else its text under ``message``."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def line(self, name: str, text: str) -> None:
        """Write one line of a part, with its name under ``part``."""
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        fields = found if isinstance(found, dict) else {"message": text}
        _write(self._stream, json.dumps({"part": name, **fields}, ensure_ascii=False))


def _write(stream: TextIO, text: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        stream.write(f"{text}\n")
        stream.flush()
