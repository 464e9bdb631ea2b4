# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is in a group is in its room, and the other way round."""

from urllib.parse import quote

import pytest

from tests.conformance.driver import Phone
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.conformance.test_changes import explanation, make_admin
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


@pytest.fixture
async def house(stage: Stage, zarina: Resident, nodira: Phone, rustam: Phone) -> Conversation:
    """A group of Nodira's."""
    return await stage.gather(zarina, unique("Open house"), nodira, rustam)


def membership(talk: Conversation, mxid: str) -> str:
    return str(talk.state("m.room.member", mxid).get("membership", ""))


async def becomes(talk: Conversation, mxid: str, wanted: str) -> None:
    await eventually(
        lambda: membership(talk, mxid) == wanted,
        describe=lambda: f"{wanted} of {mxid}, who is {membership(talk, mxid)!r}",
    )


class TestFromTheNetwork:
    async def test_members_are_shown_before_they_speak(
        self, stage: Stage, house: Conversation, rustam: Phone
    ) -> None:
        await becomes(house, stage.ghost(rustam), "join")

    async def test_of_many_members_only_some_are_shown_until_they_speak(
        self, stage: Stage, zarina: Resident, nodira: Phone
    ) -> None:
        limit = stage.bridge.settings.network.member_limit
        crowd = [await stage.driver.person(f"Guest {number}") for number in range(limit + 2)]
        talk = await stage.gather(zarina, unique("Wedding"), nodira, *crowd)

        def shown() -> set[str]:
            ghosts = {stage.ghost(one) for one in crowd}
            return ghosts & zarina.user.record.members(talk.room)

        await eventually(lambda: len(shown()) >= limit - 3, describe=lambda: f"{shown()}")
        assert len(shown()) < len(crowd)
        quiet = next(one for one in crowd if stage.ghost(one) not in shown())
        text = unique("congratulations")
        await quiet.send(talk.chat, text)
        assert (await talk.in_matrix(text))["sender"] == stage.ghost(quiet)

    async def test_they_come_and_go(self, stage: Stage, house: Conversation, nodira: Phone) -> None:
        other = await stage.driver.person("Umida")
        await nodira.host.add(house.chat, other)
        await becomes(house, stage.ghost(other), "join")
        await other.host.leave(house.chat)
        await becomes(house, stage.ghost(other), "leave")
        await nodira.host.add(house.chat, other)
        await becomes(house, stage.ghost(other), "join")
        await nodira.remove(house.chat, other)
        await becomes(house, stage.ghost(other), "leave")

    async def test_who_was_removed_is_told_and_taken_out(
        self, stage: Stage, house: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        await nodira.remove(house.chat, zarina.phone)
        await zarina.user.wait_message("no longer", house.room, sender=stage.bridge.bot)
        await becomes(house, zarina.mxid, "leave")
        assert "no longer" in house.state("m.room.member", zarina.mxid)["reason"]

    async def test_who_comes_back_comes_back_to_the_same_room(
        self, stage: Stage, house: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        await nodira.remove(house.chat, zarina.phone)
        await becomes(house, zarina.mxid, "leave")
        await nodira.host.add(house.chat, zarina.phone)
        await becomes(house, zarina.mxid, "join")
        there, back = unique("here I am again"), unique("welcome back")
        await house.say(there)
        await house.on_phone(nodira, there)
        await nodira.send(house.chat, back)
        await house.in_matrix(back)

    async def test_who_was_removed_reads_nothing_more_in_a_shared_room(
        self, stage: Stage, zarina: Resident, nodira: Phone
    ) -> None:
        second = await stage.resident("Bahodir")
        chat = await nodira.create_group(unique("Secrets"), zarina.phone, second.phone)
        hello = unique("hello")
        await nodira.send(chat, hello)
        mine = await stage.conversation(zarina, chat, hello)
        theirs = await stage.conversation(second, chat, hello)
        assert mine.room == theirs.room
        await nodira.remove(chat, second.phone)
        await becomes(mine, second.mxid, "leave")
        secret = unique("between us")
        await nodira.send(chat, secret)
        await mine.in_matrix(secret)
        assert theirs.count(secret) == 0

    async def test_channels_show_no_subscribers(
        self, stage: Stage, zarina: Resident, nodira: Phone, rustam: Phone
    ) -> None:
        chat = await nodira.create_channel(unique("News"), zarina.phone, rustam)
        text = unique("the news")
        await nodira.send(chat, text)
        channel = await stage.conversation(zarina, chat, text)
        later = unique("more news")
        await nodira.send(chat, later)
        await channel.in_matrix(later)
        assert stage.ghost(rustam) not in zarina.user.record.members(channel.room)


class TestFromMatrix:
    @pytest.fixture
    async def ruled(self, house: Conversation, nodira: Phone, zarina: Resident) -> Conversation:
        """The same house, in which Zarina may do everything."""
        await make_admin(house, nodira, zarina)
        return house

    async def test_members_are_brought_in(
        self, stage: Stage, ruled: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        other = await stage.driver.person("Umida")
        await stage.meet(zarina, other)
        ghost = stage.ghost(other)
        await zarina.user.invite(ruled.room, ghost)
        await becomes(ruled, ghost, "join")
        assert other.user in await nodira.host.members(ruled.chat)

    async def test_members_are_taken_out(
        self, stage: Stage, ruled: Conversation, nodira: Phone, rustam: Phone, zarina: Resident
    ) -> None:
        await becomes(ruled, stage.ghost(rustam), "join")
        await act(zarina, ruled, "kick", stage.ghost(rustam))
        await eventually(lambda: _without(nodira, ruled, rustam), describe="a group without Rustam")
        await becomes(ruled, stage.ghost(rustam), "leave")

        async def not_banned() -> bool:
            return rustam.user not in await nodira.host.banned(ruled.chat)

        # Telegram knows no other way to remove somebody than a ban that is lifted again.
        await eventually(not_banned, describe="the ban lifted again")

    async def test_members_are_banned_and_let_back(
        self, stage: Stage, ruled: Conversation, nodira: Phone, rustam: Phone, zarina: Resident
    ) -> None:
        ghost = stage.ghost(rustam)
        await becomes(ruled, ghost, "join")
        await act(zarina, ruled, "ban", ghost)

        async def banned() -> bool:
            return rustam.user in await nodira.host.banned(ruled.chat)

        await eventually(banned, describe="a ban on the phone")
        await becomes(ruled, ghost, "ban")
        await act(zarina, ruled, "unban", ghost)

        async def free() -> bool:
            return not await banned()

        await eventually(free, describe="no ban on the phone")

    @pytest.mark.parametrize(("action", "change"), [("kick", "remove"), ("ban", "ban")])
    async def test_what_is_refused_is_put_back_and_explained(
        self,
        stage: Stage,
        ruled: Conversation,
        nodira: Phone,
        rustam: Phone,
        zarina: Resident,
        action: str,
        change: str,
    ) -> None:
        ghost = stage.ghost(rustam)
        await becomes(ruled, ghost, "join")
        stage.driver.refuse_change(zarina.phone, change)
        before = ruled.last_event()
        await act(zarina, ruled, action, ghost)
        await explanation(ruled, before)
        await becomes(ruled, ghost, "join")
        assert rustam.user in await nodira.host.members(ruled.chat)

    async def test_who_cannot_be_brought_in_is_taken_out_and_explained(
        self, stage: Stage, ruled: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        other = await stage.driver.person("Umida")
        await stage.meet(zarina, other)
        stage.driver.refuse_change(zarina.phone, "add")
        before = ruled.last_event()
        await zarina.user.invite(ruled.room, stage.ghost(other))
        await explanation(ruled, before)
        await becomes(ruled, stage.ghost(other), "leave")

    async def test_who_leaves_a_room_stays_in_the_group(
        self, stage: Stage, house: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        before = zarina.last_event()
        await zarina.user.leave(house.room)
        said = await zarina.hears_from_bot("leave-chat", before)
        assert house.room in said["content"]["body"]
        assert zarina.phone.user in await nodira.host.members(house.chat)
        await nodira.send(house.chat, unique("are you still here?"))
        assert "not the room" in await zarina.ask(f"rejoin {house.room}x")
        await zarina.ask(f"rejoin {house.room}")
        await zarina.user.wait_until(lambda record: house.room in record.joined, "the room again")
        text = unique("here you are")
        await nodira.send(house.chat, text)
        await zarina.user.wait_message(text, house.room)

    async def test_who_leaves_a_room_leaves_the_group_where_the_operator_wants_that(
        self,
        stage: Stage,
        house: Conversation,
        nodira: Phone,
        zarina: Resident,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(stage.bridge.bridge._parts.leaving, "_leave_chats", True)
        await zarina.user.leave(house.room)

        async def gone() -> bool:
            return zarina.phone.user not in await nodira.host.members(house.chat)

        await eventually(gone, describe="a group without Zarina")
        text = unique("a secret of ours")
        await nodira.send(house.chat, text)
        witness = await stage.meet(zarina, nodira)  # By now that would have come.
        assert house.room not in zarina.user.record.joined
        assert text not in zarina.user.bodies()
        assert witness.room != house.room

    async def test_the_group_is_left_by_command(
        self, stage: Stage, house: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        await house.say(f"{stage.bridge.prefix} leave-chat")

        async def gone() -> bool:
            return zarina.phone.user not in await nodira.host.members(house.chat)

        await eventually(gone, describe="a group without Zarina")
        await becomes(house, zarina.mxid, "leave")

    async def test_a_direct_chat_comes_back_with_the_next_message(
        self, stage: Stage, zarina: Resident
    ) -> None:
        other = await stage.driver.person("Dilbar")
        talk = await stage.meet(zarina, other)
        before = zarina.last_event()
        await zarina.user.leave(talk.room)
        await zarina.hears_from_bot("comes back", before)
        text = unique("do not forget me")
        await other.send(talk.chat, text)
        assert (await zarina.user.wait_message(text))["room_id"] == talk.room


async def act(resident: Resident, talk: Conversation, action: str, mxid: str) -> None:
    path = f"/_matrix/client/v3/rooms/{quote(talk.room)}/{action}"
    await resident.user.expect("POST", path, {"user_id": mxid})


async def _without(phone: Phone, talk: Conversation, other: Phone) -> bool:
    return other.user not in await phone.host.members(talk.chat)
