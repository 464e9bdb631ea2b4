# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cutting HTML into tags and text, in linear time and without recursion, whatever the input.

The ready-made parsers do not stand up to hostile messages: ``html.parser`` of Python 3.11 takes
quadratic time for unfinished tags (CVE-2025-6069) and raises AssertionError for ``<![``;
``mautrix.util.formatter`` is built on it and recurses once per level; libxml2 takes quadratic
time for unmatched end tags and ends inline formatting where a paragraph begins. Since styled
ranges may overlap, no tree is needed, only the tokens of
https://html.spec.whatwg.org/multipage/parsing.html#tokenization.
"""

import re
from collections.abc import Iterator
from html import unescape

from attrs import field, frozen

_NAME = re.compile(r"[a-zA-Z][^\s/>]*")
_ATTRIBUTE = re.compile(
    r"""[\s/]*(?P<name>[^\s/>][^\s/>=]*)"""
    r"""(?:\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s>"'][^\s>]*)?))?"""
)
_HIDDEN = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in ("script", "style")}
_HUGE_REFERENCE = re.compile(r"&#[0-9]{1000,};?")


@frozen
class Text:
    """Characters, with references already resolved."""

    data: str


@frozen
class Start:
    """A start tag; names are in lower case and of equal attributes the first counts."""

    name: str
    attributes: dict[str, str] = field(factory=dict)


@frozen
class End:
    """An end tag, whether or not anything is open."""

    name: str


Token = Text | Start | End


def tokens(html: str) -> Iterator[Token]:
    """Cut HTML into tokens; comments, declarations, scripts and style sheets are left out.

    What is not finished at the end of the input (a tag, a comment, a script) is text, as nothing
    that a person may have meant to say shall be lost.
    """
    hidden = dict(_HIDDEN)
    at = 0
    while at < len(html):
        bracket = html.find("<", at)
        if bracket != at:
            bracket = len(html) if bracket < 0 else bracket
            yield Text(resolve_references(html[at:bracket]))
            at = bracket
            continue
        token, at = _markup(html, at)
        if token:
            yield token
        if isinstance(token, Start) and token.name in hidden:
            end = hidden[token.name].search(html, at)
            if end:
                at = end.start()
            else:
                del hidden[token.name]


def _markup(html: str, at: int) -> tuple[Token | None, int]:
    """Read what begins with the ``<`` at ``at``; returns it and where it ends."""
    if html.startswith("<!--", at):
        return _skipped(html, at, html.find("-->", at + 2), 3)
    if html.startswith(("<!", "<?"), at):
        return _skipped(html, at, html.find(">", at), 1)
    closing = html.startswith("</", at)
    name = _NAME.match(html, at + 1 + closing)
    if not name:
        return Text("<"), at + 1
    if closing:
        end = html.find(">", name.end())
        return (_rest(html, at)) if end < 0 else (End(name[0].lower()), end + 1)
    attributes, end = _attributes(html, name.end())
    return (_rest(html, at)) if end < 0 else (Start(name[0].lower(), attributes), end)


def _skipped(html: str, at: int, end: int, width: int) -> tuple[Token | None, int]:
    return _rest(html, at) if end < 0 else (None, end + width)


def _rest(html: str, at: int) -> tuple[Token, int]:
    return Text(resolve_references(html[at:])), len(html)


def _attributes(html: str, at: int) -> tuple[dict[str, str], int]:
    """Read attributes up to and including ``>``; the end is -1 if there is no ``>``."""
    attributes: dict[str, str] = {}
    while found := _ATTRIBUTE.match(html, at):
        value = found["double"] or found["single"] or found["bare"] or ""
        attributes.setdefault(found["name"].lower(), resolve_references(value))
        at = found.end()
    end = html.find(">", at)
    return attributes, end + 1 if end >= 0 else -1


def resolve_references(text: str) -> str:
    """Replace character references such as ``&lt;``."""
    # Python refuses to read decimal numbers of more than 4,300 digits.
    return unescape(_HUGE_REFERENCE.sub("\ufffd", text))
