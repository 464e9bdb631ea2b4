# SPDX-License-Identifier: AGPL-3.0-or-later
"""A Synapse module that is the DNS of its homeserver, and puts what should be on port 443 elsewhere.

For servers whose name has no port: asking for their .well-known needs a name in the DNS and a port that
only root may have. Everything else is real, from the resolver's receiver to the sockets.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from attrs import asdict, frozen
from synapse.module_api import ModuleApi
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IHostnameResolver
from twisted.names import client, dns
from twisted.names.error import DNSNameError
from zope.interface import implementer

HTTPS = 443


@frozen
class Streets:
    """What is where.

    ``https`` are the ports that stand for 443 at an address; ``servers`` are names whose SRV record for
    federation says which host and port to go to.
    """

    addresses: Mapping[str, str]
    https: Mapping[str, int]
    servers: Mapping[str, tuple[str, int]]

    def module(self) -> dict[str, Any]:
        """Give the entry for ``modules`` of ``homeserver.yaml``."""
        return {"module": f"{__name__}.{LivesThere.__name__}", "config": asdict(self)}


class LivesThere:
    """Changes the reactor of the homeserver's process."""

    def __init__(self, streets: Streets, api: ModuleApi) -> None:
        reactor: Any = api._hs.get_reactor()
        reactor.installNameResolver(_Resolver(reactor.nameResolver, streets.addresses))
        connect = reactor.connectTCP

        def connect_there(host: str, port: int, *args: Any, **options: Any) -> Any:
            there = streets.https.get(host, port) if port == HTTPS else port
            return connect(host, there, *args, **options)

        reactor.connectTCP = connect_there
        # No questions to the machine's name servers.
        client.lookupService = partial(_look_up, streets.servers)

    @staticmethod
    def parse_config(config: Mapping[str, Any]) -> Streets:
        """Read what :meth:`Streets.module` wrote."""
        return Streets(**config)


@implementer(IHostnameResolver)
class _Resolver:
    def __init__(self, others: Any, addresses: Mapping[str, str]) -> None:
        self._others = others
        self._addresses = addresses

    def resolveHostName(  # noqa: N802
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        **options: Any,
    ) -> Any:
        address = self._addresses.get(hostName)
        if address is None:
            return self._others.resolveHostName(resolutionReceiver, hostName, portNumber, **options)
        resolutionReceiver.resolutionBegan(None)
        resolutionReceiver.addressResolved(IPv4Address("TCP", address, portNumber))
        resolutionReceiver.resolutionComplete()
        return resolutionReceiver


def _look_up(
    servers: Mapping[str, tuple[str, int]], service: bytes, *_: Any, **__: Any
) -> Deferred[Any]:
    found = servers.get(service.decode().removeprefix("_matrix-fed._tcp."))
    if found is None:
        return fail(DNSNameError())
    host, port = found
    names: Any = dns  # is typed in part
    record = names.Record_SRV(0, 0, port, host.encode())
    return succeed(([names.RRHeader(service, names.SRV, payload=record)], [], []))
