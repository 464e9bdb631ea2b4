# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rooms of chats: who is in them, how they are called, how clients find them."""

import pytest

from tests.conformance.driver import Chat, Phone
from tests.conformance.pictures import png
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.support.syncing_client import MatrixRequestError
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

SCRIPT = "<script>alert(1)</script>"
AWKWARD_NAMES = {
    "NUL": "Ali\0sher",
    "two lines": "Ali\nsher",
    "right to left": "\u202eAlisher\u202c \u0639\u0644\u06cc",
    "family": "👨‍👩‍👧‍👦 Alisher",
    "markdown": "**[Ali](https://example.org)** `sher`",
}


class TestDirectChats:
    async def test_are_called_like_the_other_side(
        self, direct: Conversation, nodira: Phone
    ) -> None:
        assert direct.state("m.room.name")["name"] == "Nodira"

    async def test_are_in_the_list_of_direct_chats(
        self, stage: Stage, direct: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        await zarina.user.wait_until(
            lambda record: (
                direct.room
                in record.account_data.get(("", "m.direct"), {}).get(stage.ghost(nodira), [])
            ),
            "m.direct",
        )

    async def test_invite_their_owner_once(self, direct: Conversation, zarina: Resident) -> None:
        invitations = [
            event
            for event in zarina.user.events(direct.room)
            if event["type"] == "m.room.member"
            and event["state_key"] == zarina.mxid
            and event["content"]["membership"] == "invite"
        ]
        assert len(invitations) == 1
        assert zarina.mxid in zarina.user.record.members(direct.room)

    async def test_can_be_opened_by_name(self, stage: Stage, zarina: Resident) -> None:
        other = await stage.driver.person(unique("Oydin"))
        said = await zarina.ask(f"start-chat {other.handle}")
        assert "https://matrix.to/#/" in said
        text = unique("first words")
        chat = zarina.phone.chat_with(other)
        ghost = stage.ghost(other)
        room = await zarina.user.wait_until(
            lambda record: next(
                (room for room in record.joined if ghost in record.members(room)), ""
            ),
            "the room",
        )
        await zarina.user.say(room, text)
        await Conversation(chat, room, zarina).on_phone(other, text)


async def test_m_bridge_tells_what_a_room_is(
    stage: Stage, direct: Conversation, group: Conversation
) -> None:
    info = stage.driver.plugin.info
    for conversation, kind, name in ((direct, "dm", "Nodira"), (group, "group", "Tea house")):
        state = conversation.resident.user.record.state[conversation.room]
        for event_type in ("m.bridge", "uk.half-shot.bridge"):
            contents = [e["content"] for (one, _), e in state.items() if one == event_type]
            assert len(contents) == 1
            assert contents[0]["bridgebot"] == stage.bridge.bot
            assert contents[0]["protocol"]["id"] == info.id
            assert contents[0]["protocol"]["displayname"] == info.name
            assert contents[0]["channel"]["displayname"] == name
            assert contents[0]["com.beeper.room_type"] == kind


async def test_features_are_told_to_clients(stage: Stage, direct: Conversation) -> None:
    features = direct.state("com.beeper.room_features", stage.bridge.bot)
    assert features["reply"] == features["edit"] == features["delete"] == features["reaction"] == 2
    assert features["read_receipts"] is True
    assert None not in _values(features)


def _values(value: object) -> list[object]:
    if isinstance(value, dict):
        return [inner for one in value.values() for inner in _values(one)]
    if isinstance(value, list):
        return [inner for one in value for inner in _values(one)]
    return [value]


async def test_room_version_is_the_homeservers(stage: Stage, direct: Conversation) -> None:
    version = stage.server.settings.room_version
    assert direct.state("m.room.create")["room_version"] == version
    users = direct.state("m.room.power_levels")["users"]
    # In version 12 the creator stands above all levels and must not be listed.
    assert users == ({} if version == "12" else {stage.bridge.bot: 100})


async def test_a_space_gathers_the_rooms(
    stage: Stage, direct: Conversation, group: Conversation, zarina: Resident
) -> None:
    record = zarina.user.record
    children = {
        space: {key for kind, key in record.state[space] if kind == "m.space.child"}
        for space in record.joined
        if (record.state_content(space, "m.room.create") or {}).get("type") == "m.space"
    }
    (around,) = (space for space, rooms in children.items() if direct.room in rooms)
    assert group.room in children[around]
    assert around in {key for kind, key in record.state[direct.room] if kind == "m.space.parent"}
    picture = (record.state_content(around, "m.room.avatar") or {})["url"]
    bot = record.state_content(around, "m.room.member", stage.bridge.bot) or {}
    assert bot["avatar_url"] == picture


class TestGroups:
    async def test_show_several_senders(
        self, stage: Stage, group: Conversation, nodira: Phone, rustam: Phone, zarina: Resident
    ) -> None:
        first, second, third = unique("one"), unique("two"), unique("three")
        await nodira.send(group.chat, first)
        await rustam.send(group.chat, second)
        assert (await group.in_matrix(first))["sender"] == stage.ghost(nodira)
        assert (await group.in_matrix(second))["sender"] == stage.ghost(rustam)
        await group.say(third)
        for phone in (nodira, rustam):
            assert (await group.on_phone(phone, third)).sender == zarina.phone.user

    async def test_have_a_name(self, group: Conversation) -> None:
        assert group.state("m.room.name")["name"] == "Tea house"

    async def test_are_renamed(self, stage: Stage, zarina: Resident, nodira: Phone) -> None:
        talk = await stage.gather(zarina, unique("Old name"), nodira)
        name = unique("Чайхана")
        await nodira.rename(talk.chat, name)
        await eventually(lambda: talk.state("m.room.name")["name"] == name, describe="the new name")

    @pytest.mark.capability("avatars")
    async def test_get_a_picture(self, stage: Stage, zarina: Resident, nodira: Phone) -> None:
        talk = await stage.gather(zarina, unique("Album"), nodira)
        picture = png(2)
        await nodira.set_picture(talk.chat, picture)
        uri = await eventually(
            lambda: str(talk.state("m.room.avatar").get("url", "")), describe="a picture"
        )
        assert await zarina.user.download(uri) == picture

    async def test_are_shared_by_everybody_here(
        self, stage: Stage, zarina: Resident, nodira: Phone
    ) -> None:
        second = await stage.resident("Bahrom")
        chat = await nodira.create_group(unique("Both of us"), zarina.phone, second.phone)
        hello = unique("hello, both")
        await nodira.send(chat, hello)
        one = await stage.conversation(zarina, chat, hello)
        other = await stage.conversation(second, chat, hello)
        assert one.room == other.room
        text = unique("from one of us")
        await one.say(text)
        await one.on_phone(nodira, text)
        back = unique("to both")
        await nodira.send(chat, back)
        for view in (one, other):
            await view.in_matrix(text)
            await view.in_matrix(back)
        assert one.count(text) == other.count(text) == 1
        assert one.count(back) == other.count(back) == 1


class TestChannels:
    @pytest.fixture
    async def channel(self, stage: Stage, zarina: Resident, nodira: Phone) -> Conversation:
        """A channel of Nodira's that Zarina reads."""
        chat: Chat = await nodira.create_channel(unique("News"), zarina.phone)
        text = unique("the news")
        await nodira.send(chat, text)
        return await stage.conversation(zarina, chat, text)

    async def test_cannot_be_written_to(self, channel: Conversation, zarina: Resident) -> None:
        levels = channel.state("m.room.power_levels")
        assert levels["users"].get(zarina.mxid, 0) < levels["events_default"]
        with pytest.raises(MatrixRequestError, match=r"M_FORBIDDEN"):
            await channel.say("my opinion")

    async def test_go_on(self, channel: Conversation, nodira: Phone) -> None:
        text = unique("more news")
        await nodira.send(channel.chat, text)
        await channel.in_matrix(text)


class TestNames:
    async def test_of_people_change(self, stage: Stage, zarina: Resident) -> None:
        other = await stage.driver.person("Maftuna")
        talk = await stage.meet(zarina, other)
        ghost = stage.ghost(other)
        assert _name_of(talk, ghost).startswith("Maftuna")
        await other.set_name("Maftuna Xon")
        await eventually(
            lambda: _name_of(talk, ghost).startswith("Maftuna Xon"), describe="the new name"
        )
        await eventually(
            lambda: talk.state("m.room.name")["name"] == "Maftuna Xon",
            describe="the new name of the room",
        )

    async def test_that_are_markup_are_shown_as_they_are(
        self, stage: Stage, zarina: Resident
    ) -> None:
        other = await stage.driver.person(SCRIPT)
        talk = await stage.meet(zarina, other)
        assert _name_of(talk, stage.ghost(other)).startswith(SCRIPT)
        assert talk.state("m.room.name")["name"] == SCRIPT
        said = await zarina.ask(f"search {SCRIPT}")
        assert SCRIPT in said
        answer = zarina.user.messages(zarina.room)[-1]["content"]
        assert "<script" not in answer.get("formatted_body", "")

    @pytest.mark.parametrize("name", AWKWARD_NAMES.values(), ids=AWKWARD_NAMES.keys())
    async def test_that_are_awkward_hold_nothing_up(
        self, stage: Stage, zarina: Resident, name: str
    ) -> None:
        other = await stage.driver.person(name)
        talk = await stage.meet(zarina, other)
        text = unique("nice to meet you")
        await talk.say(text)
        await talk.on_phone(other, text)
        shown = talk.state("m.room.name")["name"]
        assert "sher" in shown
        assert not {"\0", "\n"} & set(shown)

    async def test_of_somebody_renamed_to_markup(self, stage: Stage, zarina: Resident) -> None:
        other = await stage.driver.person("Malika")
        talk = await stage.meet(zarina, other)
        await other.set_name(SCRIPT)
        await eventually(
            lambda: talk.state("m.room.name")["name"] == SCRIPT, describe="the new name"
        )
        text = unique("still here")
        await other.send(talk.chat, text)
        await talk.in_matrix(text)

    @pytest.mark.capability("avatars")
    async def test_come_with_pictures(self, stage: Stage, zarina: Resident) -> None:
        other = await stage.driver.person("Sitora")
        picture = png(3)
        await other.set_own_picture(picture)
        talk = await stage.meet(zarina, other)
        state = talk.state("m.room.member", stage.ghost(other))
        assert await zarina.user.download(state["avatar_url"]) == picture
        changed = png(4)
        await other.set_own_picture(changed)
        await eventually(
            lambda: (
                talk.state("m.room.member", stage.ghost(other))["avatar_url"] != state["avatar_url"]
            ),
            describe="the new picture",
        )
        now = talk.state("m.room.member", stage.ghost(other))["avatar_url"]
        assert await zarina.user.download(now) == changed

    async def test_of_deleted_accounts(self, stage: Stage, zarina: Resident) -> None:
        other = await stage.driver.person("Parviz")
        talk = await stage.meet(zarina, other)
        last = unique("last words")
        await other.send(talk.chat, last)
        await other.delete_account()
        await talk.in_matrix(last)
        await eventually(
            lambda: "deleted account" in _name_of(talk, stage.ghost(other)).lower(),
            describe="the name of a deleted account",
        )


def _name_of(conversation: Conversation, mxid: str) -> str:
    return str(conversation.state("m.room.member", mxid).get("displayname", ""))
