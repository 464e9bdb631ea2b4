# SPDX-License-Identifier: AGPL-3.0-or-later
"""Judging by address: what a name resolves to is asked of the policy, and only that is connected to.

The wrapper takes the reactor's place where an agent makes its connections, so that the addresses
judged are the very ones connected to, however often the name is resolved and whatever it says then.
Addresses written in a URL pass through the resolver as well. Not behind an HTTP proxy: it resolves
names itself.
"""

from collections.abc import Callable
from typing import Any

from synapse.http.federation.matrix_federation_agent import MatrixHostnameEndpointFactory
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import (
    IHostnameResolver,
    IReactorPluggableNameResolver,
    IResolutionReceiver,
)
from twisted.web.client import URI
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer

Reactor = Any
"""As types, zope interfaces say nothing right."""
MayConnect = Callable[[str, int, str], bool]
"""Says whether ``host``, ``port`` may be connected to at an address."""


@implementer(IReactorPluggableNameResolver)
class GuardedReactor:
    """The reactor of one agent: resolves names to addresses that may be connected to."""

    def __init__(self, reactor: Reactor, may_connect: MayConnect) -> None:
        self._reactor = reactor
        self.nameResolver = _GuardedResolver(reactor, may_connect)  # the interface's name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)


@implementer(IHostnameResolver)
class _GuardedResolver:
    def __init__(self, reactor: Reactor, may_connect: MayConnect) -> None:
        self._reactor = reactor
        self._may_connect = may_connect

    def resolveHostName(  # noqa: N802
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: object = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        # Synapse's own wrapper beneath knows no other arguments, and endpoints use no others.
        self._reactor.nameResolver.resolveHostName(
            _Sieve(resolutionReceiver, lambda at: self._may_connect(hostName, portNumber, at)),
            hostName,
            portNumber=portNumber,
        )
        return resolutionReceiver


@implementer(IResolutionReceiver)
class _Sieve:
    """Passes on the addresses that may be connected to."""

    def __init__(self, receiver: Any, may_connect: Callable[[str], bool]) -> None:
        self._receiver = receiver
        self._may_connect = may_connect

    def resolutionBegan(self, resolutionInProgress: object) -> None:  # noqa: N802, N803
        self._receiver.resolutionBegan(resolutionInProgress)

    def addressResolved(self, address: object) -> None:  # noqa: N802
        if isinstance(address, IPv4Address | IPv6Address) and self._may_connect(address.host):
            self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:  # noqa: N802
        self._receiver.resolutionComplete()


@implementer(IAgentEndpointFactory)
class GuardedEndpoints:
    """The endpoints of the federation agent, each with a reactor for the scheme of its URI.

    Where a server has delegated itself, the URI names the place it has delegated itself to.
    """

    def __init__(
        self, factory: MatrixHostnameEndpointFactory, may_connect: Callable[[bytes], MayConnect]
    ) -> None:
        self._factory = factory
        self._may_connect = may_connect

    def endpointForURI(self, uri: URI) -> Any:  # noqa: N802
        """Make the endpoint that finds the server and connects (``IAgentEndpointFactory``)."""
        endpoint: Any = self._factory.endpointForURI(uri)
        endpoint._reactor = GuardedReactor(endpoint._reactor, self._may_connect(uri.scheme))
        return endpoint
