# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lines of WhatsApp's markup as a Matrix text (Matrix spec v1.11 §11.2.1.1)."""

from collections.abc import Sequence

from attrs import evolve

from bridges.core.content import FormattedText
from bridges.core.formatting.addresses import user_of_address
from bridges.core.formatting.styles import Kind, Span, canonical
from bridges.core.formatting.whatsapp.blocks import Line, Shape, block_style, groups
from bridges.core.formatting.writer import to_html

_LISTS = {Shape.BULLET, Shape.NUMBER}
_BREAK = "<br>"


def matrix_text(lines: Sequence[Line]) -> FormattedText:
    """The text that lines are; without HTML where a body says everything."""
    body = "\n".join(_plain(line) for line in lines)
    mentions = frozenset(
        user
        for line in lines
        for span in line.spans
        if span.style.kind is Kind.LINK and (user := user_of_address(span.style.argument))
    )
    is_plain = all(line.shape is Shape.PLAIN and not line.spans for line in lines)
    return FormattedText(body, None if is_plain else _html(lines), mentions)


def _plain(line: Line) -> str:
    match line.shape:
        case Shape.QUOTE:
            return f"> {line.text}"
        case Shape.BULLET:
            return f"- {line.text}"
        case Shape.NUMBER:
            return f"{line.number}. {line.text}"
    return line.text


def _html(lines: Sequence[Line]) -> str:
    """A list begins and ends a line by itself, but leaves no line empty."""
    pieces: list[str] = []
    after_list = False
    for shape, members in groups(lines):
        if shape in _LISTS:
            pieces.append(_list(shape, members))
            after_list = True
            continue
        text = list(members)
        while after_list and text and _is_empty(text[0]):
            pieces.append(_BREAK)
            text.pop(0)
        if text:
            pieces.append(_running(text))
            pieces.append(_BREAK if _is_empty(text[-1]) and members[-1] is not lines[-1] else "")
        after_list = False
    return "".join(pieces)


def _is_empty(line: Line) -> bool:
    return line.shape is Shape.PLAIN and not line.text


def _list(shape: Shape, members: Sequence[Line]) -> str:
    items = "".join(f"<li>{_inline(one)}</li>" for one in members)
    if shape is Shape.BULLET:
        return f"<ul>{items}</ul>"
    first = members[0].number
    return f"<ol>{items}</ol>" if first == 1 else f'<ol start="{first}">{items}</ol>'


def _inline(line: Line) -> str:
    return to_html(line.text, canonical(line.text, line.spans))


def _running(members: Sequence[Line]) -> str:
    """Lines that are no items, with quotes and code blocks among them."""
    text = "\n".join(line.text for line in members)
    blocks: list[Span] = []
    inner: list[Span] = []
    at = 0
    quoting = False
    for line in members:
        end = at + len(line.text)
        style = block_style(line.shape)
        continues = quoting and line.shape is Shape.QUOTE
        if continues:
            blocks[-1] = evolve(blocks[-1], end=end)
        elif style is not None:
            blocks.append(Span(at, end, style))
        inner += [evolve(one, start=one.start + at, end=one.end + at) for one in line.spans]
        quoting = line.shape is Shape.QUOTE
        at = end + 1
    return to_html(text, canonical(text, blocks + inner))
