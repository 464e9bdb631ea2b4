# SPDX-License-Identifier: AGPL-3.0-or-later
"""What stands in the place of an HTTP client's agent and asks before each request.

Synapse's clients, and the redirects that treq and Twisted follow for them, read ``agent`` whenever
they send something, so that every request and every redirect passes here.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet import defer
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IBodyProducer
from zope.interface import implementer

from policy_module.egress.refusal import Refusal
from policy_module.egress.target import Target, target_of
from policy_module.rules.requests import Deny

Agent = Any
"""An ``IAgent``; as a type, a zope interface says nothing right."""
Reason = Callable[[Target], Deny | None]
"""Gives why a request may not be sent, ``None`` if it may."""


@implementer(IAgent)
class GuardedAgent:
    """Sends a request with the agent inside unless ``refusal`` gives a reason not to."""

    def __init__(self, agent: Agent, refusal: Reason) -> None:
        self._agent = agent
        self._refusal = refusal

    def request(
        self,
        method: bytes,
        uri: bytes,
        headers: Headers | None = None,
        bodyProducer: IBodyProducer | None = None,  # noqa: N803 - the interface's name
    ) -> "defer.Deferred[Any]":
        """Send a request (``IAgent``), or answer 403 ourselves if it may not be sent."""
        denial = self._refusal(target_of(uri))
        if denial is not None:
            return defer.succeed(Refusal(denial))
        answer: defer.Deferred[Any] = self._agent.request(
            method, uri, headers=headers, bodyProducer=bodyProducer
        )
        return answer

    def __getattr__(self, name: str) -> Any:
        # Synapse looks at no more than `request`; shutting down closes the pool inside.
        return getattr(self._agent, name)
