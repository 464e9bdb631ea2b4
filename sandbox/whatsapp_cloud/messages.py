# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages of numbers to customers: checked as Meta checks them, delivered, reported."""

import re

from attrs import define

from sandbox.whatsapp_cloud.errors import GraphError
from sandbox.whatsapp_cloud.faults import Faults
from sandbox.whatsapp_cloud.webhooks import WebhookSender
from sandbox.whatsapp_cloud.world import BusinessNumber, Json, Person, Received, World

_LONGEST_TEXT = 4096
_LONGEST_CAPTION = 1024
_KINDS = frozenset(
    {"text", "image", "video", "audio", "document", "sticker", "location", "reaction", "template"}
)
_MEDIA = frozenset({"image", "video", "audio", "document", "sticker"})
_PLACE = re.compile(r"\{\{[^}]*\}\}")


@define
class Messages:
    """Takes what numbers send."""

    world: World
    webhooks: WebhookSender
    faults: Faults

    def send(self, number: BusinessNumber, body: Json) -> Json:
        """Take a message; returns the answer. Raises ``GraphError``."""
        if body.get("messaging_product") != "whatsapp":
            raise GraphError(100)
        kind, content = self._content(body)
        self.faults.strike()
        name = str(body.get("to") or body.get("recipient") or "")
        if name.removeprefix("+") == number.phone:
            raise GraphError(131021)
        if kind == "template":
            self._check_template(number, content)
        message = self.world.message_id()
        key = str(body.get("biz_opaque_callback_data", ""))
        person = self.world.find(name)
        shown = body | {"type": kind}
        self._deliver(number, person, name, Received(message, number.id, shown, key))
        contact = {"input": name, "wa_id": name.removeprefix("+")}
        return {
            "messaging_product": "whatsapp",
            "contacts": [contact],
            "messages": [{"id": message}],
        }

    def tell(self, number: BusinessNumber, body: Json) -> Json:
        """Take the news that the organisation has read a message, and perhaps types."""
        message = str(body.get("message_id", ""))
        if not message.startswith("wamid."):
            raise GraphError(131009)
        self.world.read_by_business.append(message)
        if "typing_indicator" in body:
            self.world.typing_shown.append(message)
        return {"success": True}

    def report(
        self, number: BusinessNumber, person: Person | None, received: Received, status: str
    ) -> None:
        """Report what has become of a message."""
        self._report(number, person, received, status, None)

    def _content(self, body: Json) -> tuple[str, Json]:
        kind = str(body.get("type", "text"))
        content = body.get(kind)
        if kind not in _KINDS:
            raise GraphError(131051)
        if not isinstance(content, dict):
            raise GraphError(100)
        if kind == "text" and not 0 < len(str(content.get("body", ""))) <= _LONGEST_TEXT:
            raise GraphError(100)
        if kind in _MEDIA:
            if str(content.get("id", "")) not in self.world.files:
                raise GraphError(131053)
            if len(str(content.get("caption", ""))) > _LONGEST_CAPTION:
                raise GraphError(100)
        return kind, content

    def _check_template(self, number: BusinessNumber, content: Json) -> None:
        language = content.get("language", {}).get("code")
        found = [
            one
            for one in number.templates
            if one["name"] == content.get("name")
            and one["language"] == language
            and one["status"] == "APPROVED"
        ]
        if not found:
            raise GraphError(132001)
        for component in found[0]["components"]:
            kind = component["type"].lower()
            wanted = len(set(_PLACE.findall(component.get("text", ""))))
            given = [one for one in content.get("components", ()) if one["type"] == kind]
            if wanted != sum(len(one.get("parameters", ())) for one in given):
                raise GraphError(132000)

    def _deliver(
        self, number: BusinessNumber, person: Person | None, name: str, received: Received
    ) -> None:
        kind = received.content["type"]
        failure = self.faults.failure()
        if failure is None and (person is None or not person.is_reachable):
            failure = GraphError(131026)
        elif failure is None and kind != "template" and not self._is_open(number, person):
            failure = GraphError(131047)
        if failure is not None or person is None:
            nobody = person or Person(name.removeprefix("+"), "", "")
            self._report(number, nobody, received, "failed", failure)
            return
        if kind == "reaction":
            reaction = received.content["reaction"]
            person.reactions[reaction["message_id"]] = reaction.get("emoji", "")
            return
        person.inbox.append(received)
        for status in ("sent", "delivered"):
            self._report(number, person, received, status, None)

    def _is_open(self, number: BusinessNumber, person: Person | None) -> bool:
        return person is not None and self.world.is_open(number.id, person)

    def _report(
        self,
        number: BusinessNumber,
        person: Person | None,
        received: Received,
        status: str,
        failure: GraphError | None,
    ) -> None:
        told: Json = {
            "id": received.id,
            "status": status,
            "timestamp": str(int(self.world.now())),
        }
        if person is not None and not person.hides_number:
            told["recipient_id"] = person.phone
        if person is not None and person.bsuid:
            told["recipient_user_id"] = person.bsuid
        if received.key:
            told["biz_opaque_callback_data"] = received.key
        if failure is not None:
            told["errors"] = [failure.in_status()]
        value: Json = {"statuses": [told]}
        if person is not None:
            value["contacts"] = [person.contact()]
        self.webhooks.notify(number, "messages", value)
