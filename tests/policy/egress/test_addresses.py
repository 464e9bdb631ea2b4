# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names that resolve abroad, whatever they resolved to before."""

from collections.abc import Sequence
from typing import Any

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st
from synapse.http.federation.matrix_federation_agent import MatrixHostnameEndpointFactory
from synapse.http.federation.srv_resolver import SrvResolver
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactorClock
from twisted.web.client import URI

from policy_module.audit.refusals import RefusalLog
from policy_module.egress.addresses import GuardedEndpoints, GuardedReactor
from policy_module.egress.judge import Judge
from policy_module.live.holder import PolicyInForce
from policy_module.rules.document import PolicyDocument, Purpose
from policy_module.rules.policy import Policy
from policy_module.territory.load import of_networks
from tests.policy.audit.sinks import ListSink

HOME, ALSO_HOME, ABROAD = "192.0.2.7", "2001:db8::7", "203.0.113.9"


@define
class World:
    """A reactor whose names resolve to ``addresses`` and which only notes connections."""

    addresses: Sequence[str] = (HOME,)
    reactor: Any = field(factory=MemoryReactorClock)
    sink: ListSink = field(factory=ListSink)

    def __attrs_post_init__(self) -> None:
        self.reactor.nameResolver = self

    def resolveHostName(self, receiver: Any, host: str, portNumber: int = 0) -> Any:  # noqa: N802, N803
        receiver.resolutionBegan(None)
        for address in self.addresses:
            kind = IPv6Address if ":" in address else IPv4Address
            receiver.addressResolved(kind("TCP", address, portNumber))
        receiver.resolutionComplete()
        return receiver

    def judge(self, registered: frozenset[str] = frozenset(), **residency: Any) -> Judge:
        document = PolicyDocument.model_validate(
            {
                "territories": {"home": {"networks": ["192.0.2.0/24", "2001:db8::/32"]}},
                "residency": {"territory": "home", **residency},
                "egress": {
                    "push": ["push.example", {"host": "far.example:5000", "abroad": True}],
                    "sso": [{"host": "old.example", "abroad": True, "until": "2020-01-01"}],
                },
            }
        )
        territories = {
            name: of_networks(name, section) for name, section in document.territories.items()
        }
        policy = Policy.of("home.example", document, (), territories)
        in_force = PolicyInForce(policy, lambda: 1.7e9)
        return Judge(in_force, RefusalLog(self.sink, lambda: 0.0), registered)

    def connected_to(self) -> list[str]:
        self.reactor.advance(60)  # all attempts but the first wait
        return [host for host, *_ in self.reactor.tcpClients]

    def connect(self, judge: Judge, *purposes: Purpose, host: str, port: int = 443) -> None:
        def may_connect(name: str, at: int, address: str) -> bool:
            return judge.refusal_of_address(purposes, name, at, address) is None

        reactor = GuardedReactor(self.reactor, may_connect)
        endpoint: Any = HostnameEndpoint(reactor, host, port)
        endpoint.connect(Factory()).addErrback(lambda _: None)


def test_an_address_at_home_is_connected_to() -> None:
    world = World()
    world.connect(world.judge(), Purpose.PUSH, host="push.example")
    assert world.connected_to() == [HOME]
    assert world.sink.records == []


def test_one_abroad_is_not_and_the_operator_is_told_what_would_allow_it() -> None:
    world = World([ABROAD])
    world.connect(world.judge(), Purpose.PUSH, host="push.example")
    assert world.connected_to() == []
    (record,) = world.sink.records
    assert record.details == {
        "action": "connect for push",
        "server": f"push.example ({ABROAD})",
        "rule": "residency.territory: home",
        "add": 'egress: {push: [{"host": "push.example", "abroad": true}]}',
    }


def test_of_several_addresses_only_those_at_home_are_tried() -> None:
    world = World([ABROAD, HOME, ALSO_HOME])
    world.connect(world.judge(), Purpose.PUSH, host="push.example")
    assert world.connected_to() == [HOME, ALSO_HOME]


def test_a_name_that_moves_abroad_is_not_followed() -> None:
    world = World([HOME])
    judge = world.judge()
    world.connect(judge, Purpose.PUSH, host="push.example")
    world.addresses = [ABROAD]
    world.connect(judge, Purpose.PUSH, host="push.example")
    assert world.connected_to() == [HOME]


@pytest.mark.parametrize(
    ("purpose", "host", "port", "connected"),
    [
        (Purpose.PUSH, "far.example", 5000, True),
        (Purpose.PUSH, "FAR.example", 5000, True),
        (Purpose.PUSH, "far.example", 5001, False),
        (Purpose.PREVIEWS, "far.example", 5000, False),
        (Purpose.SSO, "old.example", 443, False),
    ],
)
def test_a_destination_may_lie_abroad_only_if_its_entry_says_so(
    purpose: Purpose, host: str, port: int, connected: bool
) -> None:
    world = World([ABROAD])
    world.connect(world.judge(), purpose, host=host, port=port)
    assert world.connected_to() == ([ABROAD] if connected else [])


@pytest.mark.parametrize(("address", "connected"), [("127.0.0.1", True), (HOME, False)])
def test_what_is_registered_on_this_machine_has_to_be_there(address: str, connected: bool) -> None:
    world = World([address])
    judge = world.judge(registered=frozenset({"localhost:29317"}))
    world.connect(judge, Purpose.BRIDGES, host="localhost", port=29317)
    assert world.connected_to() == ([address] if connected else [])


class NoSrv(SrvResolver):
    """No server has SRV records."""

    async def resolve_service(self, service_name: bytes, now: Any = None) -> list[Any]:
        return []


@pytest.mark.parametrize(
    ("federation", "addresses", "connected"),
    [
        (True, [HOME], [HOME]),
        (True, [ABROAD], []),
        (False, [ABROAD], [ABROAD]),
    ],
)
def test_an_allowed_server_that_says_it_is_abroad_is_not_followed_there(
    federation: bool, addresses: list[str], connected: list[str]
) -> None:
    world = World(addresses)
    judge = world.judge(federation=federation)

    def by_scheme(scheme: bytes) -> Any:
        return lambda *where: judge.refusal_of_address((), *where) is None

    factory = MatrixHostnameEndpointFactory(
        reactor=world.reactor,
        proxy_reactor=world.reactor,
        tls_client_options_factory=None,
        srv_resolver=NoSrv(),
        proxy_config=None,
    )
    # What remains of a name after its .well-known has been read.
    uri = URI.fromBytes(b"matrix-federation://delegated.example:8448/")  # type: ignore[no-untyped-call]
    made: Deferred[Any] = (
        GuardedEndpoints(factory, by_scheme).endpointForURI(uri).connect(Factory())
    )
    made.addErrback(lambda _: None)
    assert world.connected_to() == connected
    assert [record.details["server"] for record in world.sink.records] == (
        [] if connected else [f"delegated.example:8448 ({ABROAD})"]
    )


@given(st.ip_addresses())
def test_without_a_territory_any_address_will_do(address: Any) -> None:
    policy = Policy.of("home.example", PolicyDocument())
    judge = Judge(PolicyInForce(policy, lambda: 0.0), RefusalLog(ListSink(), lambda: 0.0))
    assert judge.refusal_of_address((Purpose.PUSH,), "push.example", 443, str(address)) is None
