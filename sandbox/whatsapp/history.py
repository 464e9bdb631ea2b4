# SPDX-License-Identifier: AGPL-3.0-or-later
"""Old chats a phone hands to a newly linked device: a compressed, encrypted file, and a note."""

import base64
import zlib
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from attrs import field, frozen
from pyaileys.media import encrypt_media_bytes
from pyaileys.proto import WAProto_pb2

from sandbox.statefile import StateFile
from sandbox.whatsapp.jids import Jid
from sandbox.whatsapp.media import FILE_PATH

_NOTIFICATION = 5  # ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION
_MEDIA = "md-msg-hist"
_FOR_EVER = 0x7FFF_FFFF_FFFF  # milliseconds since 1970


class HistoryKind(Enum):
    """Which part of the past it is; the service's numbers."""

    FULL = 2
    RECENT = 3
    NAMES = 4


@frozen
class OldMessage:
    """A message of the past; `time` in seconds since 1970. `author` is needed in groups only.

    `message` is a ``Message`` where it is more than a text; `reactions` are by who reacts.
    """

    id: str
    text: str
    time: int
    from_me: bool = False
    author: Jid | None = None
    message: Any = None
    reactions: Mapping[Jid, str] = field(factory=dict)


@frozen
class OldChat:
    """A chat of the past, newest message first, as phones send them.

    Attributes:
        owner: whose phone it is.
        number: of a direct chat by LID, the other's number.
    """

    chat: Jid
    name: str
    messages: Sequence[OldMessage] = field(factory=tuple)
    unread: int = 0
    archived: bool = False
    pinned: bool = False
    muted: bool = False
    owner: Jid | None = None
    number: Jid | None = None


def history_message(
    store: StateFile,
    chats: Sequence[OldChat],
    kind: HistoryKind,
    *,
    order: int,
    progress: int,
    names: Mapping[Jid, str] | None = None,
) -> bytes:
    """Put a file with these chats on the media host and return the message that names it.

    `order` numbers the parts from 1; `progress` is in percent; `names` are how people call
    themselves.
    """
    history = WAProto_pb2.HistorySync(syncType=kind.value, chunkOrder=order, progress=progress)
    for chat in chats:
        _add(history.conversations.add(), chat)
    for jid, name in (names or {}).items():
        history.pushnames.add(id=str(jid), pushname=name)
    packed = zlib.compress(history.SerializeToString())
    sealed = encrypt_media_bytes(packed, media_type=_MEDIA)
    token = base64.urlsafe_b64encode(sealed.file_enc_sha256).decode().rstrip("=")
    store.put_blob(token, sealed.enc_bytes)
    message = WAProto_pb2.Message()
    message.protocolMessage.type = _NOTIFICATION
    note = message.protocolMessage.historySyncNotification
    note.syncType = kind.value
    note.chunkOrder = order
    note.progress = progress
    note.fileLength = len(packed)
    note.fileSha256 = sealed.file_sha256
    note.fileEncSha256 = sealed.file_enc_sha256
    note.mediaKey = sealed.media_key
    note.directPath = f"{FILE_PATH}{token}?ccb=11-4&oh=sandbox&oe=7FFFFFFF"
    return bytes(message.SerializeToString())


def _add(conversation: WAProto_pb2.Conversation, chat: OldChat) -> None:
    conversation.id = str(chat.chat)
    if chat.name:
        conversation.name = chat.name
    if chat.number is not None:
        conversation.pnJid = str(chat.number)
    conversation.unreadCount = chat.unread
    conversation.archived = chat.archived
    if chat.pinned:
        conversation.pinned = 1
    if chat.muted:
        conversation.muteEndTime = _FOR_EVER
    for old in chat.messages:
        message = conversation.messages.add().message
        message.key.remoteJid = str(chat.chat)
        message.key.fromMe = old.from_me
        message.key.id = old.id
        if old.author is not None:
            message.key.participant = str(old.author)
            message.participant = str(old.author)
        if old.message is None:
            message.message.conversation = old.text
        else:
            message.message.CopyFrom(old.message)
        message.messageTimestamp = old.time
        for person, emoji in old.reactions.items():
            reaction = message.reactions.add(text=emoji)
            reaction.key.participant = str(person)
            reaction.key.remoteJid = str(chat.chat)
            reaction.key.fromMe = person == chat.owner
