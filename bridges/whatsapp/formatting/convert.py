# SPDX-License-Identifier: AGPL-3.0-or-later
"""WhatsApp's texts to and from Matrix custom HTML."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from attrs import evolve, frozen

from bridges.core.content import FormattedText
from bridges.core.formatting.addresses import (
    mail_of,
    safe_address,
    scheme_of,
    user_address,
    user_of_address,
)
from bridges.core.formatting.reader import read_html
from bridges.core.formatting.split import ranges, spans_in
from bridges.core.formatting.styles import Kind, Span, Style, canonical
from bridges.core.formatting.substitution import substituted
from bridges.core.formatting.utf16 import utf16_length
from bridges.core.formatting.whatsapp import Mention, read_markup
from bridges.core.formatting.whatsapp.marks import without_signs
from bridges.core.ids import RemoteUserID
from bridges.core.sanitize import clean_text
from bridges.whatsapp.formatting.writing import markup
from bridges.whatsapp.ids import Jid, UnknownID, user_jid

MAX_TEXT = 65_536
"""Longest text of a message, in UTF-16 code units."""

_ROOM, _ALL = "@room", "@all"
_SHOWN = frozenset(Kind) - {Kind.UNDERLINE, Kind.SPOILER, Kind.EMOJI}


@frozen
class Mentioned:
    """Somebody a WhatsApp text may mention: who they are in Matrix and how they are shown there."""

    user: RemoteUserID
    name: str


@frozen
class WhatsAppText:
    """The text of one WhatsApp message and whom it mentions (``contextInfo.mentionedJID``)."""

    text: str
    mentioned: tuple[Jid, ...] = ()
    everyone: bool = False


def to_matrix(
    text: str,
    mentioned: Mapping[str, Mentioned] | None = None,
    *,
    everyone: bool = False,
) -> FormattedText:
    """Turn a WhatsApp text into what Matrix clients show.

    Anything may come in. ``mentioned`` are people by the user part of the address they are mentioned
    by: digits that stand behind an at sign.
    """
    people = mentioned or {}

    def mention_of(digits: str) -> Mention | None:
        person = people.get(digits)
        return Mention(f"@{person.name}", user_address(person.user)) if person else None

    return evolve(read_markup(text, mention_of), everyone=everyone)


def address_of(user: RemoteUserID) -> Jid | None:
    """The address that somebody's id is made of, None for whom only the Cloud API can reach."""
    try:
        return user_jid(user)
    except UnknownID:
        return None


JidOf = Callable[[RemoteUserID], Jid | None]
"""Finds the address by which somebody is mentioned in a chat, None if they have none."""


def from_matrix(
    formatted: FormattedText, *, max_length: int = MAX_TEXT, jid_of: JidOf = address_of
) -> list[WhatsAppText]:
    """Turn a Matrix text into one or more WhatsApp messages, in order; none if nothing is visible.

    Raises:
        ValueError: ``max_length`` is less than 32.
    """
    if max_length < 32:
        raise ValueError(f"max_length must be at least 32, not {max_length}")
    text, spans = _read(formatted)
    text = without_signs(text)
    kept = [span for span in canonical(text, spans) if span.style.kind in _SHOWN]
    mentioned: dict[str, Jid] = {}

    def by_address(span: Span) -> tuple[str, Style] | None:
        user = user_of_address(span.style.argument) if span.style.kind is Kind.LINK else None
        jid = jid_of(user) if user else None
        if jid is None:
            return None
        sign = f"@{jid.user}"
        mentioned[sign] = jid
        return sign, span.style

    text, kept = substituted(text, kept, by_address)
    told = [jid for user in sorted(formatted.mentions) if (jid := jid_of(user)) is not None]
    unseen = tuple(jid for jid in told if jid not in mentioned.values())
    texts = []
    for written in _written(text, canonical(text, kept), max_length):
        named = tuple(jid for sign, jid in mentioned.items() if sign in written)
        texts.append(WhatsAppText(written, (*named, *unseen), formatted.everyone))
    return texts


def _read(formatted: FormattedText) -> tuple[str, list[Span]]:
    """The text of the HTML or, if that shows nothing, the body."""
    if formatted.html is not None:
        html = clean_text(formatted.html)
        text, spans = read_html(_addressing(html, formatted), _Dialect())
        if text.strip():
            return text, spans
    return _addressing(clean_text(formatted.body).replace("\r\n", "\n"), formatted), []


def _addressing(text: str, formatted: FormattedText) -> str:
    """Everybody is addressed in WhatsApp's words."""
    return text.replace(_ROOM, _ALL) if formatted.everyone else text


def _written(text: str, spans: Sequence[Span], max_length: int) -> Iterator[str]:
    """The markup, in as few pieces as may be, without white space at their ends."""
    start = _begin(text, spans)
    shown = text[start:].rstrip()
    inner = canonical(shown, spans_in(spans, start, start + len(shown)))
    whole = markup(shown, inner) if shown else ""
    if utf16_length(whole) > max_length:
        yield from _pieces(text, spans, max_length, max_length)
    elif whole:
        yield whole


def _begin(text: str, spans: Sequence[Span]) -> int:
    """Where a text begins: white space before it is not sent, unless it is the indent of code."""
    first = len(text) - len(text.lstrip())
    around = [span.style.kind for span in spans if span.start <= first < span.end]
    if Kind.PRE not in around or {Kind.QUOTE, Kind.COLLAPSED_QUOTE} & set(around):
        return first  # In a quote code is written line by line, without its indent.
    return min(span.start for span in spans if span.style.kind is Kind.PRE)


def _pieces(text: str, spans: Sequence[Span], max_length: int, shown_length: int) -> Iterator[str]:
    """The markup, divided so that no piece is longer than ``max_length``, marks included.

    ``shown_length`` is how much of the text itself goes into a piece if its marks leave room.
    """
    for start, end in ranges(text, spans, shown_length):
        part = text[start:end]
        inner = canonical(part, spans_in(spans, start, end))
        written = markup(part, inner)
        if utf16_length(written) <= max_length:
            yield written
        else:
            yield from _pieces(part, inner, max_length, max(utf16_length(part) * 2 // 3, 2))


@frozen
class _Dialect:
    """What WhatsApp can show of a Matrix text: addresses are linked where they are written out."""

    bullet: str = "-"

    def link(self, address: str) -> str | None:
        user = user_of_address(address)
        return user_address(user) if user else safe_address(address)

    def hidden(self, address: str, covered: str) -> str | None:
        if user_of_address(address) or covered in (address, _bare(address)):
            return None
        return _bare(address) if scheme_of(address) == "mailto" else address

    def emoji(self, source: str) -> str | None:
        return None


def _bare(address: str) -> str:
    """An address as people write it."""
    if scheme_of(address) == "mailto":
        return mail_of(address)
    return address.partition("://")[2].removesuffix("/")
