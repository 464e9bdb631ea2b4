# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who reacts how to a message (https://core.telegram.org/api/reactions).

Telegram names the newest few people; who else reacts it tells only when asked, and of a broadcast
channel's posts never. There the channel itself shows what others have given, once each. Our own
reactions are told apart from everybody's, except in updates that are the same for all (``min``).
"""

from collections.abc import Sequence
from typing import Any

from telethon.tl.types import PeerChannel, PeerUser

from bridges.core.chat import Sender
from bridges.core.events import ReactionsOf, RemoteReactions
from bridges.core.ids import ChatKey, MessageID
from bridges.telegram import ids
from bridges.telegram.emoji import emoji_of
from bridges.telegram.from_telegram.surroundings import Surroundings

MOST_NAMED = 100
"""So many people's reactions to one message are asked for; of more, only the newest are shown."""


def reaction_events(update: Any, around: Surroundings) -> Sequence[RemoteReactions]:
    """What ``UpdateMessageReactions`` means."""
    chat = around.place(update.peer, update.msg_id, update.top_msg_id)
    return [reactions_to(chat, update.peer, update.msg_id, update.reactions, around)]


def reactions_on(message: Any, around: Surroundings) -> Sequence[RemoteReactions]:
    """The reactions a message has already when it is seen, or that an edit of it brings."""
    reactions = getattr(message, "reactions", None)
    if reactions is None:
        return []
    chat = around.chat_of(message)
    return [reactions_to(chat, message.peer_id, message.id, reactions, around)]


def reactions_to(
    chat: ChatKey, peer: Any, number: int, reactions: Any, around: Surroundings
) -> RemoteReactions:
    """What a TL ``MessageReactions`` says about a message."""
    totals = {
        emoji: one.count
        for one in reactions.results
        if (emoji := emoji_of(one.reaction)) is not None
    }
    named = _named(reactions, around)
    if not reactions.min:
        named[around.myself] = _chosen(reactions)
    target = ids.message_id(number)
    if sum(totals.values()) == sum(len(emojis) for emojis in named.values()):
        return RemoteReactions(chat, target, _by(named), complete=True)
    if tells_counts_only(peer, reactions):
        if reactions.min:  # Which of them are ours has to be asked.
            return RemoteReactions(chat, target, (), totals=totals)
        own = named.get(around.myself, [])
        others = [emoji for emoji, count in totals.items() if count > own.count(emoji)]
        return RemoteReactions(chat, target, _by({**named, around.sender(peer): others}))
    by = tuple(
        ReactionsOf(user, tuple(emojis), exact=user.is_me and not reactions.min)
        for user, emojis in named.items()
    )
    few = sum(totals.values()) <= MOST_NAMED
    return RemoteReactions(chat, target, by, totals=totals if few else None)


def reactions_listed(
    chat: Any, target: MessageID, answer: Any, around: Surroundings
) -> RemoteReactions:
    """What ``messages.getMessageReactionsList`` has answered."""
    named: dict[Sender, list[str]] = {}
    for one in sorted(answer.reactions, key=lambda each: each.date):
        emoji = emoji_of(one.reaction)
        if emoji is not None:
            named.setdefault(_who(one, around), []).append(emoji)
    complete = len(answer.reactions) >= answer.count
    return RemoteReactions(chat, target, _by(named), complete=complete)


def _by(named: dict[Sender, list[str]]) -> tuple[ReactionsOf, ...]:
    return tuple(ReactionsOf(user, tuple(emojis)) for user, emojis in named.items())


def _named(reactions: Any, around: Surroundings) -> dict[Sender, list[str]]:
    """Those Telegram names, each with the reactions it tells of, oldest first."""
    named: dict[Sender, list[str]] = {}
    for one in sorted(reactions.recent_reactions or (), key=lambda each: each.date):
        emoji = emoji_of(one.reaction)
        if emoji is not None:
            named.setdefault(_who(one, around), []).append(emoji)
    return named


def _who(reaction: Any, around: Surroundings) -> Sender:
    if reaction.my and isinstance(reaction.peer_id, PeerUser):
        return around.myself
    return around.sender(reaction.peer_id)


def _chosen(reactions: Any) -> list[str]:
    """Our own reactions, oldest first."""
    chosen = [one for one in reactions.results if one.chosen_order is not None]
    chosen.sort(key=lambda one: one.chosen_order)
    return [emoji for one in chosen if (emoji := emoji_of(one.reaction)) is not None]


def tells_counts_only(peer: Any, reactions: Any) -> bool:
    """Whether nobody but ourselves is named, as in broadcast channels."""
    nobody = not reactions.recent_reactions and not reactions.can_see_list
    return nobody and isinstance(peer, PeerChannel)
