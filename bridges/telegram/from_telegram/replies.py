# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which message of the same chat a message answers."""

from typing import Any

from telethon.tl.types import MessageReplyHeader

from bridges.core.ids import MessageID
from bridges.telegram import ids


def answered(message: Any) -> MessageID | None:
    """The answered message; None if there is none, or if it is in another chat."""
    header = message.reply_to
    if not isinstance(header, MessageReplyHeader) or header.reply_to_msg_id is None:
        return None
    elsewhere = header.reply_to_peer_id not in (None, message.peer_id)
    only_topic = header.forum_topic and header.reply_to_top_id is None
    return None if elsewhere or only_topic else ids.message_id(header.reply_to_msg_id)
