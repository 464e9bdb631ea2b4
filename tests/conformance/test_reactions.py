# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reactions in both directions: added, replaced, removed."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.conformance.driver import Chat, Phone
from tests.conformance.stage import Conversation, Resident, Stage, seen_on, unique
from tests.support.waiting import eventually

pytestmark = [pytest.mark.synapse, pytest.mark.capability("reaction")]


def reactions_to(conversation: Conversation, event_id: str) -> dict[str, set[str]]:
    """Who reacts how to an event in Matrix at the moment."""
    events = conversation.resident.user.events(conversation.room)
    gone = {
        event.get("redacts") or event["content"].get("redacts")
        for event in events
        if event["type"] == "m.room.redaction"
    }
    found: dict[str, set[str]] = {}
    for event in events:
        relation: dict[str, Any] = event["content"].get("m.relates_to", {})
        is_reaction = event["type"] == "m.reaction" and event["event_id"] not in gone
        if is_reaction and relation.get("event_id") == event_id:
            found.setdefault(event["sender"], set()).add(relation["key"].rstrip("\ufe0f"))
    return found


async def in_matrix(
    conversation: Conversation, event_id: str, expected: dict[str, set[str]]
) -> None:
    """Wait until exactly these reactions are there."""
    await eventually(
        lambda: reactions_to(conversation, event_id) == expected,
        describe=lambda: f"{expected}; there are {reactions_to(conversation, event_id)}",
    )


async def on_phone(
    conversation: Conversation, phone: Phone, text: str, expected: dict[str, list[str]]
) -> None:
    """Wait until a message on the phone has exactly these reactions."""
    await seen_on(
        phone,
        conversation.chat,
        lambda one: one.text == text and _plain(one.reactions) == expected,
        f"{text!r} with {expected}",
    )


def _plain(reactions: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Without variation selectors, which networks and clients set as they like."""
    return {who: [one.rstrip("\ufe0f") for one in what] for who, what in reactions.items()}


async def test_from_the_network(stage: Stage, direct: Conversation, nodira: Phone) -> None:
    text = unique("react to this")
    event = await direct.say(text)
    seen = await direct.on_phone(nodira, text)
    ghost = stage.ghost(nodira)
    await nodira.react(seen, "👍")
    await in_matrix(direct, event, {ghost: {"👍"}})
    await nodira.react(seen, "🔥")
    await in_matrix(direct, event, {ghost: {"🔥"}})
    await nodira.react(seen, None)
    await in_matrix(direct, event, {})
    await nodira.react(seen, "👍")
    await in_matrix(direct, event, {ghost: {"👍"}})


async def test_from_matrix(direct: Conversation, nodira: Phone, zarina: Resident) -> None:
    text = unique("react to this")
    await nodira.send(direct.chat, text)
    event = (await direct.in_matrix(text))["event_id"]
    first = await zarina.user.react(direct.room, event, "👍")
    await on_phone(direct, nodira, text, {zarina.phone.user: ["👍"]})
    second = await zarina.user.react(direct.room, event, "🎉")
    await on_phone(direct, nodira, text, {zarina.phone.user: ["🎉"]})
    # One reaction for each person: the first one is taken out of the room as well.
    await in_matrix(direct, event, {zarina.mxid: {"🎉"}})
    assert first != second
    await zarina.user.redact(direct.room, second)
    await on_phone(direct, nodira, text, {})


@pytest.mark.parametrize("heart", ["❤", "❤️"], ids=["plain", "with variation selector"])
async def test_a_heart_however_it_is_written(
    direct: Conversation, nodira: Phone, zarina: Resident, heart: str
) -> None:
    text = unique("love this")
    await nodira.send(direct.chat, text)
    event = (await direct.in_matrix(text))["event_id"]
    await zarina.user.react(direct.room, event, heart)
    await on_phone(direct, nodira, text, {zarina.phone.user: ["❤"]})
    later = unique("later")
    await nodira.send(direct.chat, later)
    await direct.in_matrix(later)
    assert reactions_to(direct, event) == {zarina.mxid: {"❤"}}


async def test_from_the_own_phone(
    stage: Stage, direct: Conversation, nodira: Phone, zarina: Resident
) -> None:
    text = unique("react to this")
    await nodira.send(direct.chat, text)
    event = (await direct.in_matrix(text))["event_id"]
    seen = await direct.on_phone(zarina.phone, text)
    await zarina.phone.react(seen, "🔥")
    await in_matrix(direct, event, {zarina.mxid: {"🔥"}})
    await zarina.phone.react(seen, None)
    await in_matrix(direct, event, {})


async def test_of_several_in_a_group(
    stage: Stage, group: Conversation, nodira: Phone, rustam: Phone, zarina: Resident
) -> None:
    text = unique("who is coming?")
    event = await group.say(text)
    await nodira.react(await group.on_phone(nodira, text), "👍")
    await rustam.react(await group.on_phone(rustam, text), "👍")
    everybody = {stage.ghost(nodira): {"👍"}, stage.ghost(rustam): {"👍"}}
    await in_matrix(group, event, everybody)


async def test_one_that_is_not_allowed_is_refused(
    direct: Conversation, nodira: Phone, zarina: Resident
) -> None:
    text = unique("react to this")
    await nodira.send(direct.chat, text)
    event = (await direct.in_matrix(text))["event_id"]
    reaction = await zarina.user.react(direct.room, event, "🦖")
    await direct.status_of(reaction, "FAIL_PERMANENT")
    await in_matrix(direct, event, {})


async def test_of_a_reader_of_a_channel(
    stage: Stage, nodira: Phone, rustam: Phone, zarina: Resident
) -> None:
    chat = await nodira.create_channel("Announcements", zarina.phone, rustam)
    text = unique("we are open")
    sent = await nodira.send(chat, text)
    channel = await stage.conversation(zarina, chat, text)
    event = (await channel.in_matrix(text))["event_id"]
    reaction = await zarina.user.react(channel.room, event, "👍")
    await eventually(
        lambda: _has_reactions(nodira, chat, sent.id), describe="a reaction on the phone"
    )
    await in_matrix(channel, event, {zarina.mxid: {"👍"}})
    await zarina.user.redact(channel.room, reaction)

    async def gone() -> bool:
        return not await _has_reactions(nodira, chat, sent.id)

    await eventually(gone, describe="the reaction gone from the phone")


async def _has_reactions(phone: Phone, chat: Chat, message: str) -> bool:
    """Whether anybody reacts; channels do not say who."""
    shown = await phone.messages(chat)
    return any(one.id == message and one.reacted for one in shown)
