# SPDX-License-Identifier: AGPL-3.0-or-later
"""Nothing is said in a room while a refused server takes part, and nothing of its is taken.

Stands on ``check_event_for_spam``, which server administrators do not bypass and which is cheap even
in large rooms. Membership events never pass it when they are ours, and always pass here when they are
not: whoever does not know that a refused server has joined cannot freeze the room.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

from attrs import define, field
from synapse.api.errors import Codes
from synapse.events import EventBase
from synapse.module_api import NOT_SPAM

from policy_module.audit.record import AuditRecord, AuditSink
from policy_module.audit.refusals import Cause, RefusalLog
from policy_module.federation.gate import Gate
from policy_module.federation.relays.servers import RoomServers
from policy_module.federation.words import refusal, refusal_saying
from policy_module.rules.document import Direction
from policy_module.rules.names import server_of
from policy_module.rules.requests import Deny, FederationRequest, Reason, sentence

POLICY_SERVER_TYPES = frozenset({"m.room.policy", "org.matrix.msc4284.policy"})
"""State that names a server which is shown every event before it is sent (MSC4284)."""

MOST_ROOMS = 10_000
"""Frozen rooms remembered, to record each once."""


@define(eq=False)
class OwnWork:
    """The events this module is about to send, which no freeze may keep from being sent."""

    _expected: set[tuple[str, str, str]] = field(factory=set, init=False)

    @contextmanager
    def sending(self, room_id: str, event_type: str, sender: str) -> Iterator[None]:
        """Let one event through while it is being sent."""
        expected = room_id, event_type, sender
        self._expected.add(expected)
        try:
            yield
        finally:
            self._expected.discard(expected)

    def covers(self, event: EventBase) -> bool:
        """Whether the event is one of them."""
        return (event.room_id, event.type, event.sender) in self._expected


@define(eq=False)
class Freeze:
    """The spam checker callback."""

    _own_server: str
    _gate: Gate
    _servers: RoomServers
    _own_work: OwnWork
    _refusals: RefusalLog
    _sink: AuditSink
    _frozen: OrderedDict[str, None] = field(factory=OrderedDict, init=False)

    async def check_event_for_spam(self, event: EventBase) -> Literal["NOT_SPAM"] | Codes:
        """Refuse events of refused servers, and ours in rooms where one takes part.

        Raises:
            SynapseError: 403 with the sentence, for people here.
        """
        if event.type == "m.room.member":
            return NOT_SPAM
        sender = server_of(event.sender)
        if sender == self._own_server:
            await self._check_ours(event)
            return NOT_SPAM
        denial = self._denial(sender, Direction.IN) or self._denial_of_policy_server(event)
        if denial is None:
            return NOT_SPAM
        self._refusals.refused(
            Cause("take_event", denial.subject, denial.rule, direction=Direction.IN)
        )
        return Codes.FORBIDDEN

    async def _check_ours(self, event: EventBase) -> None:
        denial = self._denial_of_policy_server(event)
        if denial is not None:
            self._refuse("policy_server", event.sender, denial)
            raise refusal(denial)
        if self._own_work.covers(event):
            return
        denials = self._denials(await self._servers.others(event.room_id))
        if denials:
            self._note_frozen(event, denials)
            self._refuse("say", event.sender, denials[0])
            raise refusal_saying(
                frozen_sentence(denials), denials[0].reason, [d.subject for d in denials]
            )
        self._note_thawed(event.room_id)

    def _denials(self, servers: Iterable[str]) -> list[Deny]:
        denials = (self._denial(server, Direction.OUT) for server in sorted(servers))
        return [denial for denial in denials if denial is not None]

    def _denial(self, server: str | None, direction: Direction) -> Deny | None:
        decision = self._gate.decide(FederationRequest(server, direction))
        return decision if isinstance(decision, Deny) else None

    def _denial_of_policy_server(self, event: EventBase) -> Deny | None:
        via = event.content.get("via")
        if event.type not in POLICY_SERVER_TYPES or not isinstance(via, str):
            return None
        return self._denial(via, Direction.OUT)

    def _refuse(self, action: str, user: str, denial: Deny) -> None:
        self._refusals.refused(
            Cause(action, denial.subject, denial.rule, user, reason=denial.reason)
        )

    def _note_frozen(self, event: EventBase, denials: list[Deny]) -> None:
        if event.room_id in self._frozen:
            return
        self._frozen[event.room_id] = None
        if len(self._frozen) > MOST_ROOMS:
            self._frozen.popitem(last=False)
        servers = [denial.subject for denial in denials]
        rules = sorted({denial.rule for denial in denials})
        self._sink.record(
            AuditRecord("frozen", {"room": event.room_id, "servers": servers, "rules": rules})
        )

    def _note_thawed(self, room_id: str) -> None:
        if room_id in self._frozen:
            del self._frozen[room_id]
            self._sink.record(AuditRecord("thawed", {"room": room_id}))


def frozen_sentence(denials: list[Deny]) -> str:
    """Say in English why nothing can be said in a room, and what happens next."""
    closed = next((denial for denial in denials if denial.reason is Reason.CLOSED), None)
    if closed is not None:
        return sentence(closed)
    servers = ", ".join(str(denial.subject) for denial in denials)
    return (
        f"Nothing can be said here while people of {servers} take part: this homeserver does not"
        " talk to that server. They are being removed; if this message stays for more than a"
        " minute, ask your administrator."
    )
