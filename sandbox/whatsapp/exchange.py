# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a handler of stanzas works with: the network, and who has sent this stanza."""

from collections.abc import Callable

from attrs import field, frozen

from sandbox.whatsapp.faults import Faults
from sandbox.whatsapp.jids import SERVER
from sandbox.whatsapp.linking import Linking
from sandbox.whatsapp.node import Node, node
from sandbox.whatsapp.records import Account, Device
from sandbox.whatsapp.session import Session
from sandbox.whatsapp.switchboard import Switchboard
from sandbox.whatsapp.world import World


class RefusedError(Exception):
    """A query is answered with an error."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text


@frozen
class Exchange:
    """One stanza's surroundings."""

    world: World
    switchboard: Switchboard
    linking: Linking
    session: Session
    faults: Faults = field(factory=Faults)

    @property
    def device(self) -> Device:
        """The sender. Raises `RefusedError` if the connection is not linked to an account."""
        if self.session.device is None:
            raise RefusedError(401, "not-authorized")
        return self.session.device

    @property
    def account(self) -> Account:
        """Whose device that is."""
        return self.world.accounts.owner(self.device)

    def reply(self, query: Node, *content: Node) -> None:
        """Answer a query."""
        attrs = {"from": query.get("to") or str(SERVER), "type": "result", "id": query.get("id")}
        self.switchboard.answer(self.session, node("iq", attrs, *content))

    def refuse(self, query: Node, error: RefusedError) -> None:
        """Answer a query with an error."""
        attrs = {"from": query.get("to") or str(SERVER), "type": "error", "id": query.get("id")}
        reason = node("error", {"code": str(error.code), "text": error.text})
        self.switchboard.answer(self.session, node("iq", attrs, reason))

    def send(self, stanza: Node) -> None:
        """Send a stanza on the sender's connection."""
        self.switchboard.answer(self.session, stanza)


Handler = Callable[[Exchange, Node], None]
