# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people set for their chats: as values, in Matrix's forms, stored, and over time."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from mautrix.types import RoomID, UserID

from bridges.core.chat import MUTED_FOR_EVER, NOT_MUTED, ChatKind, ChatSettings
from bridges.core.errors import Rejected
from bridges.core.ids import ChatID, ChatKey, LoginID, RemoteUserID
from bridges.core.matrix.client import MatrixSender
from bridges.core.matrix.personal import PersonalRooms, muted_rooms, room_settings
from bridges.core.network import LoginRecord
from bridges.core.portal.chat_settings import ChatSettingsSync
from bridges.core.sessions import ActiveLogin
from bridges.core.settings_watch import SettingsWatch
from bridges.core.storage.chat_settings import ChatSettingsStore
from bridges.core.storage.logins import KeyValueStore, LoginStore
from bridges.core.storage.people import MatrixPerson, PeopleStore
from bridges.core.storage.portals import LoginPortal, Portal, PortalStore
from bridges.core.text import user_text
from tests.core.clocks import QuickClock
from tests.core.databases import core_database
from tests.core.strategies import chat_settings, json_values
from tests.support.waiting import eventually

ALICE = UserID("@alice:home.test")
LOGIN = LoginID("login")
CHAT = ChatKey(ChatID("chat"))
ROOM = RoomID("!room:home.test")
SPACE, TOPIC = ChatKey(ChatID("forum/space")), ChatKey(ChatID("forum/1"))
TOPIC_ROOM = RoomID("!topic:home.test")
LATER = timedelta(minutes=5)


class TestValues:
    @given(chat_settings, chat_settings)
    def test_news_bring_the_old_up_to_date(self, old: ChatSettings, new: ChatSettings) -> None:
        assert old.updated(new.differing(old)) == old.updated(new)
        assert new.differing(old.updated(new)) == ChatSettings()

    @given(chat_settings)
    def test_nothing_new_changes_nothing(self, settings: ChatSettings) -> None:
        assert settings.updated(ChatSettings()) == settings
        assert settings.differing(settings) == ChatSettings()


class TestMatrixForms:
    @given(json_values, st.lists(json_values, max_size=4))
    def test_may_be_anything(self, rules: Any, events: list[Any]) -> None:
        muted_rooms(rules if isinstance(rules, dict) else {})
        muted_rooms({"global": rules})
        muted_rooms({"global": {"room": rules, "override": events}})
        room_settings(events)
        room_settings([{"type": "m.tag", "content": rules}])

    def test_of_rooms_that_are_muted(self) -> None:
        silent: dict[str, Any] = {"rule_id": ROOM, "actions": []}
        assert muted_rooms({"global": {"room": [silent]}}) == {ROOM}
        assert muted_rooms({"global": {"override": [silent]}}) == {ROOM}
        for loud in (
            {"rule_id": ROOM, "actions": ["notify"]},
            {**silent, "enabled": False},
            {"rule_id": ".m.rule.master", "actions": []},
        ):
            assert muted_rooms({"global": {"room": [loud]}}) == set()

    def test_of_tags_and_marks(self) -> None:
        tags = {"type": "m.tag", "content": {"tags": {"m.favourite": {"order": 0.1}}}}
        unread = {"type": "m.marked_unread", "content": {"unread": True}}
        assert room_settings([tags, unread]) == ChatSettings(
            archived=False, pinned=True, unread=True
        )
        assert room_settings([unread]) == ChatSettings(unread=True)

    @pytest.mark.parametrize("is_unread", [True, False])
    def test_of_the_older_mark_count_if_the_other_is_not_there(self, is_unread: bool) -> None:
        marks = [
            {"type": "m.marked_unread", "content": {"unread": is_unread}},
            {"type": "com.famedly.marked_unread", "content": {"unread": not is_unread}},
        ]
        assert room_settings(marks) == ChatSettings(unread=is_unread)
        assert room_settings(marks[::-1]) == ChatSettings(unread=is_unread)
        assert room_settings(marks[1:]) == ChatSettings(unread=not is_unread)


class Desk:
    """Settings of Alice's chats over a real database; her account data and the network are played."""

    def __init__(self, database: Any) -> None:
        self.clock = QuickClock()
        self.database = database
        self.portals = PortalStore(database)
        self.store = ChatSettingsStore(database)
        self.shown = AsyncMock(spec=PersonalRooms)
        self.session = Mock(set_settings=AsyncMock(side_effect=lambda _, settings: settings))
        self.login = ActiveLogin(
            LoginRecord(LOGIN, ALICE, RemoteUserID("alice"), "Alice"), self.session
        )
        self.sessions = Mock(
            get={LOGIN: self.login}.get,
            of=Mock(return_value=[self.login]),
            all=Mock(return_value=[self.login]),
        )
        person = MatrixSender(ALICE, "DEVICE", is_person=True)
        self.senders = Mock(
            may_speak_as=Mock(return_value=True), person=AsyncMock(return_value=person)
        )
        self.sync = ChatSettingsSync(
            self.store, self.portals, self.sessions, self.senders, self.shown, self.clock
        )
        self.homeserver = Mock(sync=AsyncMock())
        self.watch = SettingsWatch(
            database,
            self.homeserver,
            self.senders,
            self.sessions,
            self.portals,
            self.sync,
            KeyValueStore(database),
            self.clock,
            60,
        )

    async def prepare(self) -> None:
        """Alice is logged in and in two chats, one of them in a space."""
        await PeopleStore(self.database).save_person(MatrixPerson(ALICE))
        await LoginStore(self.database).save(self.login.record, self.clock.now())
        await self.portals.save(Portal(CHAT, ChatKind.GROUP, ROOM))
        await self.portals.save(Portal(SPACE, ChatKind.SPACE, RoomID("!space:home.test")))
        await self.portals.save(Portal(TOPIC, ChatKind.GROUP, TOPIC_ROOM, parent=SPACE))
        for key in (CHAT, TOPIC):
            await self.portals.add_login(LoginPortal(LOGIN, key, True, True))

    def last_shown(self) -> tuple[RoomID, ChatSettings]:
        """The room and what was shown in it last."""
        _, room, settings, _ = self.shown.show.await_args.args
        return room, settings

    def answers(self, *account_data: Any, push_rules: Any = None, token: str = "token") -> None:
        """What the next look gives."""
        rules = [] if push_rules is None else [{"type": "m.push_rules", "content": push_rules}]
        self.homeserver.sync.return_value = {
            "next_batch": token,
            "account_data": {"events": rules},
            "rooms": {"join": {ROOM: {"account_data": {"events": list(account_data)}}}},
        }


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with core_database(database_url) as database:
        desk = Desk(database)
        await desk.prepare()
        yield desk


class TestFromTheNetwork:
    async def test_only_news_are_shown(self, desk: Desk) -> None:
        settings = ChatSettings(MUTED_FOR_EVER, archived=True)
        await desk.sync.from_remote(CHAT, settings, desk.login)
        assert desk.last_shown() == (ROOM, settings)
        await desk.sync.from_remote(CHAT, settings, desk.login)
        assert desk.shown.show.await_count == 1
        await desk.sync.from_remote(CHAT, ChatSettings(archived=False), desk.login)
        assert desk.last_shown() == (ROOM, ChatSettings(archived=False))
        assert await desk.store.get(LOGIN, CHAT) == ChatSettings(MUTED_FOR_EVER, archived=False)

    async def test_nothing_is_taken_back_that_was_never_set_there(self, desk: Desk) -> None:
        nothing = ChatSettings(NOT_MUTED, archived=False, pinned=False, unread=False)
        await desk.sync.from_remote(CHAT, evolve(nothing, archived=True), desk.login)
        assert desk.last_shown() == (ROOM, ChatSettings(archived=True))
        assert await desk.store.get(LOGIN, CHAT) == evolve(nothing, archived=True)

    async def test_nothing_older_takes_back_what_was_set_in_matrix(self, desk: Desk) -> None:
        portal = await desk.portals.get(CHAT)
        assert portal is not None
        earlier = desk.clock.now()
        await desk.clock.sleep(1)
        await desk.sync.from_matrix(portal, ChatSettings(pinned=True), desk.login)
        old = ChatSettings(pinned=False, archived=True)
        await desk.sync.from_remote(CHAT, old, desk.login, earlier)
        assert desk.last_shown() == (ROOM, ChatSettings(archived=True))
        await desk.clock.sleep(1)
        now = desk.clock.now()
        await desk.sync.from_remote(CHAT, ChatSettings(pinned=False), desk.login, now)
        assert desk.last_shown() == (ROOM, ChatSettings(pinned=False))

    async def test_what_could_not_be_shown_is_shown_the_next_time(self, desk: Desk) -> None:
        desk.shown.show.side_effect = OSError
        with pytest.raises(OSError):
            await desk.sync.from_remote(CHAT, ChatSettings(pinned=True), desk.login)
        desk.shown.show.side_effect = None
        await desk.sync.from_remote(CHAT, ChatSettings(pinned=True), desk.login)
        assert desk.last_shown() == (ROOM, ChatSettings(pinned=True))

    async def test_of_a_chat_without_a_room_are_kept_for_it(self, desk: Desk) -> None:
        new = ChatKey(ChatID("new"))
        await desk.sync.from_remote(new, ChatSettings(NOT_MUTED, pinned=True), desk.login)
        desk.shown.show.assert_not_awaited()
        room = RoomID("!new:home.test")
        told = ChatSettings(archived=False, unread=True)
        await desk.sync.room_made(Portal(new, ChatKind.GROUP, room), room, told, desk.login)
        assert desk.last_shown() == (room, ChatSettings(pinned=True, unread=True))

    async def test_nobody_is_touched_whom_the_bridge_may_not_act_for(self, desk: Desk) -> None:
        desk.senders.may_speak_as.return_value = False
        await desk.sync.from_remote(CHAT, ChatSettings(pinned=True), desk.login)
        desk.shown.show.assert_not_awaited()

    async def test_a_silence_that_ends_is_over(self, desk: Desk) -> None:
        until = desk.clock.now() + LATER
        await desk.sync.from_remote(CHAT, ChatSettings(until), desk.login)
        task = asyncio.create_task(desk.sync.run())

        async def is_over() -> bool:
            return (await desk.store.get(LOGIN, CHAT)).muted_until == NOT_MUTED

        await eventually(is_over, describe="the end of the silence")
        task.cancel()
        assert desk.last_shown() == (ROOM, ChatSettings(NOT_MUTED))
        assert until <= desk.clock.now()
        assert desk.clock.waits[0] == 60

    async def test_a_space_is_followed_by_the_rooms_without_settings(self, desk: Desk) -> None:
        await desk.sync.from_remote(SPACE, ChatSettings(MUTED_FOR_EVER), desk.login)
        assert desk.last_shown() == (TOPIC_ROOM, ChatSettings(MUTED_FOR_EVER))
        assert desk.shown.show.await_count == 1
        await desk.sync.from_remote(TOPIC, ChatSettings(NOT_MUTED), desk.login)
        await desk.sync.from_remote(SPACE, ChatSettings(NOT_MUTED), desk.login)
        await desk.sync.from_remote(SPACE, ChatSettings(MUTED_FOR_EVER), desk.login)
        assert desk.last_shown() == (TOPIC_ROOM, ChatSettings(NOT_MUTED))

    async def test_reading_takes_the_mark_away(self, desk: Desk) -> None:
        await desk.sync.read_by(CHAT, desk.login)
        desk.shown.show.assert_not_awaited()
        await desk.sync.from_remote(CHAT, ChatSettings(unread=True), desk.login)
        await desk.sync.read_by(CHAT, desk.login)
        assert desk.last_shown() == (ROOM, ChatSettings(unread=False))


class TestFromMatrix:
    async def test_the_first_look_only_notes_where_a_person_stands(self, desk: Desk) -> None:
        desk.answers({"type": "m.tag", "content": {"tags": {"m.favourite": {}}}})
        await desk.watch.look(ALICE)
        desk.session.set_settings.assert_not_awaited()
        assert desk.homeserver.sync.await_args.args[1] is None

    async def test_what_changes_after_it_is_told_once(self, desk: Desk) -> None:
        desk.answers(token="one")
        await desk.watch.look(ALICE)
        desk.answers(
            {"type": "m.tag", "content": {"tags": {"m.favourite": {}}}},
            push_rules={"global": {"room": [{"rule_id": ROOM, "actions": []}]}},
            token="two",
        )
        await desk.watch.look(ALICE)
        assert desk.homeserver.sync.await_args.args[1] == "one"
        wanted = ChatSettings(MUTED_FOR_EVER, pinned=True)
        desk.session.set_settings.assert_awaited_once_with(CHAT, wanted)
        await desk.watch.look(ALICE)  # The same answer again, as after a crash.
        assert desk.session.set_settings.await_count == 1
        # What the network says of it then is no news either.
        await desk.sync.from_remote(CHAT, wanted, desk.login)
        desk.shown.show.assert_not_awaited()

    async def test_what_the_bridge_has_set_itself_is_not_told(self, desk: Desk) -> None:
        desk.answers()
        await desk.watch.look(ALICE)
        await desk.sync.from_remote(CHAT, ChatSettings(archived=True), desk.login)
        desk.answers({"type": "m.tag", "content": {"tags": {"m.lowpriority": {"order": 0.5}}}})
        await desk.watch.look(ALICE)
        desk.session.set_settings.assert_not_awaited()

    async def test_a_silence_with_an_end_is_a_silence(self, desk: Desk) -> None:
        desk.answers()
        await desk.watch.look(ALICE)
        until = desk.clock.now() + LATER
        await desk.sync.from_remote(CHAT, ChatSettings(until), desk.login)
        desk.answers(push_rules={"global": {"room": [{"rule_id": ROOM, "actions": []}]}})
        await desk.watch.look(ALICE)
        desk.session.set_settings.assert_not_awaited()
        desk.answers(push_rules={"global": {"room": []}})
        await desk.watch.look(ALICE)
        desk.session.set_settings.assert_awaited_once_with(CHAT, ChatSettings(NOT_MUTED))

    async def test_a_refusal_does_not_hold_up_the_next_look(self, desk: Desk) -> None:
        desk.answers(token="one")
        await desk.watch.look(ALICE)
        desk.session.set_settings.side_effect = Rejected("TEST.NO", user_text("No."))
        desk.answers({"type": "m.tag", "content": {"tags": {"m.favourite": {}}}}, token="two")
        await desk.watch.look(ALICE)
        desk.answers(token="three")
        await desk.watch.look(ALICE)
        assert desk.homeserver.sync.await_args.args[1] == "two"
        assert (await desk.store.get(LOGIN, CHAT)).pinned is None

    async def test_looks_come_at_intervals_whatever_happens(self, desk: Desk) -> None:
        desk.homeserver.sync.side_effect = itertools.cycle(
            [OSError, RuntimeError, {"next_batch": "one"}]
        )
        task = asyncio.create_task(desk.watch.run())
        await eventually(lambda: desk.homeserver.sync.await_count > 3, describe="four looks")
        task.cancel()
        assert set(desk.clock.waits) == {60}
