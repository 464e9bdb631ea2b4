# SPDX-License-Identifier: AGPL-3.0-or-later
"""A person's linked device: pyaileys, in this process, which does all the encryption.

pyaileys opens the parts of a message side by side, and so fails to read the first message of a
group: the key to it comes in the same stanza. Here the parts are opened one after the other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import frozen
from google.protobuf.message import DecodeError
from pyaileys import WhatsAppClient
from pyaileys.auth.state import AuthenticationState
from pyaileys.auth.utils import init_auth_creds
from pyaileys.client import ClientConfig
from pyaileys.messages import decode_wa_message_bytes
from pyaileys.proto import WAProto_pb2
from pyaileys.signal.repository import SignalError
from pyaileys.socket_config import SocketConfig
from pyaileys.wabinary.types import BinaryNode

from sandbox.whatsapp.accounts import Accounts
from sandbox.whatsapp.jids import BadJidError, Jid
from sandbox.whatsapp.person_resending import Resending, SentMessage
from sandbox.whatsapp.records import Account, Device

_PATIENCE = 20.0
_LOOK = 0.2
_KEY_SHARE = 6  # ProtocolMessage.Type.APP_STATE_SYNC_KEY_SHARE


class DeniedError(Exception):
    """The network has refused a query; the code is like one of HTTP."""

    def __init__(self, code: str) -> None:
        super().__init__(f"refused with {code}")
        self.code = code


@frozen
class Arrival:
    """A message as it was opened.

    Attributes:
        chat: a group, or the other person by LID.
        author: by LID, without the device.
        wire_author: the address the author has used, without the device.
        message: a ``Message`` of WhatsApp's protobufs.
        time: seconds since 1970.
        mine: whether another device of the same person has sent it.
    """

    id: str
    chat: Jid
    author: Jid
    wire_author: Jid
    message: Any
    time: int
    mine: bool


def element(tag: str, content: list[BinaryNode] | bytes | None = None, **attrs: str) -> BinaryNode:
    """Build a part of a stanza."""
    return BinaryNode(tag=tag, attrs=attrs, content=content)


def child(parent: BinaryNode, tag: str) -> BinaryNode:
    """The first part of a stanza that is called so; there is one."""
    return next(one for one in children(parent) if one.tag == tag)


def children(parent: BinaryNode) -> list[BinaryNode]:
    """The parts of a stanza."""
    return list(parent.content) if isinstance(parent.content, list) else []


class KeyMemory:
    """pyaileys' keys, kept in memory."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Any] = {}

    async def get(self, kind: str, ids: list[str]) -> dict[str, Any]:
        """Return what there is."""
        return {one: self._kept[kind, one] for one in ids if (kind, one) in self._kept}

    async def set(self, data: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep values; None forgets one."""
        for kind, values in data.items():
            for one, value in values.items():
                if value is None:
                    self._kept.pop((kind, one), None)
                else:
                    self._kept[kind, one] = value

    async def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()


class PersonClient:
    """One linked device. `arrived` gets messages, `heard` every other stanza; both in order."""

    def __init__(
        self,
        account: Account,
        accounts: Accounts,
        url: str,
        *,
        scan: Callable[[str], None],
        arrived: Callable[[Arrival], None],
        heard: Callable[[BinaryNode], None],
    ) -> None:
        self.account = account
        self.keys = KeyMemory()
        self._accounts = accounts
        self._scan = scan
        self._arrived = arrived
        self._heard = heard
        self.has_state_key = asyncio.Event()
        self._ready = asyncio.Event()
        self._sending = asyncio.Lock()
        self._outgoing: SentMessage | None = None
        socket = SocketConfig(ws_url=url, verify_certificates=False)
        auth = AuthenticationState(creds=init_auth_creds(), keys=self.keys)
        self.library = WhatsAppClient(auth=auth, config=ClientConfig(socket=socket))
        self._send_node: Callable[[BinaryNode], Awaitable[None]] = self.library.socket.send_node
        self.library.socket.send_node = self._sent
        opens_side_by_side = self.library._on_message_stanza  # noqa: SLF001 - see above
        self.library.socket.events.off("stanza.message", opens_side_by_side)
        self.library.on("stanza.message", self._received)
        self.library.on("connection.update", self._updated)
        self.resending = Resending(account, accounts, self.library, self._send_node)
        self.library.on("stanza.receipt", self.resending.asked)
        for tag in ("receipt", "chatstate", "presence", "notification"):
            self.library.on(f"stanza.{tag}", heard)

    async def start(self) -> None:
        """Connect, be linked by the person's phone, and leave keys for others."""
        await self.library.connect()
        async with asyncio.timeout(_PATIENCE):
            await self._ready.wait()

    async def close(self) -> None:
        """Disconnect; the device stays linked."""
        await self.resending.close()
        await self.library.disconnect()

    @property
    def address(self) -> Jid:
        """The device's own address by number."""
        return Jid.parse(str(self.library.socket.auth.creds.me.id))

    @property
    def device(self) -> Device:
        """The device this is."""
        found = self._accounts.device_at(self.address)
        assert found is not None
        return found

    def lid(self, jid: Jid) -> Jid:
        """The address of a person or a person's device that does not say the number."""
        account = self._accounts.at(jid)
        return account.jid(jid.device) if account else jid

    async def send(
        self, chat: Jid, message: Any, *, kind: str = "text", media: str = "", edit: str = ""
    ) -> str:
        """Send a message and return its id, when the network has it.

        `kind` and `media` are what the network is told about it, `edit` is 1 for a changed
        message, 7 for an own and 8 for another's that is taken away.
        Raises pyaileys' ``SendRejectedError``, and ``TimeoutError`` if a device of theirs leaves no keys.
        """
        async with self._sending:
            attrs = {"type": kind, **({"edit": edit} if edit else {})}
            self._outgoing = SentMessage(
                chat, message, attrs, {"mediatype": media} if media else {}
            )
            async with asyncio.timeout(_PATIENCE):
                while True:
                    try:
                        return await self._send(chat, message, kind, self._outgoing.part_attrs)
                    except SignalError:
                        # A device that was just linked is listed before it has left its keys.
                        await asyncio.sleep(_LOOK)

    async def _send(self, chat: Jid, message: Any, kind: str, part_attrs: dict[str, str]) -> str:
        return str(
            await self.library._send_message(  # noqa: SLF001 - any message, not some kinds
                str(chat),
                message,
                stanza_type=kind,
                enc_extra_attrs=part_attrs,
                fanout=True,
                include_phash=False,
                wait_ack=True,
                timeout_s=_PATIENCE,
            )
        )

    def new_id(self) -> str:
        """An id for a message."""
        return str(self.library.signal.new_message_id())

    async def put(self, attrs: Mapping[str, str], *content: BinaryNode) -> BinaryNode:
        """Send a message as it is and return what it is confirmed with."""
        stanza = BinaryNode(tag="message", attrs=dict(attrs), content=list(content))
        async with self._sending:
            self._outgoing = None
            answer: BinaryNode = await self.library.socket.query(stanza, timeout_s=_PATIENCE)
            return answer

    async def tell(self, tag: str, attrs: Mapping[str, str], *content: BinaryNode) -> None:
        """Send a stanza that is not answered."""
        await self._send_node(BinaryNode(tag=tag, attrs=dict(attrs), content=list(content)))

    async def ask(
        self, kind: str, subject: str, to: str, *content: BinaryNode, **attrs: str
    ) -> BinaryNode:
        """Ask the network; `subject` is the query's ``xmlns``. Raises `DeniedError`."""
        attributes = {"type": kind, "xmlns": subject, "to": to, **attrs}
        query = BinaryNode(tag="iq", attrs=attributes, content=list(content) or None)
        answer: BinaryNode = await self.library.socket.query(query, timeout_s=_PATIENCE)
        if answer.attrs.get("type") == "error":
            raise DeniedError(answer.content[0].attrs.get("code", ""))
        return answer

    def _updated(self, update: Any) -> None:
        if update.qr:
            self._scan(update.qr)

    async def _sent(self, stanza: BinaryNode) -> None:
        sent = self._outgoing
        if stanza.tag == "message" and stanza.attrs.get("category") != "peer" and sent is not None:
            stanza.attrs.update(sent.attrs)
            self.resending.remember(stanza.attrs["id"], sent)
        await self._send_node(stanza)
        # The last thing pyaileys asks for once it is linked, has left keys and is active.
        if stanza.attrs.get("xmlns") == "w":
            self._ready.set()

    async def _received(self, stanza: BinaryNode) -> None:
        try:
            author = Jid.parse(stanza.attrs.get("participant") or stanza.attrs["from"])
        except BadJidError:
            return
        if author.is_newsletter:
            self._heard(stanza)
            return
        for part in children(stanza):
            if part.tag != "enc":
                continue
            try:
                message = await self._open(stanza, part, self.lid(author))
            except (SignalError, DecodeError, ValueError):
                continue  # Whoever does not see a message is who a test asks.
            await self._take(stanza, author, message)

    async def _open(self, stanza: BinaryNode, part: BinaryNode, author: Jid) -> Any:
        kind, sealed = part.attrs["type"], bytes(part.content)
        signal = self.library.signal
        if kind == "skmsg":
            opened = await signal.decrypt_group_message(
                group_jid=stanza.attrs["from"], author_jid=str(author), ciphertext=sealed
            )
        else:
            opened = await signal.decrypt_message(str(author), message_type=kind, ciphertext=sealed)
        return WAProto_pb2.Message.FromString(decode_wa_message_bytes(opened))

    async def _take(self, stanza: BinaryNode, author: Jid, message: Any) -> None:
        given = message.senderKeyDistributionMessage
        if given.groupId:
            await self.library.signal.process_sender_key_distribution_message(
                given.groupId,
                author_jid=str(self.lid(author)),
                distribution_bytes=given.axolotlSenderKeyDistributionMessage,
            )
        if message.protocolMessage.type == _KEY_SHARE:
            share = message.protocolMessage.appStateSyncKeyShare
            await self.library._handle_app_state_sync_key_share(share)  # noqa: SLF001 - as above
            self.has_state_key.set()
            return
        mine = self._accounts.at(author) is self.account
        chat = Jid.parse(stanza.attrs["from"])
        if message.HasField("deviceSentMessage"):
            chat = Jid.parse(message.deviceSentMessage.destinationJid)
            message = message.deviceSentMessage.message
        self._arrived(
            Arrival(
                stanza.attrs["id"],
                self.lid(chat).bare,
                self.lid(author).bare,
                author.bare,
                message,
                int(stanza.attrs.get("t", "0")),
                mine,
            )
        )
