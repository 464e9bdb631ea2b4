# SPDX-License-Identifier: AGPL-3.0-or-later
"""A customer's hands on their phone, and the organisation's on its WhatsApp Business app."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define

from sandbox.whatsapp_cloud.messages import Messages
from sandbox.whatsapp_cloud.webhooks import Delivery, WebhookSender
from sandbox.whatsapp_cloud.world import BusinessNumber, Json, Person, Received, World


@define
class CustomerPhone:
    """What somebody does with one number; ids returned are those of messages."""

    person: Person
    number: BusinessNumber
    world: World
    webhooks: WebhookSender
    messages: Messages

    @property
    def inbox(self) -> Sequence[Received]:
        """The messages of the number, oldest first."""
        return [one for one in self.person.inbox if one.number == self.number.id]

    def texts(self) -> list[str]:
        """The texts among them."""
        return [one.content["text"]["body"] for one in self.inbox if "text" in one.content]

    def says(self, text: str, *, reply_to: str = "", referral: Json | None = None) -> str:
        """Write a text; ``referral`` is the advertisement the customer comes from."""
        more: Json = {"context": {"from": self.number.phone, "id": reply_to}} if reply_to else {}
        if referral is not None:
            more["referral"] = referral
        return self.sends("text", {"body": text}, more)

    def sends(self, kind: str, content: Any, more: Mapping[str, Any] | None = None) -> str:
        """Send a message of any kind."""
        message = self.world.message_id()
        self.person.wrote_at[self.number.id] = self.world.now()
        self.tells(self.message(message, kind, content) | dict(more or {}))
        return message

    def sends_file(
        self, kind: str, data: bytes, mime: str, name: str = "", caption: str = "", **more: Any
    ) -> str:
        """Send a file."""
        file = self.world.keep_file(data, mime, name)
        content: Json = {"id": file.id, "mime_type": mime, "sha256": file.digest} | more
        if name and kind == "document":
            content["filename"] = name
        if caption:
            content["caption"] = caption
        return self.sends(kind, content)

    def reacts(self, message: str, emoji: str) -> str:
        """React to a message, or take the reaction back."""
        content = {"message_id": message} | ({"emoji": emoji} if emoji else {})
        return self.sends("reaction", content)

    def edits(self, message: str, text: str) -> str:
        """Change a text."""
        new = {"type": "text", "text": {"body": text}}
        return self.sends("edit", {"original_message_id": message, "message": new})

    def revokes(self, message: str) -> str:
        """Delete a message for everyone."""
        return self.sends("revoke", {"original_message_id": message})

    def reads(self) -> None:
        """Look at all messages of the number."""
        for received in self.inbox:
            self.messages.report(self.number, self.person, received, "read")

    def message(self, message: str, kind: str, content: Any) -> Json:
        """A message as a webhook has it."""
        said: Json = {
            "id": message,
            "timestamp": str(int(self.world.now())),
            "type": kind,
            kind: content,
            "from_user_id": self.person.bsuid,
        }
        return said if self.person.hides_number else said | {"from": self.person.phone}

    def tells(self, *messages: Json) -> Delivery:
        """Have Meta report messages of this customer, in one webhook."""
        value = {"contacts": [self.person.contact()], "messages": list(messages)}
        return self.webhooks.notify(self.number, "messages", value)


@define
class BusinessApp:
    """The WhatsApp Business app of a number that is used with the Cloud API as well."""

    number: BusinessNumber
    world: World
    webhooks: WebhookSender

    def says(self, phone: str, text: str) -> str:
        """Write to a customer from the app."""
        message = self.world.message_id()
        echo = {
            "from": self.number.phone,
            "to": phone.removeprefix("+"),
            "id": message,
            "timestamp": str(int(self.world.now())),
            "type": "text",
            "text": {"body": text},
        }
        self.webhooks.notify(self.number, "smb_message_echoes", {"message_echoes": [echo]})
        return message

    def saves(self, phone: str, name: str) -> None:
        """Put somebody into the address book; an empty name takes them out."""
        contact = {"phone_number": phone.removeprefix("+")} | ({"full_name": name} if name else {})
        state = {
            "type": "contact",
            "contact": contact,
            "action": "add" if name else "remove",
            "metadata": {"timestamp": str(int(self.world.now()))},
        }
        self.webhooks.notify(self.number, "smb_app_state_sync", {"state_sync": [state]})

    def shares_history(
        self, chats: Mapping[str, Sequence[tuple[bool, str]]], *, parts: int = 1
    ) -> list[str]:
        """Hand over chats by customer: who wrote (True: the organisation) and what, oldest first.

        Returns the ids, in the order of the texts.
        """
        ids: list[str] = []
        start = int(self.world.now()) - 86_400
        for part in range(parts):
            threads = []
            for phone, said in chats.items():
                cut = said[part * len(said) // parts : (part + 1) * len(said) // parts]
                messages = [
                    self._past(phone, ours, text, start + len(ids) + place)
                    for place, (ours, text) in enumerate(cut)
                ]
                ids += [one["id"] for one in messages]
                threads.append({"id": phone.removeprefix("+"), "messages": messages})
            metadata = {"phase": 0, "chunk_order": part + 1, "progress": 100 * (part + 1) // parts}
            chunk = {"metadata": metadata, "threads": threads}
            self.webhooks.notify(self.number, "history", {"history": [chunk]})
        return ids

    def keeps_history(self) -> None:
        """Choose not to hand chats over."""
        error = {"code": 2593109, "title": "History sync is turned off by the business"}
        self.webhooks.notify(self.number, "history", {"history": [{"errors": [error]}]})

    def _past(self, phone: str, ours: bool, text: str, at: int) -> Json:
        return {
            "from": self.number.phone if ours else phone.removeprefix("+"),
            "id": self.world.message_id(),
            "timestamp": str(at),
            "type": "text",
            "text": {"body": text},
            "history_context": {"status": "read", "from_me": ours},
        }
