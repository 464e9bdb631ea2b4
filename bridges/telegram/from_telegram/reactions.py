# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who reacts how to a message.

Telegram tells per person only as far as ``recent_reactions`` goes; what is counted without names
(broadcast channels, ``min``) cannot be shown as anybody's and is left out.
"""

from collections.abc import Sequence
from typing import Any

from telethon.tl.types import PeerUser, ReactionCustomEmoji, ReactionEmoji

from bridges.core.chat import Sender
from bridges.core.events import ChatEvent, ReactionsOf, RemoteReactions
from bridges.telegram import ids
from bridges.telegram.emoji import to_matrix
from bridges.telegram.from_telegram.surroundings import Surroundings

CUSTOM_EMOJI = "🖼"


def reaction_events(update: Any, around: Surroundings) -> Sequence[ChatEvent]:
    """What ``UpdateMessageReactions`` means."""
    reactions = update.reactions
    recent = reactions.recent_reactions or ()
    total = sum(one.count for one in reactions.results)
    complete = total == len(recent) and not reactions.min
    if not recent and not complete:
        return []
    by: dict[Sender, list[str]] = {}
    for one in sorted(recent, key=lambda each: each.date):
        emoji = _emoji(one.reaction)
        who = around.myself if one.my and isinstance(one.peer_id, PeerUser) else None
        if emoji is not None:
            by.setdefault(who or around.sender(one.peer_id), []).append(emoji)
    return [
        RemoteReactions(
            chat=around.chat(update.peer),
            target=ids.message_id(update.msg_id),
            by=tuple(ReactionsOf(user, tuple(emojis)) for user, emojis in by.items()),
            complete=complete,
        )
    ]


def _emoji(reaction: Any) -> str | None:
    match reaction:
        case ReactionEmoji():
            return to_matrix(reaction.emoticon)
        case ReactionCustomEmoji():
            return CUSTOM_EMOJI
    return None  # Paid stars are no statement of a person.
