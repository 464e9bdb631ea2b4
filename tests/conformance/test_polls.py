# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polls in both directions (MSC3381): asked, voted in, ended."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.conformance.driver import Phone, Seen
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.support.sync_record import Event
from tests.support.waiting import eventually

pytestmark = [pytest.mark.synapse, pytest.mark.capability("poll")]

START = "org.matrix.msc3381.poll.start"
RESPONSE = "org.matrix.msc3381.poll.response"
END = "org.matrix.msc3381.poll.end"
TEXT = "org.matrix.msc1767.text"

TEA, COFFEE, NOTHING = "Green tea", "Coffee ☕", "Nothing"
ANSWERS = (TEA, COFFEE, NOTHING)


class Ballot:
    """A poll's event, as a resident sees it."""

    def __init__(self, conversation: Conversation, event: Event) -> None:
        self.conversation = conversation
        self.id: str = event["event_id"]
        self.sender: str = event["sender"]
        self.start: dict[str, Any] = event["content"][START]

    @property
    def texts(self) -> dict[str, str]:
        """What each answer says, by its id."""
        return {one["id"]: one[TEXT] for one in self.start["answers"]}

    def votes(self) -> dict[str, set[str]]:
        """How everybody has voted last; as MSC3381 counts."""
        found: dict[str, set[str]] = {}
        for event in self.conversation.resident.user.events(self.conversation.room):
            if event["type"] == RESPONSE and _target(event) == self.id:
                chosen = event["content"][RESPONSE]["answers"]
                found[event["sender"]] = {self.texts[one] for one in chosen}
        return {who: what for who, what in found.items() if what}

    async def wait_for_votes(self, expected: dict[str, set[str]]) -> None:
        """Wait until everybody has voted so."""
        await eventually(
            lambda: self.votes() == expected,
            describe=lambda: f"{expected}; there is {self.votes()}",
        )

    async def vote(self, *answers: str) -> str:
        """Vote as the resident; returns the event id."""
        ids = [one for one, text in self.texts.items() if text in answers]
        content = {"m.relates_to": _reference(self.id), RESPONSE: {"answers": ids}}
        resident, room = self.conversation.resident, self.conversation.room
        return await resident.user.send(room, RESPONSE, content)

    async def end(self) -> str:
        """End the poll as the resident; returns the event id."""
        content = {"m.relates_to": _reference(self.id), END: {}, TEXT: "Ended"}
        return await self.conversation.resident.user.send(self.conversation.room, END, content)

    async def wait_for_end(self) -> Event:
        """Wait for the event that ends the poll."""
        return await self.conversation.event(
            lambda event: event["type"] == END and _target(event) == self.id, "the poll's end"
        )


def _target(event: Event) -> str:
    return str(event["content"].get("m.relates_to", {}).get("event_id"))


def _reference(event: str) -> dict[str, str]:
    return {"rel_type": "m.reference", "event_id": event}


async def ballot(conversation: Conversation, question: str) -> Ballot:
    """The poll with this question in the room."""
    event = await conversation.event(
        lambda one: (
            one["type"] == START and one["content"][START]["question"].get(TEXT) == question
        ),
        f"the poll {question!r}",
    )
    return Ballot(conversation, event)


async def asked(
    conversation: Conversation, question: str, answers: Sequence[str] = ANSWERS, most: int = 1
) -> Ballot:
    """A poll the resident asks in the room."""
    content = {
        TEXT: question,
        START: {
            "kind": "org.matrix.msc3381.poll.disclosed",
            "max_selections": most,
            "question": {TEXT: question},
            "answers": [{"id": f"id {text}", TEXT: text} for text in answers],
        },
    }
    event = await conversation.resident.user.send(conversation.room, START, content)
    return Ballot(conversation, {"event_id": event, "sender": "", "content": content})


async def wait_on_phone(phone: Phone, message: Seen, votes: dict[str, set[str]]) -> None:
    """Wait until everybody on the network has voted so."""

    async def look() -> bool:
        given = (await phone.poll(message)).votes
        return {who: set(what) for who, what in given.items() if what} == votes

    await eventually(look, describe=f"the votes {votes}")


async def test_from_the_network(
    stage: Stage, group: Conversation, nodira: Phone, rustam: Phone
) -> None:
    sent = await nodira.send_poll(group.chat, unique("What to drink?"), *ANSWERS)
    poll = await ballot(group, sent.text)
    assert poll.sender == stage.ghost(nodira)
    assert list(poll.texts.values()) == list(ANSWERS)
    assert poll.start["max_selections"] == 1
    assert poll.start["kind"] == "org.matrix.msc3381.poll.disclosed"
    on_his = next(one for one in await rustam.messages(group.chat) if one.text == sent.text)
    await nodira.vote(sent, TEA)
    await rustam.vote(on_his, COFFEE)
    await nodira.end_poll(sent)
    # A network may tell how others vote only to those who have voted themselves, or in the end.
    await poll.wait_for_votes({stage.ghost(nodira): {TEA}, stage.ghost(rustam): {COFFEE}})
    end = await poll.wait_for_end()
    assert end["sender"] == stage.ghost(nodira)
    assert f"{TEA}: 1\n{COFFEE}: 1\n{NOTHING}: 0" in end["content"][TEXT]


async def test_votes_are_changed_and_taken_back(
    stage: Stage, group: Conversation, nodira: Phone, zarina: Resident
) -> None:
    sent = await nodira.send_poll(group.chat, unique("And now?"), *ANSWERS, max_selections=3)
    poll = await ballot(group, sent.text)
    assert poll.start["max_selections"] == 3
    await poll.vote(NOTHING)
    mine = {zarina.mxid: {NOTHING}}
    await nodira.vote(sent, TEA, NOTHING)
    await poll.wait_for_votes(mine | {stage.ghost(nodira): {TEA, NOTHING}})
    await nodira.vote(sent)
    await poll.wait_for_votes(mine)
    await nodira.vote(sent, COFFEE)
    await poll.wait_for_votes(mine | {stage.ghost(nodira): {COFFEE}})


async def test_residents_vote(
    stage: Stage, group: Conversation, nodira: Phone, zarina: Resident
) -> None:
    sent = await nodira.send_poll(group.chat, unique("Where to?"), *ANSWERS)
    poll = await ballot(group, sent.text)
    await poll.vote(TEA)
    await wait_on_phone(nodira, sent, {zarina.phone.user: {TEA}})
    await poll.vote()
    await wait_on_phone(nodira, sent, {})
    await poll.vote(COFFEE)
    await wait_on_phone(nodira, sent, {zarina.phone.user: {COFFEE}})
    # Her vote is not shown a second time when the network tells of it.
    await nodira.vote(sent, NOTHING)
    await poll.wait_for_votes({zarina.mxid: {COFFEE}, stage.ghost(nodira): {NOTHING}})
    mine = [one for one in zarina.user.events(group.room) if one["type"] == RESPONSE]
    assert sum(one["sender"] == zarina.mxid and _target(one) == poll.id for one in mine) == 3


async def test_votes_on_the_own_phone_are_ones_own(
    stage: Stage, group: Conversation, nodira: Phone, zarina: Resident
) -> None:
    sent = await nodira.send_poll(group.chat, unique("When?"), *ANSWERS)
    poll = await ballot(group, sent.text)
    mine = next(one for one in await zarina.phone.messages(group.chat) if one.text == sent.text)
    await zarina.phone.vote(mine, NOTHING)
    await poll.wait_for_votes({zarina.mxid: {NOTHING}})


async def test_to_the_network(
    stage: Stage, group: Conversation, nodira: Phone, zarina: Resident
) -> None:
    question = unique("Who comes?")
    poll = await asked(group, question, most=2)
    sent = await group.on_phone(nodira, question)
    assert sent.sender == zarina.phone.user
    assert (await nodira.poll(sent)).answers == ANSWERS
    await nodira.vote(sent, TEA, COFFEE)
    await poll.vote(NOTHING)
    await poll.wait_for_votes({stage.ghost(nodira): {TEA, COFFEE}, zarina.mxid: {NOTHING}})
    await wait_on_phone(nodira, sent, {nodira.user: {TEA, COFFEE}, zarina.phone.user: {NOTHING}})


async def test_to_the_network_and_to_its_end(group: Conversation, nodira: Phone) -> None:
    question = unique("Who has come?")
    poll = await asked(group, question, most=2)
    sent = await group.on_phone(nodira, question)
    await poll.end()

    async def ended() -> bool:
        return (await nodira.poll(sent)).ended

    await eventually(ended, describe="the end of the poll")


async def test_of_anonymous_polls_the_result_is_told(
    stage: Stage, group: Conversation, nodira: Phone, zarina: Resident
) -> None:
    question = unique("Secretly?")
    sent = await nodira.send_poll(group.chat, question, *ANSWERS, anonymous=True)
    poll = await ballot(group, question)
    await nodira.vote(sent, TEA)
    await poll.vote(COFFEE)
    await wait_on_phone(nodira, sent, {nodira.user: {TEA}, zarina.phone.user: {COFFEE}})
    await nodira.end_poll(sent)
    await poll.wait_for_end()
    assert f"{TEA}: 1\n{COFFEE}: 1\n{NOTHING}: 0" in await group.notice_about(poll.id)
    assert poll.votes() == {zarina.mxid: {COFFEE}}


async def test_what_the_network_refuses_is_taken_out(
    group: Conversation, nodira: Phone, zarina: Resident
) -> None:
    sent = await nodira.send_poll(group.chat, unique("Mine?"), *ANSWERS)
    poll = await ballot(group, sent.text)
    end = await poll.end()
    assert await group.notice_about(end)
    await zarina.user.wait_for(
        lambda event: end in (event.get("redacts"), event["content"].get("redacts")),
        group.room,
        describe="a redaction of the end",
    )
    assert not (await nodira.poll(sent)).ended


async def test_an_unfit_poll_is_explained(group: Conversation) -> None:
    poll = await asked(group, unique("Too much?"), answers=["yes", "no " * 500])
    assert await group.notice_about(poll.id)
