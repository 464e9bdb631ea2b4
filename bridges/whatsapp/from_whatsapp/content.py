# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a message says: text, files with their captions, places, polls, and readable text for all else."""

import logging

from attrs import evolve

from bridges.core.content import (
    FormattedText,
    LinkPreview,
    RemoteMedia,
    RemotePart,
    Text,
    TextKind,
)
from bridges.core.formatting.addresses import safe_address
from bridges.core.formatting.compose import plain, quoted, stacked
from bridges.core.formatting.names import clean_name, clean_text_lines
from bridges.core.text import UserText, user_text
from bridges.whatsapp.from_whatsapp.business import Card, card_of
from bridges.whatsapp.from_whatsapp.contacts import contact, contacts
from bridges.whatsapp.from_whatsapp.context import context_of, words
from bridges.whatsapp.from_whatsapp.files import FILES, animation_part, file_part, picture_of
from bridges.whatsapp.from_whatsapp.notices import notice_of, told
from bridges.whatsapp.from_whatsapp.places import place
from bridges.whatsapp.from_whatsapp.polls import POLLS, poll_part, poll_result
from bridges.whatsapp.from_whatsapp.surroundings import Surroundings
from bridges.whatsapp.from_whatsapp.wrappers import WRAPPERS, Opened, opened
from bridges.whatsapp.json_form import Json, mapping, text
from bridges.whatsapp.media import is_fetchable

_log = logging.getLogger(__name__)

_STATUS = "status@broadcast"
_RESULTS = frozenset({"pollResultSnapshotMessage", "pollResultSnapshotMessageV3"})
_SILENT = frozenset(
    {
        "acp2SettingMessage",
        "albumMessage",
        "botPlatformRegistrationSuccessMessage",
        "call",
        "chat",
        "encEventResponseMessage",
        "encReactionMessage",
        "fastRatchetKeySenderKeyDistributionMessage",
        "groupRootKeyShare",
        "keepInChatMessage",
        "limitSharingMessage",
        "messageContextInfo",
        "pinInChatMessage",
        "pollUpdateMessage",
        "protocolMessage",
        "reactionMessage",
        "rootSecretDistributeMessage",
        "senderKeyDistributionMessage",
        "statusLinkPreviewMetadata",
        "statusNotificationMessage",
        "statusStickerInteractionMessage",
        "stickerSyncRmrMessage",
    }
)
"""Fields of ``Message`` that say nothing, or change something that was said before.

An album only announces its pictures, each of which is a message of its own.
"""

_NOT_CONVERTED = user_text("A message this bridge could not read. See it in WhatsApp.")
_NOTHING_TO_SHOW = user_text(
    "A message in which there is nothing this bridge can show. See it in WhatsApp."
)
_LOST_FILE = user_text("A file that is not available any more. See it in WhatsApp on your phone.")
_ANIMATED = user_text("An animated sticker. See it in WhatsApp.")
_ONCE: dict[str, UserText] = {
    "imageMessage": user_text("A photo that can be seen once. See it in WhatsApp on your phone."),
    "videoMessage": user_text("A video that can be seen once. See it in WhatsApp on your phone."),
    "audioMessage": user_text(
        "A voice message that can be heard once. Listen to it in WhatsApp on your phone."
    ),
}


def parts_of(
    message: Json, around: Surroundings, *, view_once: bool = False, lottie: bool = False
) -> tuple[RemotePart, ...]:
    """The parts of a message; none if it says nothing by itself. Never raises.

    ``view_once`` and ``lottie`` tell what was around the message if it is not any more.
    """
    try:
        found = opened(message)
        known = evolve(found, view_once=found.view_once or view_once, lottie=found.lottie or lottie)
        return _parts(known, around)
    except Exception:  # noqa: BLE001 - it must neither be lost nor hold up those behind it
        _log.exception("A message could not be converted", extra={"kinds": sorted(message)})
        return (told(_NOT_CONVERTED, around),)


def _parts(found: Opened, around: Surroundings) -> tuple[RemotePart, ...]:
    kinds = [kind for kind in found.content if kind not in _SILENT]
    if not kinds:
        return ()
    kind = kinds[0]
    value = found.content[kind]
    if kind == "conversation":
        return _text(text(value), {}, {}, around)
    if kind in WRAPPERS:
        return (told(_NOTHING_TO_SHOW, around),)
    content = mapping(value)
    context = mapping(content.get("contextInfo"))
    parts = [
        told(_NOTHING_TO_SHOW, around) if isinstance(part, Text) and not part.text.body else part
        for part in _of_kind(kind, content, context, found, around)
    ]
    return _with_status(tuple(parts), context, around)


def _of_kind(
    kind: str, content: Json, context: Json, found: Opened, around: Surroundings
) -> tuple[RemotePart, ...]:
    if kind == "extendedTextMessage":
        return _text(text(content.get("text")), content, context, around)
    if kind in FILES:
        return (_file(kind, content, context, found, around),)
    if kind in POLLS:
        return (poll_part(content),)
    if kind in _RESULTS:
        return (poll_result(content),)
    match kind:
        case "locationMessage":
            return (place(content, around),)
        case "liveLocationMessage":
            return (place(content, around, live=True),)
        case "contactMessage":
            return (contact(content, around),)
        case "contactsArrayMessage":
            return contacts(content, around) or (told(_NOTHING_TO_SHOW, around),)
        case "commentMessage":
            return _parts(opened(mapping(content.get("message"))), around)
    card = card_of(kind, content, around)
    if card is not None:
        return _card(card, around)
    return (notice_of(kind, content, around) or told(_unknown(kind), around),)


def _unknown(kind: str) -> UserText:
    return user_text(
        "A message of a kind this bridge does not know ({kind}). See it in WhatsApp.",
        kind=clean_name(kind),
    )


def _text(said: str, content: Json, context: Json, around: Surroundings) -> tuple[RemotePart, ...]:
    if not said.strip():
        return ()
    return (Text(words(said, context, around), previews=_previews(content)),)


def _previews(content: Json) -> tuple[LinkPreview, ...]:
    url = safe_address(text(content.get("matchedText")))
    title = clean_name(text(content.get("title")))
    if url is None or not title:
        return ()
    return (LinkPreview(url, title, clean_text_lines(text(content.get("description")))),)


def _file(kind: str, file: Json, context: Json, found: Opened, around: Surroundings) -> RemotePart:
    said = text(file.get("caption"))
    caption = words(said, context, around) if said else None
    once = found.view_once or file.get("viewOnce") is True
    if once and not around.takes_view_once:
        line = _ONCE.get(kind, _ONCE["imageMessage"])
        return Text(stacked(plain(around.say(line)), caption), TextKind.NOTICE)
    if kind == "stickerMessage" and (found.lottie or file.get("isLottie") is True):
        if is_fetchable(file):
            return animation_part(file)
        return picture_of(file) or told(_ANIMATED, around)
    if not is_fetchable(file):
        # An edit of a caption may come without the file.
        return Text(caption) if caption else told(_LOST_FILE, around)
    spoiler = found.spoiler or context.get("isSpoiler") is True
    return file_part(kind, file, caption, spoiler=spoiler)


def _card(card: Card, around: Surroundings) -> tuple[RemotePart, ...]:
    above = [part for header in card.headers for part in _parts(opened(header), around)]
    if not card.text.body:
        return tuple(above) or (told(_NOTHING_TO_SHOW, around),)
    if len(above) == 1 and isinstance(above[0], RemoteMedia) and above[0].caption is None:
        return (evolve(above[0], caption=card.text),)
    return (*above, Text(card.text))


def answered(message: Json, around: Surroundings) -> FormattedText | None:
    """What a message answers, as it tells itself; None if it answers nothing in its chat. Never raises."""
    try:
        context = context_of(message)
        said = mapping(context.get("quotedMessage"))
        if not said or context.get("remoteJID") == _STATUS:
            return None
        person = around.named(text(context.get("participant")))
        line = user_text("Answer to {person}", person=person)
        return stacked(plain(around.say(line)), quoted(_summary(said, around)))
    except Exception:  # noqa: BLE001 - the message itself is more important
        _log.exception("An answered message could not be converted")
        return None


def _with_status(
    parts: tuple[RemotePart, ...], context: Json, around: Surroundings
) -> tuple[RemotePart, ...]:
    """Above an answer to a status post, what that said."""
    said = mapping(context.get("quotedMessage"))
    if not parts or not said or context.get("remoteJID") != _STATUS:
        return parts
    line = plain(around.say(user_text("Answer to a status post")))
    above = stacked(line, quoted(_summary(said, around)))
    first, *rest = parts
    if isinstance(first, Text):
        return (evolve(first, text=stacked(above, first.text)), *rest)
    return (Text(above, TextKind.NOTICE), *parts)


def _summary(message: Json, around: Surroundings) -> FormattedText:
    """In one line what a message says that is not here."""
    content = opened(message).content
    for kind, value in content.items():
        part = mapping(value)
        said = text(value) or text(part.get("text")) or text(part.get("caption"))
        if said:
            return plain(clean_name(said))
        if kind in FILES:
            return plain(around.say(_NAMES[kind]))
    return plain("…")


_NAMES: dict[str, UserText] = {
    "imageMessage": user_text("Photo"),
    "videoMessage": user_text("Video"),
    "ptvMessage": user_text("Video"),
    "audioMessage": user_text("Voice message"),
    "documentMessage": user_text("File"),
    "stickerMessage": user_text("Sticker"),
}
