# SPDX-License-Identifier: AGPL-3.0-or-later
"""Comparing formatted texts by how they look, not by how their tags are written."""

from collections.abc import Container
from html.parser import HTMLParser

_SAME = {"strong": "b", "em": "i", "s": "del", "strike": "del", "ins": "u"}
_BREAKS = {"br": "\n"}

Run = tuple[str, frozenset[str]]
"""A piece of text and the styles all of it has; a link's style is its address."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.runs: list[Run] = []
        self._open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKS:
            self.handle_data(_BREAKS[tag])
            return
        style = _SAME.get(tag, tag)
        if tag == "a":
            style = f"link to {dict(attrs).get('href')}"
        self._open.append((tag, style))

    def handle_endtag(self, tag: str) -> None:
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index][0] == tag:
                del self._open[index]
                return

    def handle_data(self, data: str) -> None:
        styles = frozenset(style for _, style in self._open)
        if self.runs and self.runs[-1][1] == styles:
            self.runs[-1] = (self.runs[-1][0] + data, styles)
        elif data:
            self.runs.append((data, styles))


class _Filter(HTMLParser):
    def __init__(self, tags: Container[str]) -> None:
        super().__init__(convert_charrefs=False)
        self.html = ""
        self._tags = tags

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._tags:
            self.html += self.get_starttag_text() or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in self._tags:
            self.html += f"</{tag}>"

    def handle_data(self, data: str) -> None:
        self.html += data

    def handle_entityref(self, name: str) -> None:
        self.html += f"&{name};"


def only(tags: Container[str], html: str) -> str:
    """The same text without the styles a network does not have."""
    keeping = _Filter(tags)
    keeping.feed(html)
    keeping.close()
    return keeping.html


def runs(html: str, *, plain: bool = False) -> list[Run]:
    """How a text looks: its pieces with their styles. With `plain`, markup is text."""
    if plain:
        return [(html, frozenset())] if html else []
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.runs
