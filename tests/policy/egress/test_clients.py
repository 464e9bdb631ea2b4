# SPDX-License-Identifier: AGPL-3.0-or-later
"""Guards around Synapse's own agents: asked at every turn, and shared with nobody else's purpose."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from netaddr import IPSet
from synapse.http.client import BlocklistingAgentWrapper
from synapse.http.federation.matrix_federation_agent import MatrixFederationAgent
from synapse.http.proxyagent import ProxyAgent
from synapse.util.clock import Clock
from twisted.internet.address import IPv4Address
from twisted.internet.testing import MemoryReactorClock

from policy_module.audit.refusals import RefusalLog
from policy_module.egress.clients import Guards
from policy_module.egress.judge import Judge
from policy_module.egress.pools import Pools
from policy_module.egress.refusal import Refusal
from policy_module.federation.gate import Gate
from policy_module.live.holder import PolicyInForce
from policy_module.rules.document import PolicyDocument, Purpose
from policy_module.rules.policy import Policy
from policy_module.territory.load import of_networks
from tests.policy.audit.sinks import ListSink

HOME, ABROAD = "192.0.2.7", "203.0.113.9"
POLICY: dict[str, Any] = {
    "federation": {"allow": ["near.example", "near.example:8448"]},
    "egress": {"sso": ["pictures.example"], "other": ["www.near.example"]},
    "territories": {"home": {"networks": ["192.0.2.0/24"]}},
    "residency": {"territory": "home", "federation": True},
}


class Reactor(MemoryReactorClock):
    """Resolves every name to ``addresses`` and notes connections."""

    addresses: Sequence[str] = (HOME,)

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.nameResolver: Any = self

    def resolveHostName(self, receiver: Any, host: str, portNumber: int = 0) -> Any:  # noqa: N802, N803
        receiver.resolutionBegan(None)
        for address in self.addresses:
            receiver.addressResolved(IPv4Address("TCP", address, portNumber))
        receiver.resolutionComplete()
        return receiver

    def connected_to(self) -> set[tuple[str, int]]:
        return {(host, port) for host, port, *_ in self.tcpClients}


@pytest.fixture
def reactor() -> Reactor:
    return Reactor()


@pytest.fixture
def guards() -> Guards:
    document = PolicyDocument.model_validate(POLICY)
    territories = {
        name: of_networks(name, section) for name, section in document.territories.items()
    }
    in_force = PolicyInForce(Policy.of("home.example", document, (), territories), lambda: 1.7e9)
    sink = ListSink()
    refusals = RefusalLog(sink, lambda: 0.0)
    return Guards(Judge(in_force, refusals), Gate(in_force, sink), Pools(), refusals)


def plain_client(reactor: Any) -> Any:
    """What Synapse's clients with a block list are made of."""
    agent: Any = ProxyAgent(reactor=reactor)
    return SimpleNamespace(agent=BlocklistingAgentWrapper(agent, IPSet()))


def federation_client(reactor: Any) -> Any:
    agent: Any = MatrixFederationAgent(
        server_name="home.example",
        reactor=reactor,
        clock=Clock(reactor, server_name="home.example"),
        tls_client_options_factory=None,
        user_agent=b"test",
        ip_allowlist=None,
        ip_blocklist=IPSet(),
    )
    return SimpleNamespace(
        agent=BlocklistingAgentWrapper(agent, IPSet()), _simple_http_client=plain_client(reactor)
    )


def ask(agent: Any, uri: bytes) -> bool:
    """Send a request and tell whether it was sent."""
    request = agent.request(b"GET", uri)
    answered: list[Any] = []
    request.addCallbacks(answered.append, answered.append)
    return not (answered and isinstance(answered[0], Refusal))


@pytest.mark.parametrize(
    ("uri", "address", "sent", "connected"),
    [
        (b"http://near.example/.well-known/matrix/server", HOME, True, True),
        (b"http://near.example/.well-known/matrix/server", ABROAD, True, False),
        (b"http://www.near.example/where", HOME, True, True),
        (b"http://elsewhere.example/where", HOME, False, False),
    ],
)
def test_a_server_is_looked_for_where_it_is_allowed_and_where_that_leads_if_it_is_listed(
    guards: Guards, reactor: Reactor, uri: bytes, address: str, sent: bool, connected: bool
) -> None:
    reactor.addresses = [address]
    client = federation_client(reactor)
    hs: Any = SimpleNamespace(get_federation_http_client=lambda: client)
    questions = client.agent._agent._well_known_resolver._well_known_agent
    guards.guard_federation(hs)
    assert ask(questions, uri) == sent
    assert bool(reactor.connected_to()) == connected


@pytest.mark.parametrize(
    ("uri", "sent"),
    [
        (b"matrix-federation://near.example:8448/x", True),
        (b"matrix-federation://near.example:8449/x", False),
        (b"matrix-federation://elsewhere.example:8448/x", False),
        (b"http://near.example/x", False),
        (b"https://elsewhere.example/x", False),
    ],
)
def test_the_federation_agent_goes_nowhere_else_whatever_the_scheme(
    guards: Guards, reactor: Reactor, uri: bytes, sent: bool
) -> None:
    client = federation_client(reactor)
    hs: Any = SimpleNamespace(get_federation_http_client=lambda: client)
    guards.guard_federation(hs)
    assert ask(client.agent, uri) == sent
    assert bool(reactor.connected_to()) == sent


def test_what_is_listed_for_one_use_of_a_shared_client_is_not_for_the_others(
    guards: Guards, reactor: Reactor
) -> None:
    shared = plain_client(reactor)
    sso, identity = guards.view(shared, Purpose.SSO), guards.view(shared, Purpose.IDENTITY)
    guards.guard(shared, Purpose.PUSH)
    uri = b"http://pictures.example/face.png"
    assert not ask(shared.agent, uri)
    assert not ask(identity.agent, uri)
    assert reactor.connected_to() == set()
    assert ask(sso.agent, uri)
    assert reactor.connected_to() == {(HOME, 80)}


def test_each_use_of_a_shared_client_is_judged_by_its_own_address_rules(
    guards: Guards, reactor: Reactor
) -> None:
    reactor.addresses = [ABROAD]
    view = guards.view(plain_client(reactor), Purpose.SSO)
    assert ask(view.agent, b"http://pictures.example/face.png")
    assert reactor.connected_to() == set()
