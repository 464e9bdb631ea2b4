# SPDX-License-Identifier: AGPL-3.0-or-later
"""From names to addresses, as this machine's resolver gives them; the edge of this package.

The resolver of the operating system is asked, because the programs whose connections are judged ask
it too, ``/etc/hosts`` and all.
"""

import socket
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from attrs import frozen

from policy_module.territory.addresses import Address, AddressError, parse_address

AT_ONCE = 16
"""Names that are resolved at the same time: some resolvers take 30 s to give up."""


@frozen
class Answer:
    """Every address of a name in ascending order, or ``problem``: why there is none."""

    addresses: tuple[Address, ...] = ()
    problem: str | None = None


Resolve = Callable[[str], Answer]
"""Resolves one name, blocking; never raises."""


def system_resolver(host: str) -> Answer:
    """Resolve with the operating system, A and AAAA alike."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        return Answer(problem=error.strerror or "cannot be resolved")
    except (OSError, UnicodeError) as error:
        return Answer(problem=f"cannot be resolved: {error}")
    addresses = {parse_address(str(sockaddr[0])) for *_, sockaddr in found}
    return Answer(tuple(sorted(addresses, key=lambda one: (one.version, int(one)))))


def resolve_all(hosts: Iterable[str], resolve: Resolve) -> Mapping[str, Answer]:
    """Resolve hosts side by side, blocking until all have an answer; addresses are their own."""
    names = sorted(set(hosts))
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="residency") as pool:
        return dict(zip(names, pool.map(lambda name: _answer(name, resolve), names), strict=True))


def _answer(host: str, resolve: Resolve) -> Answer:
    try:
        return Answer((parse_address(host),))
    except AddressError:
        return resolve(host)
