# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telegram message entities (https://core.telegram.org/api/entities) as spans, and back."""

import re
from collections.abc import Iterable, Sequence

from telethon.tl.types import (
    InputMessageEntityMentionName,
    InputUser,
    MessageEntityBlockquote,
    MessageEntityBold,
    MessageEntityCode,
    MessageEntityCustomEmoji,
    MessageEntityEmail,
    MessageEntityItalic,
    MessageEntityMention,
    MessageEntityMentionName,
    MessageEntityPre,
    MessageEntitySpoiler,
    MessageEntityStrike,
    MessageEntityTextUrl,
    MessageEntityUnderline,
    MessageEntityUrl,
    TypeMessageEntity,
)

from bridges.core.formatting.addresses import (
    mail_of,
    message_address,
    scheme_of,
    user_address,
    user_of_address,
)
from bridges.core.formatting.styles import Kind, Span, Style, outer_first
from bridges.core.formatting.utf16 import Offsets
from bridges.core.ids import RemoteUserID
from bridges.core.sanitize import clean_text
from bridges.telegram.formatting.links import Links, safe_address, username_address, web_address

_SIMPLE = {
    Kind.BOLD: MessageEntityBold,
    Kind.ITALIC: MessageEntityItalic,
    Kind.UNDERLINE: MessageEntityUnderline,
    Kind.STRIKE: MessageEntityStrike,
    Kind.SPOILER: MessageEntitySpoiler,
    Kind.CODE: MessageEntityCode,
}
_SIMPLE_KINDS = {entity: kind for kind, entity in _SIMPLE.items()}
_USERNAME = re.compile(r"@([A-Za-z0-9_]{1,32})")
_USER_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_LINKED_BY_TELEGRAM = frozenset({"http", "https", "tg"})


def spans_of(text: str, entities: Iterable[TypeMessageEntity], links: Links) -> list[Span]:
    """Read entities; those that need no formatting (hashtags, dates, …) give no span.

    Offsets outside the text and negative or zero lengths are tolerated.
    """
    offsets = Offsets(text)
    spans = []
    for entity in entities:
        start, end = offsets.points(entity.offset, entity.offset + entity.length)
        style = _style_of(entity, text[start:end], links)
        if start < end and style:
            spans.append(Span(start, end, style))
    return spans


def _style_of(entity: TypeMessageEntity, covered: str, links: Links) -> Style | None:
    if (kind := _SIMPLE_KINDS.get(type(entity))) is not None:
        return Style(kind)
    if isinstance(entity, MessageEntityBlockquote):
        return Style(Kind.COLLAPSED_QUOTE if entity.collapsed else Kind.QUOTE)
    if isinstance(entity, MessageEntityPre):
        return Style(Kind.PRE, "-".join(clean_text(entity.language).split()))
    if isinstance(entity, MessageEntityCustomEmoji):
        return Style(Kind.EMOJI, str(entity.document_id))
    address = _address_of(entity, covered, links)
    return Style(Kind.LINK, address) if address else None


def _address_of(entity: TypeMessageEntity, covered: str, links: Links) -> str | None:
    """Where an entity leads, or None if it is no link."""
    if isinstance(entity, MessageEntityTextUrl):
        return _linked(entity.url, links)
    if isinstance(entity, MessageEntityUrl):
        return _linked(covered, links)
    if isinstance(entity, MessageEntityEmail):
        return safe_address(f"mailto:{covered.strip()}")
    if isinstance(entity, MessageEntityMention):
        return _username_linked(covered, links)
    if isinstance(entity, MessageEntityMentionName):
        return user_address(RemoteUserID(str(entity.user_id)))
    if isinstance(entity, InputMessageEntityMentionName) and isinstance(entity.user_id, InputUser):
        return user_address(RemoteUserID(str(entity.user_id.user_id)))
    return None


def _linked(url: str, links: Links) -> str | None:
    message = links.message_of_url(url)
    return message_address(*message) if message else web_address(url)


def _username_linked(covered: str, links: Links) -> str | None:
    found = _USERNAME.fullmatch(covered.strip())
    if not found:
        return None
    user = links.user_ids.get(found[1].lower())
    return user_address(user) if user else username_address(found[1])


def entities_of(text: str, spans: Sequence[Span]) -> tuple[TypeMessageEntity, ...]:
    """Write canonical spans of ``text`` as entities, outer before inner.

    Users become ``messageEntityMentionName``; to send it, replace it by
    ``inputMessageEntityMentionName`` with the user's access hash.
    """
    offsets = Offsets(text)
    entities = []
    for span in sorted(spans, key=outer_first):
        start, end = offsets.units(span.start), offsets.units(span.end)
        entity = _entity(span.style, text[span.start : span.end], start, end - start)
        if entity is not None:
            entities.append(entity)
    return tuple(entities)


def _entity(style: Style, covered: str, offset: int, length: int) -> TypeMessageEntity | None:
    if style.kind is Kind.LINK:
        return _link_entity(style.argument, covered, offset, length)
    if style.kind is Kind.PRE:
        return MessageEntityPre(offset, length, style.argument)
    if style.kind is Kind.EMOJI:
        return MessageEntityCustomEmoji(offset, length, int(style.argument))
    if style.kind in _SIMPLE:
        return _SIMPLE[style.kind](offset, length)
    collapsed = True if style.kind is Kind.COLLAPSED_QUOTE else None
    return MessageEntityBlockquote(offset, length, collapsed)


def _link_entity(address: str, covered: str, offset: int, length: int) -> TypeMessageEntity | None:
    user = user_of_address(address)
    if user is not None:
        if not _USER_NUMBER.fullmatch(user):
            return None
        return MessageEntityMentionName(offset, length, int(user))
    if _shows_username(address, covered):
        return MessageEntityMention(offset, length)
    if _shows_address(address, covered):
        if scheme_of(address) == "mailto":
            return MessageEntityEmail(offset, length)
        if scheme_of(address) in _LINKED_BY_TELEGRAM:
            return MessageEntityUrl(offset, length)
    if scheme_of(address) in _LINKED_BY_TELEGRAM:
        return MessageEntityTextUrl(offset, length, address)
    return None


def _shows_username(address: str, covered: str) -> bool:
    username = _USERNAME.fullmatch(covered)
    return bool(username) and username_address(covered[1:]).lower() == address.lower()


def _shows_address(address: str, covered: str) -> bool:
    """Whether a link's text says where it leads, so that Telegram needs no hidden address."""
    if scheme_of(address) == "mailto":
        return mail_of(address) == covered
    return web_address(covered) == address


def hidden_address(address: str, covered: str) -> str | None:
    """What must be added to the text because Telegram does not link this scheme, or None."""
    if user_of_address(address) or scheme_of(address) in _LINKED_BY_TELEGRAM:
        return None
    if _shows_address(address, covered):
        return None
    return mail_of(address) if scheme_of(address) == "mailto" else address
