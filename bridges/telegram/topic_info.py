# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Telegram tells about a forum's topic."""

from typing import Any

from bridges.core.chat import NO_AVATAR, Avatar, ChatInfo, ChatKind
from bridges.core.formatting.names import clean_name
from bridges.telegram import ids
from bridges.telegram.chat_info import may_write, may_write_in_closed
from bridges.telegram.from_telegram.settings import notification_settings


def topic_info(topic: Any, channel: Any) -> ChatInfo:
    """What a ``ForumTopic`` of a ``Channel`` says about itself."""
    open_to_me = bool(topic.my) or may_write_in_closed(channel)
    return ChatInfo(
        kind=ChatKind.GROUP,
        name=clean_name(topic.title),
        topic="",
        avatar=icon(topic.icon_emoji_id or 0),
        may_write=open_to_me if topic.closed else may_write(channel),
        parent=ids.space_key(channel.id),
        settings=notification_settings(topic.notify_settings, is_topic=True),
    )


def icon(custom_emoji: int | None) -> Avatar | None:
    """The picture of a topic: none if it has only a colour; None if that is not told."""
    return NO_AVATAR if custom_emoji == 0 else None
