# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names of Matrix events, states and content keys; no other module spells them out."""

from typing import Final

MESSAGE: Final = "m.room.message"
STICKER: Final = "m.sticker"
ENCRYPTED: Final = "m.room.encrypted"
REACTION: Final = "m.reaction"
REDACTION: Final = "m.room.redaction"
POLL_START: Final = "m.poll.start"
POLL_START_UNSTABLE: Final = "org.matrix.msc3381.poll.start"
"""MSC3381, the name clients write today; so are the following."""
POLL_RESPONSE: Final = "m.poll.response"
POLL_RESPONSE_UNSTABLE: Final = "org.matrix.msc3381.poll.response"
POLL_END: Final = "m.poll.end"
POLL_END_UNSTABLE: Final = "org.matrix.msc3381.poll.end"
CALL_INVITE: Final = "m.call.invite"
MEMBER: Final = "m.room.member"
CREATE: Final = "m.room.create"
NAME: Final = "m.room.name"
TOPIC: Final = "m.room.topic"
AVATAR: Final = "m.room.avatar"
POWER_LEVELS: Final = "m.room.power_levels"
PINNED: Final = "m.room.pinned_events"
SPACE_CHILD: Final = "m.space.child"
SPACE_PARENT: Final = "m.space.parent"
TOMBSTONE: Final = "m.room.tombstone"
DIRECT: Final = "m.direct"
PUSH_RULES: Final = "m.push_rules"
TAGS: Final = "m.tag"
FAVOURITE: Final = "m.favourite"
LOW_PRIORITY: Final = "m.lowpriority"
MARKED_UNREAD: Final = "m.marked_unread"
MARKED_UNREAD_UNSTABLE: Final = "com.famedly.marked_unread"
"""MSC2867, the name that clients read before it was in the specification."""
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

VOICE: Final = "org.matrix.msc3245.voice"
"""MSC3245, the name clients use today."""
AUDIO_DETAILS: Final = "org.matrix.msc1767.audio"
"""MSC1767, duration and waveform of a voice message."""
TEXT_BLOCK: Final = "org.matrix.msc1767.text"
LOCATION: Final = "org.matrix.msc3488.location"
"""MSC3488, the name clients use today."""
LOCATION_ASSET: Final = "org.matrix.msc3488.asset"
SPOILER: Final = "page.codeberg.everypizza.msc4193.spoiler"
"""MSC4193."""
CONTENT_WARNING: Final = "town.robin.msc3725.content_warning"
"""MSC3725."""
CONTENT_WARNING_SPOILER: Final = "town.robin.msc3725.spoiler"
ROUND_VIDEO: Final = "fi.mau.telegram.round_message"
"""In ``info``: the only mark of a round video that bridges and clients know."""
GIF_MARKS: Final = (
    "fi.mau.gif",
    "fi.mau.loop",
    "fi.mau.autoplay",
    "fi.mau.hide_controls",
    "fi.mau.no_audio",
)
"""In ``info``: the marks of a video that is played as a GIF is."""
