# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be done in chats of a linked account, for clients that ask before they offer it."""

from collections.abc import Mapping

from attrs import evolve

from bridges.core.capabilities import FileFeatures, RoomFeatures, Support
from bridges.core.content import MediaKind
from bridges.core.ids import ChatKey
from bridges.whatsapp.ids import BROADCAST, GROUP, NEWSLETTER, UnknownID, chat_jid

EDITABLE_FOR = 15 * 60
DELETABLE_FOR = 2 * 24 * 3600
LONGEST_TEXT = 65_536
LARGEST_FILE = 256 * 1024 * 1024
"""Bytes; the worker's library holds a whole file in memory, several times."""

_FORMATTING: Mapping[str, Support] = {
    "bold": Support.FULL,
    "italic": Support.FULL,
    "strikethrough": Support.FULL,
    "inline_code": Support.FULL,
    "code_block": Support.FULL,
    "blockquote": Support.FULL,
    "unordered_list": Support.FULL,
    "ordered_list": Support.FULL,
    "user_link": Support.FULL,
    "inline_link": Support.FALLBACK,
    "underline": Support.DROPPED,
    "spoiler": Support.DROPPED,
    "syntax_highlighting": Support.DROPPED,
    "headers": Support.FALLBACK,
    "horizontal_line": Support.FALLBACK,
    "table_cell": Support.FALLBACK,
}


def _files(mime: str, *, caption: bool = True) -> FileFeatures:
    return FileFeatures(
        mime_types={mime: Support.FULL},
        caption=Support.FULL if caption else Support.REJECTED,
        max_caption_length=LONGEST_TEXT if caption else None,
        max_size=LARGEST_FILE,
    )


_FILES = {
    MediaKind.IMAGE: _files("image/*"),
    MediaKind.VIDEO: _files("video/*"),
    MediaKind.AUDIO: _files("audio/*", caption=False),
    MediaKind.FILE: _files("*/*"),
    MediaKind.STICKER: _files("image/*", caption=False),
}

_DIRECT = RoomFeatures(
    id="whatsapp.direct.1",
    formatting=_FORMATTING,
    file=_FILES,
    max_text_length=LONGEST_TEXT,
    reply=Support.FULL,
    edit=Support.FULL,
    edit_max_age=EDITABLE_FOR,
    delete=Support.FULL,
    reaction=Support.FULL,
    reaction_count=1,
    poll=Support.FULL,
    read_receipts=True,
    typing_notifications=True,
)
_GROUP = evolve(_DIRECT, id="whatsapp.group.1")
_CHANNEL = RoomFeatures(
    id="whatsapp.channel.1", reaction=Support.FULL, reaction_count=1, read_receipts=True
)
_STATUS = RoomFeatures(id="whatsapp.status.1", read_receipts=True)


_FEATURES = {GROUP: _GROUP, NEWSLETTER: _CHANNEL, BROADCAST: _STATUS}


def features_of(chat: ChatKey) -> RoomFeatures:
    """What an account can do in a chat; unknown chats support what direct ones do."""
    try:
        server = chat_jid(chat).server
    except UnknownID:
        return _DIRECT
    return _FEATURES.get(server, _DIRECT)
