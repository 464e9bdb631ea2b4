# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages inside of messages that are sealed with the secret of an earlier one."""

import secrets as randomness
from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from bridges.whatsapp.worker.calls.base import Handler, Request
from bridges.whatsapp.worker.jids import bare
from bridges.whatsapp.worker.library import Foreign
from bridges.whatsapp.worker.plain import message_dict
from bridges.whatsapp.worker.refusals import RefusedError
from bridges.whatsapp.worker.sealed import Sealed, opened, seal


@frozen
class _Kind:
    """What for something may be sealed, and whether only the message's own author may do so."""

    purposes: tuple[str, ...]
    by_author: bool = False


_CHANGES: Final[Mapping[str, _Kind]] = {
    "MESSAGE_EDIT": _Kind(("Message Edit",), by_author=True),
    "EVENT_EDIT": _Kind(("Event Edit",), by_author=True),
    "POLL_EDIT": _Kind(("Poll Edit",), by_author=True),
    "POLL_ADD_OPTION": _Kind(("Poll Edit", "Poll Add Option")),
}
_COMMENT: Final = _Kind(("Enc Comment",))
_REACTION: Final = _Kind(("Enc Reaction",))


async def open_sealed(request: Request) -> dict[str, Any]:
    """Open what a message has sealed inside; returns the message it stands for."""
    message = request.message()
    part, kind = _part(message)
    own = request.device.own
    writers = {bare(request.text(name)) for name in ("sender", "sender_alt")}
    if request.flag("from_me") and own is not None:
        writers |= {bare(own.jid), bare(own.lid)}
    writers.discard("")
    target = part.targetMessageKey.ID
    secrets = await request.store.message_secrets(own.jid if own else "", target)
    if kind.by_author:
        # Whoever is in a chat knows its secrets, and could seal a change of somebody else's words.
        secrets = [one for one in secrets if one.author in writers]
    sealed = Sealed(target, writers, kind.purposes, part.encIV, part.encPayload)
    content = opened(sealed, secrets)
    if content is None:
        raise RefusedError("UNREADABLE", "it is sealed with a secret that is not known here")
    try:
        if kind is _REACTION:
            reaction = type(message.reactionMessage).FromString(content)
            return {"reactionMessage": message_dict(reaction)}
        return message_dict(request.library.message.FromString(content))
    except request.library.decode_error as error:
        raise RefusedError("UNREADABLE", str(error)) from error


async def sealed_reaction(request: Request, message: Foreign) -> Foreign:
    """Return a reaction as it is sent where a community's administrators tell everybody something.

    Raises `RefusedError` (``UNREADABLE``) for a message that came without a secret.
    """
    own, reaction = request.device.own, message.reactionMessage
    known = await request.store.message_secrets(own.jid if own else "", reaction.key.ID)
    if own is None or not known:
        raise RefusedError("UNREADABLE", "what it is about came without a secret")
    content = type(reaction).FromString(reaction.SerializeToString())
    content.ClearField("key")
    (purpose,) = _REACTION.purposes
    sealed = seal(
        reaction.key.ID,
        known[0],
        bare(own.lid),
        purpose,
        content.SerializeToString(),
        randomness.token_bytes,
    )
    closed = request.library.message()
    closed.encReactionMessage.targetMessageKey.CopyFrom(reaction.key)
    closed.encReactionMessage.encPayload = sealed.content
    closed.encReactionMessage.encIV = sealed.nonce
    return closed


def _part(message: Foreign) -> tuple[Foreign, _Kind]:
    if message.HasField("encReactionMessage"):
        return message.encReactionMessage, _REACTION
    if message.HasField("encCommentMessage"):
        return message.encCommentMessage, _COMMENT
    part = message.secretEncryptedMessage
    name = part.DESCRIPTOR.fields_by_name["secretEncType"].enum_type.values_by_number
    kind = _CHANGES.get(name[part.secretEncType].name)
    if kind is None:
        raise RefusedError("UNREADABLE", "it is not known what this is sealed for")
    return part, kind


HANDLERS: Final[Mapping[str, Handler]] = {"open_sealed": open_sealed}
