# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of Synapse that show more to more people than they need, and that no request passes by.

The policy is not asked before these answers are given; so it can only be said that they are.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen


@frozen
class Switch:
    """A setting of homeserver.yaml: what it is if left out, what it should be, and why."""

    name: str
    default: bool
    wanted: bool
    otherwise: str


SWITCHES = (
    Switch(
        "require_auth_for_profile_requests",
        default=False,
        wanted=True,
        otherwise="anybody can look up people's names and pictures without a login",
    ),
    Switch(
        "allow_public_rooms_without_auth",
        default=False,
        wanted=False,
        otherwise="anybody can read the room directory without a login",
    ),
    Switch(
        "allow_public_rooms_over_federation",
        default=False,
        wanted=False,
        otherwise="other servers see the room directory",
    ),
    Switch(
        "allow_device_name_lookup_over_federation",
        default=False,
        wanted=False,
        otherwise="other servers see what people call their devices",
    ),
    Switch(
        "enable_authenticated_media",
        default=True,
        wanted=True,
        otherwise="anybody can fetch media without a login",
    ),
)


def loose(settings: Mapping[str, Any]) -> Iterator[str]:
    """Say which settings are not what they should be, and what follows from that."""
    for switch in SWITCHES:
        if bool(settings.get(switch.name, switch.default)) is not switch.wanted:
            value = "false" if switch.wanted else "true"
            yield f"{switch.name} is {value}: {switch.otherwise}"
