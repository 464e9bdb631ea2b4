# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a message means for its chat: something said, or something done to what was said before.

Messages are dicts of WhatsApp's ``Message`` in protobuf's JSON form.
"""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from bridges.core.ids import MessageID

Content = Mapping[str, Any]

_SILENT = frozenset(
    {
        "senderKeyDistributionMessage",
        "messageContextInfo",
        "stickerSyncRmrMessage",
        "deviceSentMessage",
    }
)
_REVOKE = "REVOKE"
_PINNED = "PIN_FOR_ALL"


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


Meaning = Said | Edited | Revoked | Reacted | Voted | Pinned | TimerSet | Nothing


def meaning(content: Content) -> Meaning:
    """Tell what a message means. Anything may come in; what is not understood is ``Said``."""
    edited = content.get("editedMessage")
    if isinstance(edited, Mapping):
        return meaning(_inner(edited))
    if "protocolMessage" in content:
        return _protocol(_mapping(content["protocolMessage"]))
    if "reactionMessage" in content:
        reaction = _mapping(content["reactionMessage"])
        return Reacted(_target(reaction.get("key")), str(reaction.get("text", "")))
    if "pollUpdateMessage" in content:
        update = _mapping(content["pollUpdateMessage"])
        return Voted(_target(update.get("pollCreationMessageKey")), content)
    if "pinInChatMessage" in content:
        pin = _mapping(content["pinInChatMessage"])
        return Pinned(_target(pin.get("key")), pin.get("type") == _PINNED)
    if "keepInChatMessage" in content or set(content) <= _SILENT:
        return Nothing()
    return Said(content)


def _protocol(message: Content) -> Meaning:
    # REVOKE is the enum's zero, which protobuf leaves out of JSON where it was not set.
    match message.get("type", _REVOKE):
        case "MESSAGE_EDIT":
            edited = _mapping(message.get("editedMessage"))
            return Edited(_target(message.get("key")), edited, _number(message.get("timestampMS")))
        case "REVOKE" if message.get("key"):
            return Revoked(_target(message.get("key")))
        case "EPHEMERAL_SETTING":
            return TimerSet(_number(message.get("ephemeralExpiration")))
        case _:
            return Nothing()


def context_of(content: Content) -> Content:
    """The ``contextInfo`` of a message, wherever it stands; empty if it has none."""
    for part in content.values():
        if not isinstance(part, Mapping):
            continue
        if isinstance(part.get("contextInfo"), Mapping):
            return _mapping(part["contextInfo"])
        if isinstance(part.get("message"), Mapping):
            return context_of(_mapping(part["message"]))
    return {}


def poll_answers(content: Content) -> list[str] | None:
    """The answers of the poll that a message begins, None if it begins none."""
    for name, part in content.items():
        if not isinstance(part, Mapping):
            continue
        if name.startswith("pollCreationMessage") and isinstance(part.get("options"), list):
            return [str(_mapping(one).get("optionName", "")) for one in part["options"]]
        if isinstance(part.get("message"), Mapping):
            found = poll_answers(_mapping(part["message"]))
            if found is not None:
                return found
    return None


def _inner(wrapper: Content) -> Content:
    return _mapping(wrapper.get("message"))


def _target(key: Any) -> MessageID:
    return MessageID(str(_mapping(key).get("ID", "")))


def _mapping(value: Any) -> Content:
    return value if isinstance(value, Mapping) else {}


def _number(value: Any) -> int:
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        return 0
