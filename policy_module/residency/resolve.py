# SPDX-License-Identifier: AGPL-3.0-or-later
"""From names to addresses, as this machine's resolver gives them; the edge of this package.

The resolver of the operating system is asked, because the programs whose connections are judged ask
it too, ``/etc/hosts`` and all.
"""

import socket
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait

from attrs import frozen

from policy_module.territory.addresses import Address, AddressError, parse_address

AT_ONCE = 16
"""Names that are resolved at the same time."""
PATIENCE = 45.0
"""Seconds until all names have an answer: a resolver that is down takes up to 30 for each."""


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


def resolve_all(
    hosts: Iterable[str], resolve: Resolve, patience: float = PATIENCE
) -> Mapping[str, Answer]:
    """Resolve hosts side by side; addresses are their own.

    Blocks for ``patience`` seconds at most: what has no answer by then is given up.
    """
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="residency")
    try:
        asked = {name: pool.submit(_answer, name, resolve) for name in sorted(set(hosts))}
        answered, _ = wait(asked.values(), timeout=patience)
        late = Answer(problem=f"no answer within {patience:g} s")
        return {
            name: future.result() if future in answered else late for name, future in asked.items()
        }
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _answer(host: str, resolve: Resolve) -> Answer:
    try:
        return Answer((parse_address(host),))
    except AddressError:
        return resolve(host)
