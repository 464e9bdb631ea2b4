# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long one decision and one reload take with a long list."""

import timeit
from collections.abc import Callable
from time import process_time

from policy_module.rules.decide import decide
from policy_module.rules.document import Direction
from policy_module.rules.load import load
from policy_module.rules.policy import Policy
from policy_module.rules.requests import FederationRequest

OWN = "home.example"
_ASKED = {
    "exact": "s7.example.org",
    "below a domain": "a.d7.example.net",
    "wildcard": "chat-7.g7.example.com",
    "not listed": "nobody.example.org",
    "not listed, deep": "a.b.c.nobody.example.org",
}
_REPEATS, _TIMES = 5, 10_000


def patterns(number: int) -> str:
    """Write a list: 60 % names, 39 % domains, 1 % wildcards inside names."""
    names = number * 60 // 100
    wildcards = number // 100
    domains = number - names - wildcards
    return "\n".join(
        [
            *(f"s{index}.example.org" for index in range(names)),
            *(f"*.d{index}.example.net" for index in range(domains)),
            *(f"chat-*.g{index}.example.com" for index in range(wildcards)),
        ]
    )


def reload_seconds(number: int) -> tuple[Policy, float]:
    """Give the policy with so many patterns, and the CPU seconds of making it from its text."""
    text = patterns(number)

    def read(name: str) -> str:
        return text

    best = float("inf")
    for _ in range(_REPEATS):
        begun = process_time()
        policy = load("federation: {allow_files: [list.txt]}\n", OWN, read)
        best = min(best, process_time() - begun)
    return policy, best


def decision_microseconds(policy: Policy) -> dict[str, float]:
    """Give the CPU time of one decision, by what is asked; the best of some repeats."""
    return {what: _best(policy, server) for what, server in _ASKED.items()}


def _best(policy: Policy, server: str) -> float:
    request = FederationRequest(server, Direction.OUT)

    def ask() -> object:
        return decide(policy, request, 0.0)

    return min(_timed(ask)) / _TIMES * 1e6


def _timed(ask: Callable[[], object]) -> list[float]:
    return timeit.repeat(ask, number=_TIMES, repeat=_REPEATS, timer=process_time)
