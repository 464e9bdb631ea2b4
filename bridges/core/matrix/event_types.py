# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names of Matrix events, states and content keys; no other module spells them out."""

from typing import Final

MESSAGE: Final = "m.room.message"
STICKER: Final = "m.sticker"
ENCRYPTED: Final = "m.room.encrypted"
REACTION: Final = "m.reaction"
REDACTION: Final = "m.room.redaction"
MEMBER: Final = "m.room.member"
CREATE: Final = "m.room.create"
NAME: Final = "m.room.name"
TOPIC: Final = "m.room.topic"
AVATAR: Final = "m.room.avatar"
POWER_LEVELS: Final = "m.room.power_levels"
SPACE_CHILD: Final = "m.space.child"
SPACE_PARENT: Final = "m.space.parent"
DIRECT: Final = "m.direct"
TYPING: Final = "m.typing"
RECEIPT: Final = "m.receipt"

BRIDGE: Final = "m.bridge"
"""MSC2346."""
BRIDGE_UNSTABLE: Final = "uk.half-shot.bridge"
"""MSC2346, the name clients read today."""
FUNCTIONAL_MEMBERS: Final = "io.element.functional_members"
"""Members that are left out when a client names a room after the people in it."""
ROOM_FEATURES: Final = "com.beeper.room_features"
MESSAGE_STATUS: Final = "com.beeper.message_send_status"

DOUBLE_PUPPET: Final = "fi.mau.double_puppet_source"
"""Content key that marks what a bridge sent in a person's name."""
