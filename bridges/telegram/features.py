# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be done in Telegram chats, for clients that ask before they offer it."""

from collections.abc import Mapping

from attrs import evolve
from telethon.tl.types import PeerChannel, PeerChat

from bridges.core.capabilities import FileFeatures, RoomFeatures, Support
from bridges.core.content import MediaKind
from bridges.core.conversion.formats import TGS, WEBM
from bridges.core.ids import ChatKey
from bridges.telegram import ids
from bridges.telegram.formatting import MAX_TEXT
from bridges.telegram.to_telegram.pieces import Writing
from bridges.telegram.to_telegram.reacting import PREMIUM_REACTIONS, REACTIONS

_EDITABLE_FOR = 48 * 3600
_LARGEST_FILE = 2000 * 1024 * 1024
_LARGEST_FILE_PREMIUM = 2 * _LARGEST_FILE

_FORMATTING: Mapping[str, Support] = {
    "bold": Support.FULL,
    "italic": Support.FULL,
    "underline": Support.FULL,
    "strikethrough": Support.FULL,
    "inline_code": Support.FULL,
    "code_block": Support.FULL,
    "syntax_highlighting": Support.FULL,
    "blockquote": Support.FULL,
    "inline_link": Support.FULL,
    "user_link": Support.FULL,
    "room_link": Support.PARTIAL,
    "event_link": Support.PARTIAL,
    "spoiler": Support.FULL,
    "unordered_list": Support.FALLBACK,
    "ordered_list": Support.FALLBACK,
    "headers": Support.FALLBACK,
    "horizontal_line": Support.FALLBACK,
    "table_cell": Support.FALLBACK,
}


def _files(mime: str, *, premium: bool = False) -> FileFeatures:
    return FileFeatures(
        mime_types={mime: Support.FULL},
        caption=Support.FULL,
        max_caption_length=Writing(premium=premium).longest_caption,
        max_size=_LARGEST_FILE_PREMIUM if premium else _LARGEST_FILE,
    )


def _all_files(*, premium: bool) -> Mapping[MediaKind, FileFeatures]:
    return {
        MediaKind.IMAGE: _files("image/*", premium=premium),
        MediaKind.VIDEO: _files("video/*", premium=premium),
        MediaKind.AUDIO: _files("audio/*", premium=premium),
        MediaKind.FILE: _files("*/*", premium=premium),
        MediaKind.STICKER: FileFeatures(
            mime_types={
                "image/*": Support.FULL,
                TGS: Support.FULL,
                WEBM: Support.FULL,
            },
            caption=Support.REJECTED,
        ),
    }


_DIRECT = RoomFeatures(
    id="telegram.direct.2",
    formatting=_FORMATTING,
    file=_all_files(premium=False),
    max_text_length=MAX_TEXT,
    reply=Support.FULL,
    edit=Support.FULL,
    edit_max_age=_EDITABLE_FOR,
    delete=Support.FULL,
    reaction=Support.FULL,
    reaction_count=REACTIONS,
    poll=Support.FULL,
    read_receipts=True,
    typing_notifications=True,
)
_GROUP = evolve(_DIRECT, id="telegram.group.2")
_CHANNEL = evolve(_DIRECT, id="telegram.channel.2")


def features_of(chat: ChatKey, *, premium: bool = False) -> RoomFeatures:
    """What an account can do in a chat; unknown chats support what direct ones do."""
    features = _kind_of(chat)
    if not premium:
        return features
    return evolve(
        features,
        id=f"{features.id}.premium",
        file=_all_files(premium=True),
        reaction_count=PREMIUM_REACTIONS,
    )


def _kind_of(chat: ChatKey) -> RoomFeatures:
    try:
        peer = ids.chat_peer(chat)
    except ids.UnknownID:
        return _DIRECT
    if isinstance(peer, PeerChannel):
        return _CHANNEL
    return _GROUP if isinstance(peer, PeerChat) else _DIRECT
