# SPDX-License-Identifier: AGPL-3.0-or-later
"""Matrix messages as WhatsApp's, with everything their conversion has to know looked up."""

from typing import Any

from bridges.core.content import Text
from bridges.core.errors import Unsupported
from bridges.core.ids import ChatKey, MessageID
from bridges.core.outgoing import OutgoingEdit, OutgoingMessage
from bridges.core.text import user_text
from bridges.whatsapp.ids import Jid
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.people import People
from bridges.whatsapp.linked.stores import Stores


class Outgoing:
    """For one login."""

    def __init__(self, device: LinkedDevice, stores: Stores, people: People) -> None:
        self._device = device
        self._stores = stores
        self._people = people

    async def messages(self, message: OutgoingMessage, chat: Jid) -> list[dict[str, Any]]:
        """The messages one Matrix event becomes, in order. Raises ``Rejected``."""
        if not isinstance(message.content, Text):
            raise Unsupported("WHATSAPP.KIND", user_text("This cannot be sent to WhatsApp yet."))
        context = await self.context(message.chat, message.reply_to)
        text: dict[str, Any] = {"text": message.content.text.body}
        if context:
            text["contextInfo"] = context
        return [{"extendedTextMessage": text}]

    async def edited(self, edit: OutgoingEdit, chat: Jid) -> dict[str, Any]:
        """What a message says after an edit."""
        return {"extendedTextMessage": {"text": edit.content.text.body}}

    async def context(self, chat: ChatKey, reply_to: MessageID | None) -> dict[str, Any]:
        """The ``contextInfo`` of a message in a chat: what it answers, and when it disappears."""
        context: dict[str, Any] = {}
        said = None if reply_to is None else await self._stores.messages.get(chat.chat, reply_to)
        if said is not None:
            context |= {
                "stanzaID": said.id,
                "participant": str(said.sender),
                # Clients show what they have by this id; what was said is not kept here.
                "quotedMessage": {"conversation": ""},
            }
        facts = await self._stores.chats.get(chat.chat)
        if facts.timer:
            context |= {
                "expiration": facts.timer,
                "ephemeralSettingTimestamp": str(facts.timer_set),
            }
        return context
