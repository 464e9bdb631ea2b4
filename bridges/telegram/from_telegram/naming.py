# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people, chats and messages are called in what is said about a message."""

from typing import Any

from telethon.tl.types import PeerChannel, PeerUser, User

from bridges.core.content import FormattedText
from bridges.core.formatting.addresses import user_address
from bridges.core.formatting.compose import linked, plain
from bridges.core.formatting.names import clean_name
from bridges.core.text import user_text
from bridges.telegram import ids
from bridges.telegram.from_telegram.surroundings import Surroundings
from bridges.telegram.user_info import user_info

_T_ME = "https://t.me"


def named(peer: ids.Peer, around: Surroundings, message: int | None = None) -> FormattedText:
    """Somebody or a chat by name, with a link to them or to a ``message`` of the chat.

    A person appears by their public name or username, never by what an account has saved.
    """
    known = around.known.get(ids.marked(peer))
    if isinstance(peer, PeerUser):
        shown = public_name(known) or around.say(user_text("somebody"))
        return linked(shown, user_address(ids.user_id(peer.user_id)))
    title = clean_name(getattr(known, "title", None)) or around.say(user_text("a chat"))
    if isinstance(peer, PeerChannel):
        return linked(title, channel_link(peer.channel_id, around, message))
    return plain(title)


def public_name(user: Any) -> str:
    """What everybody may call a ``User``; empty if only a saved or incomplete name is known."""
    if not isinstance(user, User):
        return ""
    info = user_info(user)
    username = f"@{info.username}" if info.username else ""
    return username if user.min else info.name or username


def channel_link(channel: int, around: Surroundings, message: int | None = None) -> str | None:
    """The t.me link of a channel or of one of its messages; a private channel itself has none."""
    username = around.username(PeerChannel(channel))
    if username:
        return f"{_T_ME}/{username}" + ("" if message is None else f"/{message}")
    return None if message is None else f"{_T_ME}/c/{channel}/{message}"
