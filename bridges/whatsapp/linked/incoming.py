# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a message means for its chat: something said, or something done to what was said before.

Messages are dicts of WhatsApp's ``Message`` in protobuf's JSON form.
"""

from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from bridges.core.ids import MessageID
from bridges.whatsapp.from_whatsapp.polls import POLLS
from bridges.whatsapp.from_whatsapp.wrappers import opened
from bridges.whatsapp.json_form import mapping, mappings, number, text

Content = Mapping[str, Any]

_SILENT = frozenset(
    {
        "senderKeyDistributionMessage",
        "messageContextInfo",
        "stickerSyncRmrMessage",
        "deviceSentMessage",
    }
)
_SEALED = frozenset({"secretEncryptedMessage", "encReactionMessage", "encCommentMessage"})
_REVOKE = "REVOKE"
_PINNED = "PIN_FOR_ALL"
_BETTER = frozenset({"HD_IMAGE_DUAL_UPLOAD", "HD_VIDEO_DUAL_UPLOAD", "HEVC_VIDEO_DUAL_UPLOAD"})


@frozen
class Said:
    """Something to be shown; ``content`` is the whole message."""

    content: Content


@frozen
class Edited:
    """A message has other content now. ``stamp`` in milliseconds, 0 if it is not told."""

    target: MessageID
    content: Content
    stamp: int


@frozen
class Revoked:
    """A message is gone."""

    target: MessageID


@frozen
class Reacted:
    """Somebody has this one reaction now; none if it is empty."""

    target: MessageID
    emoji: str


@frozen
class Voted:
    """Somebody has voted; how, only the worker can read."""

    poll: MessageID
    content: Content


@frozen
class Pinned:
    """A message is pinned now, or not any more."""

    target: MessageID
    pinned: bool


@frozen
class TimerSet:
    """New messages disappear after some seconds; 0: they stay."""

    seconds: int


@frozen
class Nothing:
    """Nothing that people see."""


@frozen
class Sealed:
    """Something about a message, which only the worker can open."""

    target: MessageID


Meaning = Sealed | Said | Edited | Revoked | Reacted | Voted | Pinned | TimerSet | Nothing


def meaning(message: Content) -> Meaning:
    """Tell what a message means. Anything may come in; what is not understood is ``Said``."""
    content = opened(message).content
    if "protocolMessage" in content:
        return _protocol(mapping(content["protocolMessage"]))
    if "reactionMessage" in content:
        reaction = mapping(content["reactionMessage"])
        return Reacted(_target(reaction.get("key")), text(reaction.get("text")))
    if "pollUpdateMessage" in content:
        update = mapping(content["pollUpdateMessage"])
        return Voted(_target(update.get("pollCreationMessageKey")), content)
    if "pinInChatMessage" in content:
        pin = mapping(content["pinInChatMessage"])
        return Pinned(_target(pin.get("key")), pin.get("type") == _PINNED)
    for kind in _SEALED & set(content):
        return Sealed(_target(mapping(content[kind]).get("targetMessageKey")))
    if "keepInChatMessage" in content or set(content) <= _SILENT:
        return Nothing()
    return _better(message, content) or Said(message)


def unsealed(target: MessageID, message: Content) -> Meaning:
    """Tell what a message means that was sealed for another one, whatever it says it is about."""
    found = meaning(message)
    match found:
        case Reacted():
            return evolve(found, target=target)
        case Edited():
            return evolve(found, target=target)
        case Said() if poll_answers(message) is not None:
            # The votes in a room are for the answers that are there.
            return Said({"pollAddOptionMessage": {}})
        case Said():
            return Edited(target, message, 0)
    return Nothing()


def _better(message: Content, content: Content) -> Edited | None:
    """A photo or video in high definition follows the same one in a lower quality, and replaces it."""
    association = mapping(mapping(content.get("messageContextInfo")).get("messageAssociation"))
    target = _target(association.get("parentMessageKey"))
    if association.get("associationType") in _BETTER and target:
        return Edited(target, message, 0)
    return None


def _protocol(message: Content) -> Meaning:
    # REVOKE is the enum's zero, which protobuf leaves out of JSON where it was not set.
    match message.get("type", _REVOKE):
        case "MESSAGE_EDIT":
            edited = mapping(message.get("editedMessage"))
            return Edited(_target(message.get("key")), edited, number(message.get("timestampMS")))
        case "REVOKE" if message.get("key"):
            return Revoked(_target(message.get("key")))
        case "EPHEMERAL_SETTING":
            return TimerSet(number(message.get("ephemeralExpiration")))
        case _:
            return Nothing()


def poll_answers(message: Content) -> list[str] | None:
    """The answers of the poll that a message begins, None if it begins none."""
    content = opened(message).content
    poll = next((mapping(content[kind]) for kind in content if kind in POLLS), {})
    options = mappings(poll.get("options"))
    return [text(one.get("optionName")) for one in options] if options else None


def _target(key: Any) -> MessageID:
    return MessageID(text(mapping(key).get("ID")))
