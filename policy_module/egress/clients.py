# SPDX-License-Identifier: AGPL-3.0-or-later
"""Synapse's HTTP clients, each behind a guard.

As of Synapse 1.163. Requests between the processes of one homeserver (``ReplicationClient``) are
none of ours.
"""

import copy
from typing import TYPE_CHECKING, Any

from attrs import frozen
from synapse.http.client import (
    BlocklistingAgentWrapper,
)
from synapse.http.federation.matrix_federation_agent import MatrixFederationAgent
from synapse.http.proxyagent import ProxyAgent

from policy_module.audit.refusals import Cause, RefusalLog
from policy_module.egress.addresses import GuardedEndpoints, GuardedReactor, MayConnect
from policy_module.egress.agents import GuardedAgent, Reason
from policy_module.egress.hosts import is_loopback
from policy_module.egress.judge import Judge, Purposes
from policy_module.egress.pools import Pools
from policy_module.egress.target import MATRIX_FEDERATION, Target, target_of_text
from policy_module.federation.gate import Gate
from policy_module.rules.document import Direction, Purpose
from policy_module.rules.requests import Allow, Deny, FederationRequest

if TYPE_CHECKING:
    from synapse.server import HomeServer


def registered_here(hs: "HomeServer") -> frozenset[str]:
    """Give the hosts on this machine that application services are registered with."""
    services = hs.get_datastores().main.get_app_services()
    hosts = (
        target_of_text(url).host for service in services for url in (service.url, service.proxy_url)
    )
    return frozenset(host for host in hosts if is_loopback(host))


@frozen(eq=False)
class Guards:
    """Puts guards in place.

    ``judge`` answers them, ``gate`` about other homeservers; ``pools`` are told of changes.
    """

    _judge: Judge
    _gate: Gate
    _pools: Pools
    _refusals: RefusalLog

    def guard(self, client: Any, *purposes: Purpose) -> None:
        """Put a guard around a client: before each request, and before each connection."""
        self._guard_connections(_inner(client.agent), purposes)
        client.agent = GuardedAgent(client.agent, self._by_purpose(purposes))

    def view(self, client: Any, purpose: Purpose) -> Any:
        """Give a copy of a client that is not guarded yet, for a purpose of its own."""
        view = copy.copy(client)
        view.agent = _copied(client.agent)
        self.guard(view, purpose)
        return view

    def guard_federation(self, hs: "HomeServer") -> None:
        """Guard each single request of federation.

        Synapse asks the allowlist once for a request that it then repeats for hours if the server
        answers with errors. A server may answer a request for media with another place to get it
        from, in two ways: one goes through the agent with our signature, also to other servers, one
        through a client of its own. It may also redirect us when we ask where it is, or say that it
        is abroad.
        """
        federation: Any = hs.get_federation_http_client()
        agent = _inner(federation.agent)
        if isinstance(agent, MatrixFederationAgent):
            self._guard_whereabouts(agent)
        else:
            self._guard_connections(agent, (Purpose.MEDIA_REDIRECTS,))
        federation.agent = GuardedAgent(federation.agent, self._refusal_of_request)
        self.guard(federation._simple_http_client, Purpose.MEDIA_REDIRECTS)

    def _guard_whereabouts(self, agent: Any) -> None:
        redirects = agent._well_known_resolver._well_known_agent
        questions: Any = _inner(redirects._agent)
        questions._reactor = GuardedReactor(
            questions._reactor,
            self._may_ask_where_a_server_is,
        )
        redirects._agent = GuardedAgent(redirects._agent, self._refusal_of_question)
        requests = agent._agent
        requests._endpointFactory = GuardedEndpoints(
            requests._endpointFactory,
            self._by_scheme,
        )
        # One pool serves both.
        agent._pool = requests._pool = questions._pool = self._pools.guarded(agent._pool)

    def _guard_connections(self, agent: Any, purposes: Purposes) -> None:
        # Anything else is of no Synapse that is known here, and the proof afterwards says so.
        if isinstance(agent, ProxyAgent):
            known: Any = agent
            known._reactor = GuardedReactor(known._reactor, self._may_connect(purposes))
            known._pool = self._pools.guarded(known._pool)

    def _by_purpose(self, purposes: Purposes) -> Reason:
        return lambda target: self._judge.refusal(purposes, target.host)

    def _refusal_of_request(self, target: Target) -> Deny | None:
        if target.scheme == MATRIX_FEDERATION:
            decision = self._gate.decide(FederationRequest(target.host, Direction.OUT))
            if isinstance(decision, Allow):
                return None
            cause = Cause("federate", target.host, decision.rule, direction=Direction.OUT)
            self._refusals.refused(cause)
            return decision
        return self._judge.refusal((Purpose.MEDIA_REDIRECTS,), target.host)

    def _refusal_of_question(self, target: Target) -> Deny | None:
        return self._judge.refusal_of_server(target.host)

    def _by_scheme(self, scheme: bytes) -> MayConnect:
        of_a_server = scheme == MATRIX_FEDERATION.encode()
        return self._may_connect(() if of_a_server else (Purpose.MEDIA_REDIRECTS,))

    def _may_connect(self, purposes: Purposes) -> MayConnect:
        def may_connect(host: str, port: int, address: str) -> bool:
            return self._judge.refusal_of_address(purposes, host, port, address) is None

        return may_connect

    def _may_ask_where_a_server_is(self, host: str, port: int, address: str) -> bool:
        purposes = () if self._judge.is_server(host) else (Purpose.OTHER,)
        return self._judge.refusal_of_address(purposes, host, port, address) is None


def guard_clients(hs: "HomeServer", guards: Guards) -> None:
    """Put a guard around every client, for the purposes it is used for.

    Must run before Synapse serves requests: ``http/proxy.py`` keeps the federation client's agent.
    """
    guards.guard_federation(hs)
    guards.guard(hs.get_simple_http_client(), Purpose.OTHER)
    # OpenID Connect, CAS and the like; application services reached through us; captcha, statistics.
    # All of them are named in the homeserver's own configuration.
    guards.guard(hs.get_proxied_http_client(), Purpose.SSO, Purpose.BRIDGES, Purpose.OTHER)
    guards.guard(hs.get_application_service_api(), Purpose.BRIDGES)
    identity = hs.get_identity_handler()
    guards.guard(identity.http_client, Purpose.IDENTITY)
    guards.guard(identity._http_client, Purpose.IDENTITY)
    _guard_named_by_others(hs, guards)
    if hs.config.media.can_load_media_repo:
        previewer = hs.get_media_repository().url_previewer
        if previewer is not None:
            guards.guard(previewer.client, Purpose.PREVIEWS)


def _guard_named_by_others(hs: "HomeServer", guards: Guards) -> None:
    """Guard the one client for hosts that people and other servers name.

    Synapse shares it between three uses. Each gets its own view of it, so that what is listed for
    one cannot be reached through another.
    """
    shared = hs.get_proxied_blocklisted_http_client()
    hs.get_sso_handler()._http_client = guards.view(shared, Purpose.SSO)
    # Asked whether the key of an invite by e-mail is still good, at an address the room gives.
    hs.get_federation_handler().http_client = guards.view(shared, Purpose.IDENTITY)
    guards.guard(shared, Purpose.PUSH)


def _inner(agent: Any) -> Any:
    return agent._agent if isinstance(agent, BlocklistingAgentWrapper) else agent


def _copied(agent: Any) -> Any:
    copied = copy.copy(agent)
    if isinstance(copied, BlocklistingAgentWrapper):
        copied._agent = copy.copy(copied._agent)
    return copied
