# SPDX-License-Identifier: AGPL-3.0-or-later
"""The numbers the sandbox network works with: limits of the real service and fixed test values."""

from attrs import frozen

LOGIN_CODE = "22222"
"""Every login code the sandbox "sends" is this one."""

DC_ID = 2
"""The data centre every sandbox has, and everybody lives in who is not moved to another."""

FIRST_USER_ID = 5_000_000_001
FIRST_GROUP_ID = 4_000_001
FIRST_CHANNEL_ID = 2_000_000_001

ALLOWED_REACTIONS = ("👍", "👎", "❤", "🔥", "🎉", "😁", "😢", "🙏")
"""The reactions a chat allows unless it was told otherwise."""

WITHOUT_END = 0x7FFFFFFF
"""The period of a live location without end; as lifetime: what may be seen once."""


@frozen
class Limits:
    """What the service enforces; tests lower single values to reach the edges quickly.

    Lengths of text are in code points, times in seconds, files in parts of at most 512 KiB.
    `history_per_second` calls that read messages are allowed (0: any number), in a takeout
    `takeout_factor` times as many; who asks more often has to wait `flood_seconds`.
    """

    text: int = 4096
    caption: int = 1024
    caption_premium: int = 4096
    poll_answers: int = 12
    todo_items: int = 30
    reactions: int = 1
    reactions_premium: int = 3
    edit_seconds: int = 48 * 3600
    code_seconds: int = 300
    qr_seconds: int = 30
    fresh_session_seconds: int = 24 * 3600
    online_seconds: int = 300
    page: int = 100
    difference_slice: int = 100
    difference_too_long: int = 5000
    channel_difference_too_long: int = 1000
    group_members: int = 200
    hidden_members_group_size_min: int = 100
    gigagroup_members: int = 1000
    pinned_dialogs: int = 5
    pinned_dialogs_premium: int = 10
    gzip_from: int = 1024
    file_parts: int = 4000
    file_parts_premium: int = 8000
    photo_bytes: int = 10 * 1024 * 1024
    takeout_delay_seconds: int = 24 * 3600
    takeout_factor: int = 10
    history_per_second: int = 0
    flood_seconds: int = 3
