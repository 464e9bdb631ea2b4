# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a bridge may connect to.

With the homeserver's policy file at hand a bridge obeys it: its destinations have to be listed there
for the purpose ``bridges``. Without one nothing is looked at.
"""

from collections.abc import Callable
from typing import Protocol

from attrs import define

from policy_module.egress.judge import Judge
from policy_module.live.holder import PolicyInForce
from policy_module.rules.document import Purpose
from policy_module.rules.policy import Policy
from policy_module.rules.requests import Deny, sentence


class DestinationRefused(ConnectionError):
    """The policy does not let us connect there; the text is the reason."""


class Border(Protocol):
    """Answers before each connection."""

    def check(self, host: str) -> None:
        """Raise ``DestinationRefused`` unless ``host`` is listed, written as in ``policy.yaml``."""

    def check_address(self, host: str, port: int, address: str) -> None:
        """Raise ``DestinationRefused`` if ``host`` may not be connected to at ``address``."""

    def on_change(self, changed: Callable[[], None]) -> None:
        """Have ``changed`` called whenever the answers may have become others."""


@define
class OpenBorder:
    """The border of a bridge without a policy file."""

    def check(self, host: str) -> None:
        """Let it pass."""

    def check_address(self, host: str, port: int, address: str) -> None:
        """Let it pass."""

    def on_change(self, changed: Callable[[], None]) -> None:
        """Never change."""


@define(eq=False)
class PolicyBorder:
    """The border as the policy in force has it."""

    _in_force: PolicyInForce
    _judge: Judge

    def check(self, host: str) -> None:
        """See ``Border``."""
        _raise(self._judge.refusal((Purpose.BRIDGES,), host))

    def check_address(self, host: str, port: int, address: str) -> None:
        """See ``Border``."""
        _raise(self._judge.refusal_of_address((Purpose.BRIDGES,), host, port, address))

    def on_change(self, changed: Callable[[], None]) -> None:
        """See ``Border``."""

        def followed(before: Policy, now: Policy) -> None:
            changed()

        self._in_force.subscribe(followed)


def _raise(denial: Deny | None) -> None:
    if denial is not None:
        raise DestinationRefused(sentence(denial))
