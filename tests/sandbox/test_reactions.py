# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reactions: who may react with what, several at once, counts in channels, stars."""

from pathlib import Path
from typing import Any

import pytest
from telethon.tl import functions, types

from sandbox.telegram import Person, TelegramSandbox
from tests.sandbox.conftest import Shared, Watch, populate, refused

Reacted = types.UpdateMessageReactions


@pytest.fixture(scope="module")
def emoji(shared: Shared) -> list[int]:
    """Return the ids of custom emoji."""
    sets = shared.net.operator.add_sample_stickers("alisa_test")
    return sets["sandbox_emoji"].documents


async def _latest(person: Person, chat: str | int) -> Any:
    return (await person.history(chat, limit=1))[-1]


async def _allow(person: Person, room: int, allowed: Any, **options: Any) -> None:
    target = await person.entity(room)
    await person.client(
        functions.messages.SetChatAvailableReactionsRequest(target, allowed, **options)
    )


async def test_custom_emoji_need_premium(shared: Shared, emoji: list[int], watch: Watch) -> None:
    sent = await shared.alisa.send("boris_test", "nice")
    received = await _latest(shared.boris, "alisa_test")
    with refused("PREMIUM_ACCOUNT_REQUIRED"):
        await shared.boris.react_with("alisa_test", received.id, emoji[0])
    shared.net.operator.set_premium("boris_test")
    with refused("DOCUMENT_INVALID"):
        await shared.boris.react_with("alisa_test", received.id, 12345)
    seen = watch(shared.alisa, Reacted)
    await shared.boris.react_with("alisa_test", received.id, emoji[0])
    update = await seen.first()
    (one,) = update.reactions.recent_reactions
    assert (update.msg_id, one.reaction.document_id) == (sent.id, emoji[0])
    shared.net.operator.set_premium("boris_test", premium=False)


async def test_three_at_once_with_premium(shared: Shared, emoji: list[int]) -> None:
    await shared.alisa.send("boris_test", "very nice")
    received = await _latest(shared.boris, "alisa_test")
    with refused("REACTIONS_TOO_MANY"):
        await shared.boris.react_with("alisa_test", received.id, "👍", "🔥")
    shared.net.operator.set_premium("boris_test")
    await shared.boris.react_with("alisa_test", received.id, "👍", "🔥", emoji[1])
    shown = (await _latest(shared.boris, "alisa_test")).reactions
    assert [one.chosen_order for one in shown.results] == [1, 2, 3]
    with refused("REACTIONS_TOO_MANY"):
        await shared.boris.react_with("alisa_test", received.id, "👍", "🔥", "🎉", "🙏")
    await shared.boris.react_with("alisa_test", received.id, "🔥")
    shown = (await _latest(shared.alisa, "boris_test")).reactions
    assert [one.reaction.emoticon for one in shown.results] == ["🔥"]
    shared.net.operator.set_premium("boris_test", premium=False)


async def test_a_room_allows_what_it_likes(shared: Shared, emoji: list[int]) -> None:
    room = await shared.net.add_room("supergroup", "Picky", "alisa_test", ("boris_test",))
    sent = await shared.alisa.send(room.id, "what do you think?")
    some = [types.ReactionEmoji("🎉"), types.ReactionCustomEmoji(emoji[0])]
    await _allow(shared.alisa, room.id, types.ChatReactionsSome(some))
    with refused("REACTION_INVALID"):
        await shared.boris.react_with(room.id, sent.id, "👍")
    await shared.boris.react_with(room.id, sent.id, emoji[0])
    await shared.boris.react_with(room.id, sent.id, "🎉")
    await _allow(shared.alisa, room.id, types.ChatReactionsNone())
    with refused("REACTION_INVALID"):
        await shared.alisa.react_with(room.id, sent.id, "🎉")
    await _allow(shared.alisa, room.id, types.ChatReactionsAll())
    with refused("REACTION_INVALID"):
        await shared.alisa.react_with(room.id, sent.id, emoji[0])
    await _allow(shared.alisa, room.id, types.ChatReactionsAll(allow_custom=True))
    with refused("PREMIUM_ACCOUNT_REQUIRED"):
        await shared.alisa.react_with(room.id, sent.id, emoji[0])


async def test_a_message_names_the_latest_three_and_a_method_all(shared: Shared) -> None:
    names = ("alisa_test", "boris_test", "vera_test", "grisha_test")
    room = await shared.net.add_room("supergroup", "Many", names[0], names[1:])
    sent = await shared.alisa.send(room.id, "well?")
    for name, reaction in zip(names, ("👍", "👍", "🔥", "🎉"), strict=True):
        await (await shared.net.person(name)).react_with(room.id, sent.id, reaction)
    shown = (await _latest(shared.alisa, room.id)).reactions
    assert [(one.reaction.emoticon, one.count) for one in shown.results] == [
        ("👍", 2),
        ("🔥", 1),
        ("🎉", 1),
    ]
    assert [one.reaction.emoticon for one in shown.recent_reactions] == ["🎉", "🔥", "👍"]
    target = await shared.alisa.entity(room.id)
    ask = functions.messages.GetMessageReactionsListRequest
    first = await shared.alisa.client(ask(target, sent.id, 3))
    rest = await shared.alisa.client(ask(target, sent.id, 3, offset=first.next_offset))
    assert (first.count, len(first.reactions), len(rest.reactions)) == (4, 3, 1)
    assert rest.next_offset is None
    thumbs = await shared.alisa.client(ask(target, sent.id, 10, reaction=types.ReactionEmoji("👍")))
    assert [one.my for one in thumbs.reactions] == [False, True]


async def test_channels_show_counts_only(shared: Shared, watch: Watch) -> None:
    room = await shared.net.add_room("channel", "Count", "alisa_test", ("boris_test", "vera_test"))
    post = await shared.alisa.send(room.id, "news")
    await shared.boris.react_with(room.id, post.id, "👍")
    seen = watch(shared.boris, Reacted)
    edits = watch(shared.boris, types.UpdateEditChannelMessage)
    await shared.vera.react_with(room.id, post.id, "👍")
    reactions = (await seen.first()).reactions
    (count,) = reactions.results
    assert (reactions.min, count.count, count.chosen_order) == (True, 2, None)
    assert (reactions.recent_reactions, reactions.can_see_list) == (None, False)
    edited = (await edits.first()).message
    assert (edited.edit_hide, edited.reactions.min) == (True, True)

    target = await shared.boris.entity(room.id)
    ask = functions.messages.GetMessagesReactionsRequest(target, [post.id])
    (update,) = (await shared.boris.client(ask)).updates
    assert (update.reactions.min, update.reactions.results[0].chosen_order) == (False, 1)
    with refused("BROADCAST_FORBIDDEN"):
        await shared.boris.client(
            functions.messages.GetMessageReactionsListRequest(target, post.id, 10)
        )


async def test_stars(shared: Shared, watch: Watch) -> None:
    room = await shared.net.add_room("channel", "Starry", "alisa_test", ("boris_test", "vera_test"))
    post = await shared.alisa.send(room.id, "give")
    target = await shared.boris.entity(room.id)
    give = functions.messages.SendPaidReactionRequest(target, post.id, 5, random_id=1)
    with refused("REACTION_INVALID"):
        await shared.boris.client(give)
    await _allow(shared.alisa, room.id, types.ChatReactionsAll(), paid_enabled=True)
    full = await shared.alisa.client(
        functions.channels.GetFullChannelRequest(types.PeerChannel(room.id))
    )
    assert full.full_chat.paid_reactions_available
    seen = watch(shared.alisa, Reacted)
    await shared.boris.client(give)
    give.random_id, give.count = 2, 10
    await shared.boris.client(give)
    hidden = functions.messages.SendPaidReactionRequest(
        await shared.vera.entity(room.id),
        post.id,
        3,
        random_id=3,
        private=types.PaidReactionPrivacyAnonymous(),
    )
    await shared.vera.client(hidden)
    await shared.vera.react_with(room.id, post.id, "👍")
    reactions = (await seen.first(lambda one: len(one.reactions.results) == 2)).reactions
    paid, thumb = reactions.results
    assert (type(paid.reaction), paid.count, thumb.count) == (types.ReactionPaid, 18, 1)
    first, second = reactions.top_reactors
    assert (first.count, first.peer_id.user_id) == (15, shared.boris.account.id)
    assert (second.anonymous, second.peer_id) == (True, None)


async def test_reactions_survive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    async with TelegramSandbox(state) as net:
        await populate(net)
        emoji = net.operator.add_sample_stickers("alisa_test")["sandbox_emoji"].documents
        net.operator.set_premium("boris_test")
        alisa, boris = await net.person("alisa_test"), await net.person("boris_test")
        await alisa.send("boris_test", "remember")
        await boris.react_with("alisa_test", 1, "👍", emoji[0])
    async with TelegramSandbox(state) as net:
        alisa = await net.person("alisa_test")
        shown = (await _latest(alisa, "boris_test")).reactions
        assert [type(one.reaction) for one in shown.results] == [
            types.ReactionEmoji,
            types.ReactionCustomEmoji,
        ]
