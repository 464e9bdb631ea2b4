# SPDX-License-Identifier: AGPL-3.0-or-later
"""A person's status posts: sealed once, with the key to it for each device of those who may see them.

pyaileys does not post; the stanza is put together here of what it does for groups.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from attrs import field, frozen
from pyaileys.messages import encode_wa_message_bytes
from pyaileys.proto import WAProto_pb2

from sandbox.whatsapp.jids import STATUS, Jid
from sandbox.whatsapp.keys import RandomBytes
from sandbox.whatsapp.person_client import PersonClient, element
from sandbox.whatsapp.person_files import Files
from sandbox.whatsapp.person_view import Shown

_SECRET = 32
_TAKEN_AWAY = "7"
_KINDS = {"imageMessage": "image", "videoMessage": "video", "audioMessage": "audio"}


@frozen
class StatusDoings:
    """The posts of one person. `show` puts a message onto the person's own screen."""

    client: PersonClient
    files: Files
    random_bytes: RandomBytes
    show: Callable[[str, Jid, Any], Shown | None]
    _audiences: dict[str, Sequence[Jid]] = field(factory=dict, init=False)

    async def post(self, text: str, *audience: Jid) -> Shown:
        """Post a text for some people."""
        message = WAProto_pb2.Message()
        message.extendedTextMessage.text = text
        return await self._post(message, audience)

    async def post_file(
        self, part: str, data: bytes, mime: str, *audience: Jid, **fields: Any
    ) -> Shown:
        """Post a file; `part` is the name in ``Message`` and `fields` are more of its fields."""
        message = WAProto_pb2.Message()
        about = await self.files.put(_KINDS[part], data, mime)
        about["mediaKeyTimestamp"] = int(time.time())
        for name, value in (about | fields).items():
            setattr(getattr(message, part), name, value)
        return await self._post(message, audience, _KINDS[part])

    async def take_away(self, shown: Shown) -> None:
        """Take an own post away."""
        message = WAProto_pb2.Message()
        message.protocolMessage.type = WAProto_pb2.Message.ProtocolMessage.REVOKE
        key = message.protocolMessage.key
        key.remoteJid, key.fromMe, key.id = str(STATUS), True, shown.id
        sent = await self._send(message, self._audiences[shown.id], edit=_TAKEN_AWAY)
        self.show(sent, STATUS, message)

    async def _post(self, message: Any, audience: Sequence[Jid], media: str = "") -> Shown:
        message.messageContextInfo.messageSecret = self.random_bytes(_SECRET)
        sent = await self._send(message, audience, media=media)
        self._audiences[sent] = audience
        shown = self.show(sent, STATUS, message)
        assert shown is not None
        return shown

    async def _send(
        self, message: Any, audience: Sequence[Jid], *, media: str = "", edit: str = ""
    ) -> str:
        library, own = self.client.library, self.client.account.jid()
        people = [str(one) for one in (own, *audience)]
        devices = [
            one
            for one in await library.socket.get_usync_devices(people, context="message")
            if one != str(self.client.lid(self.client.address))
        ]
        await library._assert_sessions(devices)  # noqa: SLF001 - as it does for groups
        sealed, key = await library.signal.encrypt_group_message(
            group_jid=str(STATUS),
            me_jid=library.socket.auth.creds.me.lid,
            data=encode_wa_message_bytes(message.SerializeToString()),
        )
        handed = WAProto_pb2.Message()
        handed.senderKeyDistributionMessage.groupId = str(STATUS)
        handed.senderKeyDistributionMessage.axolotlSenderKeyDistributionMessage = key
        body = encode_wa_message_bytes(handed.SerializeToString())
        copies = []
        for device in devices:
            kind, data = await library.signal.encrypt_message(device, data=body)
            copies.append(element("to", [element("enc", data, v="2", type=kind)], jid=device))
        about = {"mediatype": media} if media else {}
        message_id = library.signal.new_message_id()
        attrs = {"id": message_id, "to": str(STATUS), "type": "media" if media else "text"}
        await self.client.put(
            attrs | ({"edit": edit} if edit else {}),
            element("participants", copies),
            element("enc", sealed, v="2", type="skmsg", **about),
            element("device-identity", bytes(library.socket.auth.creds.account)),
        )
        return str(message_id)
