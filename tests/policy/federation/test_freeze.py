# SPDX-License-Identifier: AGPL-3.0-or-later
"""What may be said in rooms while something of ours is out of order."""

from typing import Any, cast

import pytest
from attrs import define, field
from synapse.api.errors import Codes, SynapseError
from synapse.events import EventBase
from synapse.module_api import NOT_SPAM

from policy_module.audit.refusals import RefusalLog
from policy_module.federation.gate import Gate
from policy_module.federation.relays.freeze import Freeze, OwnWork
from policy_module.federation.relays.servers import RoomServers
from policy_module.live.holder import PolicyInForce
from policy_module.mishaps import OnlyAtHome, contained
from policy_module.rules.document import PolicyDocument
from policy_module.rules.policy import Policy
from tests.policy.audit.sinks import ListSink

HOME = "home.example"


@define
class Event:
    """As much of an event as is looked at."""

    sender: str = f"@alice:{HOME}"
    type: str = "m.room.message"
    room_id: str = "!room"
    content: dict[str, Any] = field(factory=dict)

    def is_state(self) -> bool:
        return self.type != "m.room.message"


@define
class Servers:
    """The servers of every room; reading them as a whole fails if ``broken``."""

    joined_servers: set[str]
    broken: bool = False

    async def joined(self, room_id: str) -> frozenset[str]:
        return frozenset(self.joined_servers)

    async def others(self, room_id: str) -> frozenset[str]:
        if self.broken:
            raise RuntimeError("broken on purpose")
        return frozenset(self.joined_servers - {HOME})


@define
class Border:
    """A freeze and what it is made of."""

    servers: Servers
    sink: ListSink = field(factory=ListSink)
    own_work: OwnWork = field(factory=OwnWork)
    freeze: Freeze = field(init=False)

    def __attrs_post_init__(self) -> None:
        document = PolicyDocument.model_validate({"federation": {"allow": ["near.example"]}})
        in_force = PolicyInForce(Policy.of(HOME, document), lambda: 0.0)
        self.freeze = Freeze(
            HOME,
            Gate(in_force, self.sink),
            cast("RoomServers", self.servers),
            self.own_work,
            RefusalLog(self.sink, lambda: 0.0),
            self.sink,
        )

    async def check(self, event: Event) -> object:
        at_home = OnlyAtHome(HOME, cast("RoomServers", self.servers))
        check = contained(self.freeze.check_event_for_spam, at_home.check_event_for_spam)
        return await check(cast("EventBase", event))

    async def refusal(self, event: Event) -> str:
        with pytest.raises(SynapseError) as error:
            await self.check(event)
        assert error.value.code == 403
        return str(error.value.error_dict(None)["org.karvon.reason"])

    @property
    def kinds(self) -> list[str]:
        return [record.kind for record in self.sink.records]


async def test_frozen_and_thawed_are_recorded_once() -> None:
    border = Border(Servers({HOME, "near.example", "far.example"}))
    assert [await border.refusal(Event()) for _ in range(3)] == ["not_listed"] * 3
    border.servers.joined_servers.remove("far.example")
    assert [await border.check(Event()) for _ in range(3)] == [NOT_SPAM] * 3
    assert border.kinds == ["frozen", "refused", "thawed"]
    details = border.sink.records[1].details
    assert (details["user"], details["reason"]) == (f"@alice:{HOME}", "not_listed")


async def test_what_the_module_itself_sends_is_let_through() -> None:
    border = Border(Servers({HOME, "far.example"}))
    acl = Event(type="m.room.server_acl")
    with border.own_work.sending(acl.room_id, acl.type, acl.sender):
        assert await border.check(acl) == NOT_SPAM
        await border.refusal(Event())
    await border.refusal(acl)


@pytest.mark.parametrize("servers", [{HOME}, {HOME, "near.example"}])
async def test_when_it_cannot_look_only_rooms_of_our_own_go_on(servers: set[str]) -> None:
    border = Border(Servers(servers, broken=True))
    if servers == {HOME}:
        assert await border.check(Event()) == NOT_SPAM
    else:
        assert await border.refusal(Event()) == "closed"
    assert await border.refusal(Event(type="m.room.history_visibility")) == "closed"


async def test_without_a_record_only_rooms_of_our_own_go_on() -> None:
    border = Border(Servers({HOME, "near.example"}))
    border.sink.healthy = False
    assert await border.refusal(Event()) == "closed"
    assert await border.check(Event(sender="@bob:near.example")) == Codes.FORBIDDEN
    border.servers.joined_servers = {HOME}
    assert await border.check(Event()) == NOT_SPAM


async def test_of_refused_servers_only_memberships_are_taken() -> None:
    border = Border(Servers({HOME, "near.example"}))
    assert await border.check(Event(sender="@carol:far.example")) == Codes.FORBIDDEN
    assert await border.check(Event("@carol:far.example", "m.room.member")) == NOT_SPAM
    assert await border.check(Event(sender="@bob:near.example")) == NOT_SPAM
    assert await border.check(Event(sender="nobody")) == Codes.FORBIDDEN


async def test_a_policy_server_has_to_be_allowed_whoever_names_it() -> None:
    border = Border(Servers({HOME, "near.example"}))
    named = Event("@bob:near.example", "m.room.policy", content={"via": "far.example"})
    assert await border.check(named) == Codes.FORBIDDEN
    named.content = {"via": "near.example"}
    assert await border.check(named) == NOT_SPAM
    named.content = {"via": 3}
    assert await border.check(named) == NOT_SPAM
