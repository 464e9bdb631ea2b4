# SPDX-License-Identifier: AGPL-3.0-or-later
"""The proof that no HTTP client of the homeserver is without a guard."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from synapse.http.client import (
    BaseHttpClient,
    BlocklistingAgentWrapper,
    BlocklistingReactorWrapper,
    ReplicationClient,
)
from synapse.http.federation.matrix_federation_agent import MatrixFederationAgent
from synapse.http.matrixfederationclient import MatrixFederationHttpClient
from synapse.http.proxyagent import ProxyAgent

from policy_module.egress.addresses import GuardedEndpoints, GuardedReactor
from policy_module.egress.agents import GuardedAgent
from policy_module.federation.allowlist import StartRefusedError, tracked_objects

if TYPE_CHECKING:
    from synapse.server import HomeServer

_KINDS = (
    BaseHttpClient,
    GuardedAgent,
    MatrixFederationAgent,
    MatrixFederationHttpClient,
    ProxyAgent,
)


def verify_clients(hs: "HomeServer") -> None:
    """Check that every HTTP client of this homeserver is guarded.

    Raises:
        StartRefusedError: naming what could connect without being asked.
    """
    strangers = sorted(set(_unguarded(hs)))
    if strangers:
        raise StartRefusedError(
            f"policy_module does not guard every connection: {', '.join(strangers)} would connect"
            " without asking it; put policy_module first under 'modules' in homeserver.yaml, and"
            " have other modules use the http_client of the module API"
        )


def _unguarded(hs: "HomeServer") -> Iterator[str]:
    found = [each for each in tracked_objects() if issubclass(type(each), _KINDS)]
    guarded = {id(inner) for each in found for inner in _within(each)}
    for each in found:
        if _is_client_of(each, hs) and not _asks(each):
            yield type(each).__name__
    agents = [each for each in found if isinstance(each, ProxyAgent | MatrixFederationAgent)]
    for agent in agents:
        if _reactor_of(agent) is hs.get_reactor() and (
            id(agent) not in guarded or not _connects_guarded(agent)
        ):
            yield type(agent).__name__


def _is_client_of(found: Any, hs: "HomeServer") -> bool:
    is_client = isinstance(found, BaseHttpClient | MatrixFederationHttpClient)
    return is_client and not isinstance(found, ReplicationClient) and found.hs is hs


def _asks(client: Any) -> bool:
    """Whether a client asks before each request, and before each connection."""
    if not isinstance(client.agent, GuardedAgent):
        return False
    *_, innermost = _within(client.agent)
    return isinstance(innermost, ProxyAgent | MatrixFederationAgent) and _connects_guarded(
        innermost
    )


def _within(agent: Any) -> Iterator[object]:
    while isinstance(agent, GuardedAgent | BlocklistingAgentWrapper):
        agent = agent._agent
        yield agent


def _connects_guarded(agent: Any) -> bool:
    if isinstance(agent, MatrixFederationAgent):
        return isinstance(agent._agent._endpointFactory, GuardedEndpoints)
    return isinstance(agent._reactor, GuardedReactor)


def _reactor_of(agent: Any) -> object:
    """Give the reactor of an agent, which tells homeservers in one process apart."""
    reactor = (agent._agent if isinstance(agent, MatrixFederationAgent) else agent)._reactor
    while isinstance(reactor, BlocklistingReactorWrapper | GuardedReactor):
        reactor = reactor._reactor
    return reactor
