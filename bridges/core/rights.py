# SPDX-License-Identifier: AGPL-3.0-or-later
"""What members of a chat may do, as Matrix power levels (Matrix spec, ``m.room.power_levels``)."""

from attrs import fields, frozen

RESTRICTED = -1
"""Level of a member who may read and nothing else, or nothing but react."""
EVERYBODY = 0
"""Level of a member without rights of their own."""
NOBODY = 100
"""Level that only the bridge has."""


@frozen
class ChatRights:
    """The level a member needs for something.

    Attributes:
        write: send messages.
        redact: remove the messages of others; one's own may always be removed.
        promote: change the levels themselves.
    """

    write: int = EVERYBODY
    react: int = RESTRICTED
    invite: int = 50
    kick: int = 50
    ban: int = 50
    redact: int = 50
    name: int = 50
    topic: int = 50
    avatar: int = 50
    pins: int = 50
    promote: int = 90


UNKNOWN_RIGHTS = ChatRights()
"""The rights in a chat whose network has not told them."""

SPACE_RIGHTS = ChatRights(
    **dict.fromkeys([one.name for one in fields(ChatRights)], NOBODY),
)
"""The rights in a space, which only the bridge arranges."""
