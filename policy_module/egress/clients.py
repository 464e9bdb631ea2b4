# SPDX-License-Identifier: AGPL-3.0-or-later
"""Synapse's HTTP clients, each behind a guard, and the proof that none is without one.

As of Synapse 1.163. Requests between the processes of one homeserver (``ReplicationClient``) are
none of ours.
"""

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeGuard

from synapse.http.client import (
    BaseHttpClient,
    BlocklistingAgentWrapper,
    BlocklistingReactorWrapper,
    ReplicationClient,
)
from synapse.http.federation.matrix_federation_agent import MatrixFederationAgent
from synapse.http.proxyagent import ProxyAgent

from policy_module.egress.agents import Agent, GuardedAgent, Reason
from policy_module.egress.judge import Judge, Purposes
from policy_module.egress.target import MATRIX_FEDERATION, Target, is_loopback, target_of_text
from policy_module.federation.allowlist import StartRefusedError, tracked_objects
from policy_module.rules.document import Purpose
from policy_module.rules.requests import Deny

if TYPE_CHECKING:
    from synapse.server import HomeServer


def registered_here(hs: "HomeServer") -> frozenset[str]:
    """Give the hosts on this machine that application services are registered with."""
    services = hs.get_datastores().main.get_app_services()
    hosts = (
        target_of_text(url).host for service in services for url in (service.url, service.proxy_url)
    )
    return frozenset(host for host in hosts if is_loopback(host))


def guard_clients(hs: "HomeServer", judge: Judge) -> None:
    """Put a guard around every client, for the purposes it is used for.

    Must run before Synapse serves requests: ``http/proxy.py`` keeps the federation client's agent.
    """
    _guard_federation(hs, judge)
    _guard(hs.get_simple_http_client(), judge, Purpose.OTHER)
    # OpenID Connect, CAS and the like; application services reached through us; captcha, statistics.
    # All of them are named in the homeserver's own configuration.
    _guard(hs.get_proxied_http_client(), judge, Purpose.SSO, Purpose.BRIDGES, Purpose.OTHER)
    _guard(hs.get_application_service_api(), judge, Purpose.BRIDGES)
    identity = hs.get_identity_handler()
    _guard(identity.http_client, judge, Purpose.IDENTITY)
    _guard(identity._http_client, judge, Purpose.IDENTITY)  # noqa: SLF001 - Synapse's own
    _guard_named_by_others(hs, judge)
    if hs.config.media.can_load_media_repo:
        previewer = hs.get_media_repository().url_previewer
        if previewer is not None:
            _guard(previewer.client, judge, Purpose.PREVIEWS)


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


def _guard(client: BaseHttpClient, judge: Judge, *purposes: Purpose) -> None:
    guarded: Agent = GuardedAgent(client.agent, _for(judge, purposes))
    client.agent = guarded


def _for(judge: Judge, purposes: Purposes) -> Reason:
    def refusal(target: Target) -> Deny | None:
        return judge.refusal(purposes, target.host)

    return refusal


def _guard_named_by_others(hs: "HomeServer", judge: Judge) -> None:
    """Guard the one client for hosts that people and other servers name.

    Synapse shares it between three uses. Each gets its own view of it, so that what is listed for
    one cannot be reached through another.
    """
    shared = hs.get_proxied_blocklisted_http_client()
    hs.get_sso_handler()._http_client = _view(shared, judge, Purpose.SSO)  # noqa: SLF001
    # Asked whether the key of an invite by e-mail is still good, at an address the room gives.
    hs.get_federation_handler().http_client = _view(shared, judge, Purpose.IDENTITY)
    _guard(shared, judge, Purpose.PUSH)


def _view(shared: Any, judge: Judge, purpose: Purpose) -> Any:
    view = copy.copy(shared)
    _guard(view, judge, purpose)
    return view


def _guard_federation(hs: "HomeServer", judge: Judge) -> None:
    """Guard what federation does besides talking to the server it was asked to talk to.

    A server may answer a request for media with another place to get it from, in two ways: one goes
    through the agent with another scheme and our signature, one through a client of its own. It may
    also redirect us when we ask where it is.
    """

    def refusal(target: Target) -> Deny | None:
        if target.scheme == MATRIX_FEDERATION:
            return None  # the allowlist has been asked
        return judge.refusal((Purpose.MEDIA_REDIRECTS,), target.host)

    def refusal_of_server(target: Target) -> Deny | None:
        return judge.refusal_of_server(target.host)

    federation = hs.get_federation_http_client()
    agent = _inner(federation.agent)
    guarded: Agent = GuardedAgent(federation.agent, refusal)
    federation.agent = guarded
    _guard(federation._simple_http_client, judge, Purpose.MEDIA_REDIRECTS)  # noqa: SLF001
    if isinstance(agent, MatrixFederationAgent):
        redirects: Agent = agent._well_known_resolver._well_known_agent  # noqa: SLF001
        redirects._agent = GuardedAgent(redirects._agent, refusal_of_server)  # noqa: SLF001


def _inner(agent: Agent) -> Any:
    return agent._agent if isinstance(agent, BlocklistingAgentWrapper) else agent  # noqa: SLF001


def _unguarded(hs: "HomeServer") -> Iterator[str]:
    guarded: set[int] = set()
    agents: list[ProxyAgent | MatrixFederationAgent] = []
    federation = hs.get_federation_http_client()
    if not isinstance(federation.agent, GuardedAgent):
        yield type(federation).__name__
    for found in tracked_objects():
        if isinstance(found, GuardedAgent):
            guarded.update(map(id, _within(found)))
        elif isinstance(found, ProxyAgent | MatrixFederationAgent):
            agents.append(found)
        elif _is_ours(found, hs) and not isinstance(found.agent, GuardedAgent):
            yield type(found).__name__
    for agent in agents:
        if id(agent) not in guarded and _reactor_of(agent) is hs.get_reactor():
            yield type(agent).__name__


def _is_ours(found: object, hs: "HomeServer") -> TypeGuard[BaseHttpClient]:
    if not isinstance(found, BaseHttpClient) or isinstance(found, ReplicationClient):
        return False
    return found.hs is hs


def _within(agent: Agent) -> Iterator[object]:
    while isinstance(agent, GuardedAgent | BlocklistingAgentWrapper):
        agent = agent._agent  # noqa: SLF001
        yield agent


def _reactor_of(agent: Agent) -> object:
    """Give the reactor of an agent, which tells homeservers in one process apart."""
    reactor = (agent._agent if isinstance(agent, MatrixFederationAgent) else agent)._reactor  # noqa: SLF001
    while isinstance(reactor, BlocklistingReactorWrapper):
        reactor = reactor._reactor  # noqa: SLF001
    return reactor
