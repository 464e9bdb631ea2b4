# SPDX-License-Identifier: AGPL-3.0-or-later
"""The policy in force in this process."""

import logging
from collections.abc import Callable

from policy_module.rules.decide import decide
from policy_module.rules.policy import Policy
from policy_module.rules.requests import Decision, Request

logger = logging.getLogger(__name__)

Changed = Callable[[Policy, Policy], None]
"""Told the policy before and the one in force now; the same twice when an entry's time is over."""

Decided = Callable[[Request, Decision], None]
"""Told a request and what was decided."""


class PolicyInForce:
    """Answers by the newest policy. ``now`` gives seconds since 1970 and never goes back.

    Used on one thread, Synapse's reactor thread, like everything in Synapse.
    """

    def __init__(self, policy: Policy, now: Callable[[], float]) -> None:
        self._policy = policy
        self._now = now
        self._subscribers: list[Changed] = []
        self._observers: list[Decided] = []
        self._next_end = policy.next_end(now())

    @property
    def policy(self) -> Policy:
        """The policy in force; ask again rather than keep it."""
        return self._policy

    @property
    def now(self) -> float:
        """The time the policy is asked with, in seconds since 1970."""
        return self._now()

    def decide(self, request: Request) -> Decision:
        """Answer a request; never raises."""
        decision = decide(self._policy, request, self._now())
        for decided in self._observers:
            decided(request, decision)
        return decision

    def observe(self, decided: Decided) -> None:
        """Have ``decided`` called with each decision; it must be quick and never raise."""
        self._observers.append(decided)

    def subscribe(self, changed: Changed) -> None:
        """Have ``changed`` called after each change, when the new policy is in force already."""
        self._subscribers.append(changed)

    def replace(self, policy: Policy) -> None:
        """Put a policy in force and tell everybody."""
        before, self._policy = self._policy, policy
        self._tell(before)

    def expire(self) -> None:
        """Tell everybody if the time of an entry has ended since the last call."""
        if self._next_end is not None and self._now() > self._next_end:
            self._tell(self._policy)

    def _tell(self, before: Policy) -> None:
        self._next_end = self._policy.next_end(self._now())
        for changed in self._subscribers:
            try:
                changed(before, self._policy)
            except Exception:
                logger.exception("A part of the policy module failed to follow a change")
