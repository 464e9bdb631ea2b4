# SPDX-License-Identifier: AGPL-3.0-or-later
"""Putting texts together: what somebody wrote, and what is said about it."""

import re
from collections.abc import Sequence
from html import escape

from attrs import evolve

from bridges.core.content import FormattedText
from bridges.core.sanitize import clean_text

SLOT = "\ue000"
"""Stands in a sentence where a formatted text will be; people do not write it."""

_BLOCK_ENDS = re.compile(r"</(?:blockquote|pre|ul|ol|h[1-6]|table)>$|<hr/?>$")
_BLOCK_BEGINS = re.compile(r"^<(?:blockquote|pre|ul|ol|h[1-6]|table)\b|^<hr")


def plain(text: str) -> FormattedText:
    """A text without formatting."""
    return FormattedText(clean_text(text))


def styled(text: str, tag: str) -> FormattedText:
    """A text in one HTML element that needs no attributes."""
    shown = clean_text(text)
    return FormattedText(shown, f"<{tag}>{_escaped(shown)}</{tag}>")


def linked(text: str, address: str | None) -> FormattedText:
    """A text that leads somewhere; a plain one without an address."""
    shown = clean_text(text)
    if address is None:
        return FormattedText(shown)
    return FormattedText(shown, f'<a href="{escape(clean_text(address))}">{_escaped(shown)}</a>')


def inserted(sentence: str, *texts: FormattedText) -> FormattedText:
    """A sentence with texts at its ``SLOT``s, one for each."""
    first, *others = (plain(piece) for piece in clean_text(sentence).split(SLOT))
    pairs = (one for pair in zip(texts, others, strict=True) for one in pair)
    return chained(first, *pairs)


def chained(*texts: FormattedText) -> FormattedText:
    """Texts one behind the other."""
    return _together("", texts)


def stacked(*texts: FormattedText | None) -> FormattedText:
    """Texts on lines of their own; those that are empty or None are left out."""
    return _together("\n", [one for one in texts if one is not None and one.body])


def quoted(text: FormattedText) -> FormattedText:
    """A text as a quotation, in plain text with an angle bracket before each line."""
    body = "\n".join(f"> {line}" for line in text.body.split("\n"))
    html = f"<blockquote>{html_of(text)}</blockquote>"
    return evolve(text, body=body, html=html)


def html_of(text: FormattedText) -> str:
    """The text as HTML, formatted or not."""
    return _escaped(text.body) if text.html is None else text.html


def _together(separator: str, texts: Sequence[FormattedText]) -> FormattedText:
    mentions = frozenset(user for text in texts for user in text.mentions)
    body = separator.join(text.body for text in texts)
    everyone = any(text.everyone for text in texts)
    if all(text.html is None for text in texts):
        return FormattedText(body, None, mentions, everyone)
    html = ""
    for text in texts:
        piece = html_of(text)
        if html and separator and not _BLOCK_ENDS.search(html) and not _BLOCK_BEGINS.search(piece):
            html += "<br>"
        html += piece
    return FormattedText(body, html, mentions, everyone)


def _escaped(text: str) -> str:
    return escape(text, quote=False).replace("\n", "<br>")
