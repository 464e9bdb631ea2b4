# SPDX-License-Identifier: AGPL-3.0-or-later
"""Laying out text with line breaks, white space and styled ranges, as a browser would."""

import re

from attrs import define

from bridges.core.formatting.styles import BLOCKS, HTML_SPACE, Span, Style

_RUN = re.compile(rf"[{HTML_SPACE}]+|[^{HTML_SPACE}]+(?: [^{HTML_SPACE}]+)*")
_COLLAPSING = frozenset("\n\r\f")


@define(eq=False)
class OpenStyle:
    """A styled range under way; ``start`` is known when what comes before it is written."""

    style: Style
    start: int | None = None
    closed: bool = False


class Layout:
    """Text under construction. Offsets are in code points.

    Line breaks and white space wait until text follows, so that none are left at line ends or at
    the end of the text. Runs of white space with a line break count as one space, as in HTML;
    runs of spaces only are kept, because people align with them.
    """

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.one_line = False
        self.line_prefix = ""
        self._chunks: list[str] = []
        self._length = 0
        self._newlines = 0
        self._spaces: list[str] = []
        self._after_marker = False
        self._unstarted: list[OpenStyle] = []
        self._unended: list[OpenStyle] = []

    def words(self, data: str) -> None:
        """Add ordinary text."""
        for run in _RUN.findall(data):
            if run[0] not in HTML_SPACE:
                self._write(run)
            elif _COLLAPSING.isdisjoint(run):
                self._spaces.append(run)
            else:
                self.space()

    def verbatim(self, data: str) -> None:
        """Add preformatted text."""
        first, *others = data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        if first:
            self._write(first)
        for line in others:
            self.line_break()
            if line:
                self._write(line)

    def marker(self, sign: str) -> None:
        """Begin a list item or the like: the paragraph that follows stays on this line."""
        self._write(sign)
        self._spaces.append(" ")
        self._after_marker = True

    def space(self) -> None:
        """Put one space between words, unless there is space or a line break already."""
        if self._length and not self._newlines and not self._spaces:
            self._spaces.append(" ")

    def indent(self, width: int) -> None:
        """Begin the line with spaces."""
        self._spaces = [" " * width]

    def line_break(self) -> None:
        """End the line; one more time, leave it empty."""
        if self.one_line:
            self.space()
        else:
            self._spaces.clear()
            self._newlines += 1

    def boundary(self, newlines: int) -> None:
        """Begin or end a paragraph or the like: at least ``newlines`` line breaks lie here."""
        if self.one_line:
            self.space()
        elif not self._after_marker:
            self.block(newlines)

    def block(self, newlines: int = 1) -> None:
        """Begin or end something that must have lines of its own."""
        self._spaces.clear()
        self._newlines = max(self._newlines, newlines)

    def join_next(self) -> None:
        """Let the next paragraph begin right here."""
        self._after_marker = True

    def open(self, style: Style) -> OpenStyle:
        """Begin a styled range; white space already there stays outside."""
        opened = OpenStyle(style)
        if self._is_settled():
            opened.start = self._length
        else:
            self._unstarted.append(opened)
        return opened

    def close(self, opened: OpenStyle) -> None:
        """End a styled range; inline ones take along the white space that they contain."""
        opened.closed = True
        if opened.start is None:
            return
        if opened.style.kind in BLOCKS or self._is_settled():
            self.spans.append(Span(opened.start, self._length, opened.style))
        else:
            self._unended.append(opened)

    def mark(self) -> int:
        """A place in the text, for ``since``."""
        return len(self._chunks)

    def since(self, mark: int) -> str:
        """The text written after a place, without white space around it."""
        return "".join(self._chunks[mark:]).strip()

    def finish(self) -> str:
        """End the text; returns it. The ranges are in ``spans``."""
        self._end_ranges()
        return "".join(self._chunks)

    def _write(self, text: str) -> None:
        """Write what waits, then text that neither starts nor ends with a line break."""
        new_line = self._newlines > 0 or not self._length
        if self._length:
            self._append("\n" * self._newlines)
        line_start = self._length
        if new_line:
            self._append(self.line_prefix)
        self._append("".join(self._spaces))
        self._newlines = 0
        self._spaces.clear()
        self._after_marker = False
        self._end_ranges()
        for opened in self._unstarted:
            is_block = opened.style.kind in BLOCKS
            opened.start = None if opened.closed else line_start if is_block else self._length
        self._unstarted.clear()
        self._append(text)

    def _is_settled(self) -> bool:
        """Whether what is written next goes right here."""
        return self._length > 0 and not self._newlines and not self._spaces

    def _append(self, text: str) -> None:
        if text:
            self._chunks.append(text)
            self._length += len(text)

    def _end_ranges(self) -> None:
        for opened in self._unended:
            if opened.start is not None:
                self.spans.append(Span(opened.start, self._length, opened.style))
        self._unended.clear()
