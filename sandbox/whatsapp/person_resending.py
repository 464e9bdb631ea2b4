# SPDX-License-Identifier: AGPL-3.0-or-later
"""Own messages for devices that could not open them, which pyaileys does not send again by itself.

A device that cannot open a message asks its author by a receipt of the type ``retry``. The author's
device encrypts the same message anew, for that device alone. A receipt with keys says that the
conversation itself is broken: then a new one is begun.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from attrs import frozen
from pyaileys import WhatsAppClient
from pyaileys.messages import encode_wa_message_bytes
from pyaileys.proto import WAProto_pb2
from pyaileys.wabinary.types import BinaryNode

from sandbox.whatsapp.accounts import Accounts
from sandbox.whatsapp.jids import Jid
from sandbox.whatsapp.records import Account

_REMEMBERED = 500


@frozen
class SentMessage:
    """What was sent where, with the stanza's attributes but for addresses and id, and its parts'."""

    chat: Jid
    message: Any
    attrs: dict[str, str]
    part_attrs: dict[str, str]


class Resending:
    """The messages of one client that may be asked for again.

    Attributes:
        willing: requests wait until this is set, as those to a phone that is switched off do.
    """

    def __init__(
        self,
        account: Account,
        accounts: Accounts,
        library: WhatsAppClient,
        send: Callable[[BinaryNode], Awaitable[None]],
    ) -> None:
        self._account = account
        self._send = send
        self._accounts = accounts
        self._library = library
        self._sent: OrderedDict[str, SentMessage] = OrderedDict()
        self._answering: set[asyncio.Task[None]] = set()
        self.willing = asyncio.Event()
        self.willing.set()

    def remember(self, message_id: str, sent: SentMessage) -> None:
        """Keep a message for those who cannot open it."""
        self._sent[message_id] = sent
        if len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)

    def asked(self, receipt: BinaryNode) -> None:
        """Send a message again to the device that asks for it; ignores every other receipt."""
        sent = self._sent.get(receipt.attrs.get("id", ""))
        if receipt.attrs.get("type") == "retry" and sent is not None:
            # Not here: what answers the queries of a send is read after this has returned.
            task = asyncio.create_task(self._send_again(receipt, sent))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def close(self) -> None:
        """Leave what is asked for unanswered."""
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    async def _send_again(self, receipt: BinaryNode, sent: SentMessage) -> None:
        await self.willing.wait()
        device = receipt.attrs.get("participant") or receipt.attrs["from"]
        parts = receipt.content if isinstance(receipt.content, list) else []
        if any(part.tag == "keys" for part in parts):
            signal = self._library.signal
            await signal._store.clear_session(str(signal.jid_to_address(device)))  # noqa: SLF001
        await self._library._assert_sessions([device])  # noqa: SLF001 - only whole sends are public
        kind, sealed = await self._library.signal.encrypt_message(
            device,
            data=encode_wa_message_bytes((await self._copy(sent, device)).SerializeToString()),
        )
        part = {**sent.part_attrs, "v": "2", "type": kind, "count": "1"}
        content = [BinaryNode("enc", part, sealed)]
        identity = self._library.socket.auth.creds.account
        if kind == "pkmsg" and identity:
            content.append(BinaryNode("device-identity", {}, bytes(identity)))
        attrs = {**sent.attrs, "id": receipt.attrs["id"], "to": device}
        if sent.chat.is_group:
            attrs |= {"to": str(sent.chat), "participant": device, "addressing_mode": "lid"}
        elif self._is_own(device):
            attrs["recipient"] = str(sent.chat)
        await self._send(BinaryNode("message", attrs, content))

    async def _copy(self, sent: SentMessage, device: str) -> Any:
        """Return the message as that device needs it."""
        copy = WAProto_pb2.Message()
        if self._is_own(device) and not sent.chat.is_group:
            copy.deviceSentMessage.destinationJid = str(sent.chat)
            copy.deviceSentMessage.message.CopyFrom(sent.message)
            copy.messageContextInfo.CopyFrom(sent.message.messageContextInfo)
            return copy
        copy.CopyFrom(sent.message)
        if sent.chat.is_group:
            # The key to the group may have been in what could not be opened. It is made with a
            # message only, which nobody is sent.
            _, key = await self._library.signal.encrypt_group_message(
                group_jid=str(sent.chat), me_jid=self._library.socket.auth.creds.me.lid, data=b""
            )
            given = copy.senderKeyDistributionMessage
            given.groupId = str(sent.chat)
            given.axolotlSenderKeyDistributionMessage = key
        return copy

    def _is_own(self, device: str) -> bool:
        return self._accounts.at(Jid.parse(device)) is self._account
