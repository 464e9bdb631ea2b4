# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading WhatsApp's markup: quotes, lists and code over whole lines, and what is in the lines."""

import re
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from itertools import groupby

from attrs import evolve, frozen

from bridges.core.formatting.styles import Kind, Span, Style
from bridges.core.formatting.whatsapp.inline import MentionOf, code_text, nobody, read_line
from bridges.core.formatting.whatsapp.marks import (
    BULLET,
    FENCE,
    JOINT,
    NUMBER,
    QUOTE,
    needs_joint,
)

_FENCED = re.compile(rf"{FENCE}(.+?){FENCE}", re.DOTALL)


class Shape(Enum):
    """What a line belongs to."""

    PLAIN = auto()
    QUOTE = auto()
    BULLET = auto()
    NUMBER = auto()
    CODE = auto()


@frozen
class Line:
    """A line without its marks; a code block is one line.

    Attributes:
        number: which item it is, in a numbered list.
    """

    shape: Shape
    text: str
    spans: tuple[Span, ...] = ()
    number: int = 0


def read_lines(text: str, mention_of: MentionOf = nobody) -> list[Line]:
    """Read a text. Anything may come in; what is no markup stays as it is."""
    lines: list[Line] = []
    at = 0
    for found in _FENCED.finditer(text):
        starts_line = found.start() == at or text[found.start() - 1] == "\n"
        ends_line = found.end() == len(text) or text[found.end()] == "\n"
        content = code_text(found[1]).strip("\n")
        if not content.strip() or not ("\n" in found[1] or (starts_line and ends_line)):
            continue
        if found.start() > at:
            before = text[at : found.start()]
            lines += _ordinary(before.removesuffix("\n"), mention_of)
        lines.append(Line(Shape.CODE, content))
        at = found.end() + 1 if ends_line else found.end()
    if at < len(text) or not lines:
        lines += _ordinary(text[at:], mention_of)
    return lines


def groups(lines: Sequence[Line]) -> Iterator[tuple[Shape, Sequence[Line]]]:
    """Lines that belong together: the items of a list, and everything else up to the next list."""
    numbered = enumerate(lines)
    for _, members in groupby(numbered, lambda one: _belongs(*one)):
        together = [line for _, line in members]
        yield together[0].shape, together


def _belongs(index: int, line: Line) -> tuple[str, int]:
    if line.shape is Shape.NUMBER:
        return "number", line.number - index
    return ("bullet" if line.shape is Shape.BULLET else "", 0)


def _ordinary(text: str, mention_of: MentionOf) -> list[Line]:
    return [_line(line, mention_of) for line in text.split("\n")]


def _line(line: str, mention_of: MentionOf) -> Line:
    if line.startswith(JOINT) and needs_joint(line[1:]):
        return _marked(Shape.PLAIN, line[1:], mention_of)
    quote, bullet, number = QUOTE.match(line), BULLET.match(line), NUMBER.match(line)
    if quote:
        return _marked(Shape.QUOTE, line[quote.end() :], mention_of)
    if bullet:
        return _marked(Shape.BULLET, line[bullet.end() :], mention_of)
    if number:
        return _marked(Shape.NUMBER, line[number.end() :], mention_of, int(number[1]))
    return _marked(Shape.PLAIN, line, mention_of)


def _marked(shape: Shape, content: str, mention_of: MentionOf, number: int = 0) -> Line:
    text, spans = read_line(content, mention_of)
    indent = len(text) - len(text.lstrip()) if shape in (Shape.BULLET, Shape.NUMBER) else 0
    moved = [evolve(one, start=one.start - indent, end=one.end - indent) for one in spans]
    return Line(shape, text[indent:], tuple(moved), number)


def block_style(shape: Shape) -> Style | None:
    """How everything of a shape looks, None if there is nothing to see."""
    kinds = {Shape.QUOTE: Kind.QUOTE, Shape.CODE: Kind.PRE}
    return Style(kinds[shape]) if shape in kinds else None
