# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an agent does in a customer's chat besides writing: reacting, reading, typing, templates."""

from collections.abc import Callable, Sequence

from bridges.core.chat import Sender
from bridges.core.content import FormattedText, Text
from bridges.core.errors import Rejected, TemporaryError
from bridges.core.events import RemoteMessage
from bridges.core.ids import ChatKey, MessageID
from bridges.core.network import BridgeHandle
from bridges.core.outgoing import MessageTemplate, OutgoingReactions
from bridges.core.text import user_text
from bridges.whatsapp.cloud import forms
from bridges.whatsapp.cloud.desk import Desk
from bridges.whatsapp.cloud.graph import GraphApi
from bridges.whatsapp.cloud.reading import Json, text_at
from bridges.whatsapp.cloud.templates import Template, templates_of
from bridges.whatsapp.store.cloud_customers import Customer

_PAGE = "100"
_PAGES = 20
_NO_BUSINESS = user_text(
    "It is not known yet to which WhatsApp business account the number belongs. That is told with the "
    "first message of a customer, or by business_account in the configuration."
)
_CHANGED = user_text("This template has changed. Say template to see those there are.")


class Actions:
    """Does it by the API."""

    def __init__(self, graph: GraphApi, desk: Callable[[], Desk], handle: BridgeHandle) -> None:
        self._graph = graph
        self._desk = desk
        self._handle = handle

    async def react(self, reactions: OutgoingReactions, customer: Customer) -> tuple[str, ...]:
        """Set the one reaction the number may have on a message."""
        given = reactions.emojis[-1:]
        emoji = given[0] if given else ""
        form = forms.reaction_form(reactions.target, emoji)
        who = self._desk().credentials
        body = forms.envelope(customer, "", None) | form
        del body["biz_opaque_callback_data"]
        await self._graph.post(who, f"{who.number}/messages", body)
        return given

    async def read(self, customer: Customer) -> None:
        """Tell that the customer's last message was read, and so all before it."""
        if customer.last_message:
            await self._tell({"status": "read", "message_id": customer.last_message})

    async def type(self, customer: Customer) -> None:
        """Show that an answer is being written, which also says that the last message was read."""
        if customer.last_message:
            await self._tell(
                {
                    "status": "read",
                    "message_id": customer.last_message,
                    "typing_indicator": {"type": "text"},
                }
            )

    async def templates(self) -> Sequence[Template]:
        """The approved templates that take texts only, by name and language."""
        who = self._desk().credentials
        if not who.business:
            raise TemporaryError("WHATSAPP.NO_BUSINESS", _NO_BUSINESS)
        found: list[Template] = []
        after = ""
        for _ in range(_PAGES):
            more = {"after": after} if after else {}
            answer = await self._graph.get(
                who,
                f"{who.business}/message_templates",
                fields="name,language,status,components",
                limit=_PAGE,
                **more,
            )
            found += templates_of(answer)
            after = text_at(answer, "paging", "cursors", "after")
            if not after or not text_at(answer, "paging", "next"):
                break
        return sorted(found, key=lambda one: (one.name, one.language))

    async def send_template(
        self,
        chat: ChatKey,
        key: str,
        template: MessageTemplate,
        values: Sequence[str],
        customer: Customer,
    ) -> None:
        """Send a template, and have it come into the room like any message of the number."""
        desk = self._desk()
        chosen = next((one for one in await self.templates() if one.shown() == template), None)
        if chosen is None:
            raise Rejected("WHATSAPP.TEMPLATE_CHANGED", _CHANGED)
        text = chosen.filled(values)
        message = await desk.sender.form(desk.credentials, key, customer, chosen.form(values))
        event = RemoteMessage(
            chat=chat,
            sender=Sender(desk.number.business),
            id=MessageID(message),
            timestamp=self._handle.clock.now(),
            parts=(Text(FormattedText(text)),),
        )
        for agent in desk.agents:
            await self._handle.receive(agent, [event])

    async def _tell(self, status: Json) -> None:
        who = self._desk().credentials
        body = {"messaging_product": "whatsapp"} | status
        await self._graph.post(who, f"{who.number}/messages", body)
