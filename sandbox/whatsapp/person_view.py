# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person sees on their device: chats made of the messages that came and went."""

from typing import Any

from attrs import define, field
from pyaileys.proto import WAProto_pb2

from sandbox.whatsapp.jids import STATUS, Jid
from sandbox.whatsapp.person_client import Arrival
from sandbox.whatsapp.person_polls import opened_reaction

_ENVELOPES = (
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
    "editedMessage",
    "associatedChildMessage",
    "lottieStickerMessage",
)
_POLLS = (
    "pollCreationMessage",
    "pollCreationMessageV2",
    "pollCreationMessageV3",
    "pollCreationMessageV5",
)
_FILES = (
    "imageMessage",
    "videoMessage",
    "ptvMessage",
    "audioMessage",
    "documentMessage",
    "stickerMessage",
)
_CONTENTS = (
    "conversation",
    "extendedTextMessage",
    *_FILES,
    *_POLLS,
    "locationMessage",
    "liveLocationMessage",
    "contactMessage",
    "contactsArrayMessage",
    "albumMessage",
    "eventMessage",
    "groupInviteMessage",
)
_REVOKE, _EPHEMERAL, _EDIT = 0, 3, 14  # ProtocolMessage.Type


@define
class Shown:
    """One message as it is shown now.

    Attributes:
        author: by LID.
        wire_author: how the author is called in what refers to the message.
        message: without envelopes; a changed one has the latest text.
        reactions: by the LID of who reacts.
        reacted_sealed: LIDs of those who have reacted as in a community's announcements.
        read_by: LIDs of those who are known to have read it.
        votes: hashes of the chosen answers, by LID.
    """

    id: str
    chat: Jid
    author: Jid
    wire_author: Jid
    message: Any
    time: int
    mine: bool
    secret: bytes = b""
    edited: bool = False
    reactions: dict[str, str] = field(factory=dict)
    reacted_sealed: set[str] = field(factory=set)
    read_by: set[str] = field(factory=set)
    votes: dict[str, frozenset[bytes]] = field(factory=dict)

    @property
    def text(self) -> str:
        """The text, caption, question or name."""
        return text_of(self.message)

    @property
    def file(self) -> Any:
        """The part of the message that describes a file, None if there is none."""
        kind = content_of(self.message, _FILES)
        return getattr(self.message, kind) if kind else None

    @property
    def file_kind(self) -> str:
        """The name of that part, empty if there is none."""
        return content_of(self.message, _FILES)

    @property
    def poll(self) -> Any:
        """The poll, None if it is none."""
        kind = content_of(self.message, _POLLS)
        return getattr(self.message, kind) if kind else None

    @property
    def context(self) -> Any:
        """What the message says about others: what it answers, whom it mentions."""
        kind = content_of(self.message, _CONTENTS)
        return getattr(getattr(self.message, kind, None), "contextInfo", None)


def unwrapped(message: Any) -> Any:
    """Return what is inside all envelopes."""
    for name in _ENVELOPES:
        if message.HasField(name) and getattr(message, name).HasField("message"):
            return unwrapped(getattr(message, name).message)
    return message


def content_of(message: Any, kinds: tuple[str, ...]) -> str:
    """Return which of these a message is, or an empty text."""
    return next((name for name in kinds if message.HasField(name)), "")


def text_of(message: Any) -> str:
    """Return what there is to read in a message."""
    if message.HasField("conversation"):
        return str(message.conversation)
    part = getattr(message, content_of(message, _CONTENTS) or "extendedTextMessage")
    for name in ("text", "caption", "name", "displayName"):
        if getattr(part, name, ""):
            return str(getattr(part, name))
    return ""


class View:
    """The chats of one person, oldest message first."""

    def __init__(self) -> None:
        self._chats: dict[Jid, list[Shown]] = {}
        self.timers: dict[Jid, int] = {}
        self.pins: dict[Jid, list[str]] = {}
        self.poll_votes: list[tuple[Arrival, Any]] = []

    def messages(self, chat: Jid) -> list[Shown]:
        """Return a chat as it is now."""
        return list(self._chats.get(chat, ()))

    def chats(self) -> list[Jid]:
        """Return the chats in which something was said; status posts are none."""
        return [chat for chat, shown in self._chats.items() if shown and chat != STATUS]

    def find(self, chat: Jid, message_id: str) -> Shown | None:
        """Return one message."""
        return next((one for one in self._chats.get(chat, ()) if one.id == message_id), None)

    def take(self, arrival: Arrival) -> None:
        """Show what came, or what came of it."""
        message = unwrapped(arrival.message)
        if message.HasField("protocolMessage"):
            self._change(arrival, message.protocolMessage)
        elif message.HasField("reactionMessage"):
            self._react(arrival, message.reactionMessage)
        elif message.HasField("encReactionMessage"):
            self._react_sealed(arrival, message.encReactionMessage)
        elif message.HasField("pinInChatMessage"):
            self._pin(arrival.chat, message.pinInChatMessage)
        elif message.HasField("pollUpdateMessage"):
            self.poll_votes.append((arrival, message.pollUpdateMessage))
        elif content_of(message, _CONTENTS) and not self.find(arrival.chat, arrival.id):
            secret = bytes(arrival.message.messageContextInfo.messageSecret)
            shown = Shown(
                arrival.id,
                arrival.chat,
                arrival.author,
                arrival.wire_author,
                message,
                arrival.time,
                arrival.mine,
                secret or bytes(message.messageContextInfo.messageSecret),
            )
            self._chats.setdefault(arrival.chat, []).append(shown)

    def read(self, person: Jid, ids: list[str]) -> None:
        """Note that somebody has read messages."""
        for chat in self._chats.values():
            for one in chat:
                if one.id in ids:
                    one.read_by.add(person.user)

    def _change(self, arrival: Arrival, protocol: Any) -> None:
        target = self.find(arrival.chat, protocol.key.id)
        if protocol.type == _EPHEMERAL:
            self.timers[arrival.chat] = protocol.ephemeralExpiration
        elif target is None:
            return
        elif protocol.type == _REVOKE:
            self._chats[arrival.chat].remove(target)
        elif protocol.type == _EDIT and target.author == arrival.author:
            _edit(target, unwrapped(protocol.editedMessage))

    def _react(self, arrival: Arrival, reaction: Any) -> None:
        target = self.find(arrival.chat, reaction.key.id)
        if target is None:
            return
        if reaction.text:
            target.reactions[arrival.author.user] = reaction.text
        else:
            target.reactions.pop(arrival.author.user, None)

    def _react_sealed(self, arrival: Arrival, sealed: Any) -> None:
        target = self.find(arrival.chat, sealed.targetMessageKey.id)
        if target is None:
            return
        inside = opened_reaction(
            target.id, target.wire_author, target.secret, arrival.author, sealed
        )
        inside.key.CopyFrom(sealed.targetMessageKey)
        self._react(arrival, inside)
        target.reacted_sealed.add(arrival.author.user)

    def _pin(self, chat: Jid, pin: Any) -> None:
        pinned = [one for one in self.pins.get(chat, []) if one != pin.key.id]
        if pin.type == WAProto_pb2.Message.PinInChatMessage.PIN_FOR_ALL:
            pinned.append(pin.key.id)
        self.pins[chat] = pinned


def _edit(target: Shown, changed: Any) -> None:
    target.edited = True
    if target.file is None:
        target.message = changed
    elif target.file_kind and hasattr(target.file, "caption"):
        target.file.caption = text_of(changed)
