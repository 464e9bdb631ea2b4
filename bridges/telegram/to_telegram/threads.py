# SPDX-License-Identifier: AGPL-3.0-or-later
"""Into which topic of a forum something is sent (https://core.telegram.org/api/threads)."""

from telethon.tl.types import InputReplyToMessage

from bridges.core.ids import ChatKey, MessageID
from bridges.telegram import ids


def reply_header(chat: ChatKey, reply_to: MessageID | None) -> InputReplyToMessage | None:
    """What a message answers: another one, or just its topic; None for neither."""
    topic = ids.topic_number(chat)
    if reply_to is None:
        return None if topic is None else InputReplyToMessage(topic)
    return InputReplyToMessage(ids.message_number(reply_to), top_msg_id=topic)
