# SPDX-License-Identifier: AGPL-3.0-or-later
"""The push gateways that people's devices have asked for, from the homeserver's database."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from policy_module.residency.endpoints import Endpoint, Purpose, Remote, target_of_url

if TYPE_CHECKING:
    from synapse.push import PusherConfig


def push_gateways(pushers: Iterable["PusherConfig"]) -> tuple[Endpoint, ...]:
    """Give each gateway once, with the number of devices that use it, and nothing about people."""
    devices = Counter(
        target_of_url(str(pusher.data["url"]))
        for pusher in pushers
        if pusher.kind == "http" and pusher.data and pusher.data.get("url")
    )
    ordered = sorted(devices.items(), key=lambda item: str(item[0]))
    return tuple(
        Endpoint(
            Purpose.PUSH,
            f"push gateway of {count} {'device' if count == 1 else 'devices'}",
            target,
            "gateways pass on to the push services of the devices' makers",
        )
        for target, count in ordered
        if isinstance(target, Remote)
    )
