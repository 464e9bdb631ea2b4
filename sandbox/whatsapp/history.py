# SPDX-License-Identifier: AGPL-3.0-or-later
"""Old chats a phone hands to a newly linked device: a compressed, encrypted file, and a note."""

import base64
import zlib
from collections.abc import Sequence
from enum import Enum

from attrs import field, frozen
from pyaileys.media import encrypt_media_bytes
from pyaileys.proto import WAProto_pb2

from sandbox.statefile import StateFile
from sandbox.whatsapp.jids import Jid
from sandbox.whatsapp.media import FILE_PATH

_NOTIFICATION = 5  # ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION
_MEDIA = "md-msg-hist"


class HistoryKind(Enum):
    """Which part of the past it is; the service's numbers."""

    FULL = 2
    RECENT = 3


@frozen
class OldMessage:
    """A text of the past; `time` in seconds since 1970. `author` is needed in groups only."""

    id: str
    text: str
    time: int
    from_me: bool = False
    author: Jid | None = None


@frozen
class OldChat:
    """A chat of the past, newest message first, as phones send them."""

    chat: Jid
    name: str
    messages: Sequence[OldMessage] = field(factory=tuple)


def history_message(
    store: StateFile, chats: Sequence[OldChat], kind: HistoryKind, *, order: int, progress: int
) -> bytes:
    """Put a file with these chats on the media host and return the message that names it.

    `order` numbers the parts from 1; `progress` is in percent.
    """
    history = WAProto_pb2.HistorySync(syncType=kind.value, chunkOrder=order, progress=progress)
    for chat in chats:
        _add(history.conversations.add(), chat)
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
    conversation.name = chat.name
    for old in chat.messages:
        message = conversation.messages.add().message
        message.key.remoteJid = str(chat.chat)
        message.key.fromMe = old.from_me
        message.key.id = old.id
        if old.author is not None:
            message.key.participant = str(old.author)
            message.participant = str(old.author)
        message.message.conversation = old.text
        message.messageTimestamp = old.time
