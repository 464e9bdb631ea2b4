# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sending, and what is said about messages."""

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from bridges.whatsapp.worker import jids
from bridges.whatsapp.worker.calls.base import Handler, Request
from bridges.whatsapp.worker.calls.sealed import sealed_reaction
from bridges.whatsapp.worker.library import Foreign
from bridges.whatsapp.worker.plain import message_dict

_EVIDENCE = 10.0
"""Seconds to wait for a sign that the service has a message: others' receipts wait for us there."""
_LOOK = 0.2


async def send(request: Request) -> dict[str, Any]:
    """Send a message; the same ``key`` again is answered from what is known of the first time."""
    return await _send(request, request.jid("chat"), request.message())


async def edit(request: Request) -> dict[str, Any]:
    """Replace the content of an own message."""
    chat, message = request.jid("chat"), request.message()
    edited = request.library.message()
    protocol = edited.editedMessage.message.protocolMessage
    protocol.key.fromMe = True
    protocol.key.ID = request.text("id")
    protocol.key.remoteJID = jids.to_text(chat)
    protocol.type = protocol.MESSAGE_EDIT
    protocol.editedMessage.CopyFrom(message)
    protocol.timestampMS = request.number("timestamp_ms")
    return await _send(request, chat, edited)


async def revoke(request: Request) -> dict[str, Any]:
    """Delete a message for everybody: an own one, or as an administrator another's."""
    chat, sender = request.jid("chat"), request.jid("sender")
    message = await request.client.build_revoke(chat, sender, request.text("id"))
    return await _send(request, chat, message)


async def react(request: Request) -> dict[str, Any]:
    """Set the own reaction to a message; an empty one takes it back.

    With ``sealed`` as a community's group for announcements wants it.
    """
    chat, sender = request.jid("chat"), request.jid("sender")
    message = await request.client.build_reaction(
        chat, sender, request.text("id"), request.text("emoji")
    )
    if request.flag("sealed", False):
        message = await sealed_reaction(request, message)
    return await _send(request, chat, message)


async def create_poll(request: Request) -> dict[str, Any]:
    """Send a poll; ``selectable`` 0: as many options as one likes."""
    message = await request.client.build_poll_vote_creation(
        request.text("question"),
        request.texts("options"),
        request.library.enums.VoteType(request.number("selectable")),
    )
    return await _send(request, request.jid("chat"), message)


async def vote(request: Request) -> dict[str, Any]:
    """Vote in a poll: names of all options that are chosen now."""
    message = await request.client.build_poll_vote(_info(request), request.texts("options"))
    return await _send(request, request.jid("chat"), message)


async def decrypt_vote(request: Request) -> dict[str, Any]:
    """Open a vote: hashes (SHA-256) of the chosen options' names, in base64."""
    event = request.library.proto.Message(
        Info=_info(request),
        Message=request.message(),
        IsEphemeral=False,
        IsViewOnce=False,
        IsViewOnceV2=False,
        IsViewOnceV2Extension=False,
        IsDocumentWithCaption=False,
        IsLottieSticker=False,
        IsEdit=False,
        UnavailableRequestID="",
        RetryCount=0,
    )
    return message_dict(await request.client.decrypt_poll_vote(event))


async def mark_read(request: Request) -> None:
    """Tell the sender that messages were read; ``played`` for voice messages."""
    kinds = request.library.enums.ReceiptType
    await request.client.mark_read(
        *request.texts("ids"),
        chat=request.jid("chat"),
        sender=request.jid("sender"),
        receipt=kinds.PLAYED if request.flag("played", False) else kinds.READ,
        timestamp=request.number("timestamp"),
    )


async def _send(request: Request, chat: Foreign, message: Foreign) -> dict[str, Any]:
    key = request.text("key", "")
    device, journal, name = request.device, request.journal, request.account
    async with device.sending:
        # Not before: the same key may be on its way for a bridge that has gone since.
        known = await _known(request, key) if key else None
        if known is not None:
            return known
        if key:
            device.tap.expect_send(partial(journal.sending, name, key))
        try:
            response = await request.client.send_message(chat, message)
        finally:
            device.tap.expect_send(None)
        if key:
            await asyncio.to_thread(journal.accepted, name, response.ID, response.Timestamp)
    return {
        "id": response.ID,
        "timestamp": response.Timestamp,
        "server_id": response.ServerID,
        "sender": jids.to_text(response.Sender),
        "confirmed": True,
    }


async def _known(request: Request, key: str) -> dict[str, Any] | None:
    """Answer a call that was made before, once the service has said what it knows of it.

    If nothing is heard: a message of this run was refused a connection and is sent again; one of a
    run that was killed had, but for a moment, left.
    """
    deadline = time.monotonic() + _EVIDENCE
    sending = request.journal.sent(request.account, key)
    while sending and not sending.accepted and time.monotonic() < deadline:
        await asyncio.sleep(_LOOK)
        sending = request.journal.sent(request.account, key)
    if sending is None or not (sending.accepted or not sending.this_run):
        return None
    own = request.device.own
    return {
        "id": sending.id,
        "timestamp": sending.at,
        "server_id": 0,
        "sender": jids.bare(own.lid or own.jid) if own else "",
        "confirmed": sending.accepted,
    }


def _info(request: Request) -> Foreign:
    """Say which message it is; the library ends the process if one of these fields is missing."""
    nobody = request.library.proto.JID(
        User="", RawAgent=0, Device=0, Integrator=0, Server="", IsEmpty=True
    )
    source = request.library.proto.MessageSource(
        Chat=request.jid("chat"),
        Sender=request.jid("sender"),
        IsFromMe=request.flag("from_me"),
        IsGroup=request.text("chat").endswith("@g.us"),
        SenderAlt=nobody,
        RecipientAlt=nobody,
        BroadcastListOwner=nobody,
    )
    return request.library.proto.MessageInfo(
        MessageSource=source,
        ID=request.text("id"),
        ServerID=0,
        Type="",
        Pushname="",
        Timestamp=0,
        Category="",
        Multicast=False,
        MediaType="",
        Edit="",
    )


HANDLERS: Final[Mapping[str, Handler]] = {
    "send": send,
    "edit": edit,
    "revoke": revoke,
    "react": react,
    "create_poll": create_poll,
    "vote": vote,
    "decrypt_vote": decrypt_vote,
    "mark_read": mark_read,
}
