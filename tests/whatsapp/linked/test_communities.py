# SPDX-License-Identifier: AGPL-3.0-or-later
"""Communities are spaces, and the groups in them rooms in these."""

import pytest
from attrs import frozen

from sandbox.whatsapp.jids import Jid
from sandbox.whatsapp.person import Person
from tests.conformance.driver import Chat
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.conformance.whatsapp_driver import WhatsAppDriver, WhatsAppPhone
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


@frozen
class Town:
    """A community of Nodira's in which Gulnora is, with two rooms."""

    community: Jid
    everybody: Conversation
    market: Conversation
    nodira: WhatsAppPhone

    @property
    def owner(self) -> Person:
        """Nodira's client."""
        return self.nodira.person

    @property
    def gulnora(self) -> Resident:
        """Who sees it in Matrix."""
        return self.market.resident

    @property
    def space(self) -> str:
        """The room that gathers the others."""
        (space,) = parents(self.market)
        return space


def parents(conversation: Conversation) -> set[str]:
    """The spaces that a room says it is in and that say so as well."""
    record = conversation.resident.user.record
    return {
        space
        for kind, space in record.state[conversation.room]
        if kind == "m.space.parent"
        and record.state_content(conversation.room, kind, space)
        and record.state_content(space, "m.space.child", conversation.room)
    }


async def said(stage: Stage, resident: Resident, phone: WhatsAppPhone, group: Jid) -> Conversation:
    """A group's room, which is there when something was said."""
    text, chat = unique("said here"), Chat(room=str(group))
    await phone.send(chat, text)
    return await stage.conversation(resident, chat, text)


@pytest.fixture(scope="module")
async def town(stage: Stage, whatsapp: WhatsAppDriver, gulnora: Resident) -> Town:
    nodira = await whatsapp.person("Nodira")
    assert isinstance(gulnora.phone, WhatsAppPhone)
    doings = nodira.person.communities
    community = await doings.create(unique("Town"), gulnora.phone.person.jid)
    market = await doings.create_in(community, unique("Market"), gulnora.phone.person.jid)
    (everybody, _) = await doings.groups(community)
    return Town(
        community,
        await said(stage, gulnora, nodira, everybody),
        await said(stage, gulnora, nodira, market),
        nodira,
    )


async def test_are_spaces_with_their_groups(town: Town) -> None:
    record = town.gulnora.user.record
    assert town.everybody.room != town.market.room
    assert parents(town.everybody) == {town.space}
    assert (record.state_content(town.space, "m.room.create") or {})["type"] == "m.space"
    name = (await town.owner.groups.see(town.community)).subject
    assert (record.state_content(town.space, "m.room.name") or {})["name"] == name
    holders = [
        one for one in record.joined if record.state_content(one, "m.space.child", town.space)
    ]
    assert len(holders) == 1
    assert not record.state_content(holders[0], "m.space.child", town.market.room)


async def test_what_administrators_tell_everybody_cannot_be_answered(
    stage: Stage, town: Town
) -> None:
    levels = town.everybody.state("m.room.power_levels")
    assert levels["events_default"] > levels["users_default"]
    text = unique("anybody?")
    await town.market.say(text)
    await town.market.on_phone(town.nodira, text)
    assert town.market.state("m.room.member", stage.ghost(town.nodira))["membership"] == "join"


async def test_who_only_reads_reacts_to_what_is_told_everybody(stage: Stage, town: Town) -> None:
    text = unique("the well is open")
    shown = town.nodira.shown(await town.nodira.send(town.everybody.chat, text))
    event = (await town.everybody.in_matrix(text))["event_id"]
    gulnora = town.gulnora
    assert isinstance(gulnora.phone, WhatsAppPhone)
    lid = gulnora.phone.person.account.lid
    reaction = await gulnora.user.react(town.everybody.room, event, "👍")
    await eventually(lambda: shown.reactions.get(lid) == "👍", describe="a reaction on the phone")
    assert lid in shown.reacted_sealed
    await gulnora.user.redact(town.everybody.room, reaction)
    await eventually(lambda: lid not in shown.reactions, describe="no reaction on the phone")
    await town.owner.react(shown, "❤️", sealed=True)
    told = await town.everybody.event(
        lambda one: (one["type"], one["sender"]) == ("m.reaction", stage.ghost(town.nodira)),
        "a reaction",
    )
    assert told["content"]["m.relates_to"]["event_id"] == event


async def test_names_and_people_of_a_community_change(
    stage: Stage, whatsapp: WhatsAppDriver, town: Town
) -> None:
    record = town.gulnora.user.record
    rustam = await whatsapp.person("Rustam")
    name = unique("City")
    await town.owner.groups.rename(town.community, name)
    await town.owner.groups.change(town.community, "add", rustam.person.jid)
    await eventually(
        lambda: (record.state_content(town.space, "m.room.name") or {}).get("name") == name,
        describe="the space's name",
    )
    # He is there, as what he says shows; but a space has no ghosts.
    text = unique("I am new")
    await town.owner.groups.change(Jid.parse(town.market.chat.room), "add", rustam.person.jid)
    await rustam.send(town.market.chat, text)
    await town.market.in_matrix(text, stage.ghost(rustam))
    for one in (rustam, town.nodira):
        assert not record.state_content(town.space, "m.room.member", stage.ghost(one))


async def test_groups_come_into_a_community_and_go_out_of_it(
    stage: Stage, whatsapp: WhatsAppDriver, town: Town
) -> None:
    talk = await stage.gather(town.gulnora, unique("Growing"), town.nodira)
    (before,) = parents(talk)
    group = Jid.parse(talk.chat.room)
    await town.owner.communities.link(town.community, group)
    await eventually(lambda: parents(talk) == {town.space}, describe="the community's space")
    assert not town.gulnora.user.record.state_content(before, "m.space.child", talk.room)
    await town.owner.communities.unlink(town.community, group)
    await eventually(lambda: parents(talk) == {before}, describe="the way back")
