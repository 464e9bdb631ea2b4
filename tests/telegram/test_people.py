# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is public of a person, and what belongs to one account's address book."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mautrix.util.async_db import UpgradeTable
from telethon.tl import types as tl

from bridges.core.chat import NO_AVATAR, ChatKind, UserInfo
from bridges.core.events import ChatChanged, UserChanged
from bridges.core.formatting.names import clean_name, clean_text_lines
from bridges.core.ids import LoginID
from bridges.core.storage.database import Database, open_database
from bridges.telegram.chat_info import may_write
from bridges.telegram.people import People
from bridges.telegram.store.entities import Entities
from bridges.telegram.store.schema import telegram_tables
from bridges.telegram.user_info import contact_name, user_info

PHOTO = tl.UserProfilePhoto(77, 2)


def user(**more: Any) -> Any:
    fields: dict[str, Any] = {"access_hash": 9, "first_name": "Ali", "last_name": "Test"}
    return tl.User(5, **(fields | more))


def test_a_stranger_is_shown_as_published() -> None:
    info = user_info(user(username="ali_test", photo=PHOTO))
    assert (info.name, info.username, info.is_bot) == ("Ali Test", "ali_test", False)
    assert info.avatar is not None
    assert info.avatar.id == "77"


@pytest.mark.parametrize("flag", ["contact", "mutual_contact"])
def test_a_saved_name_is_not_public(flag: str) -> None:
    saved = user(**{flag: True})
    assert user_info(saved).name is None
    assert contact_name(saved) == "Ali Test"


def test_a_passing_view_of_a_contact_is_not_public_either() -> None:
    assert user_info(user(min=True), contact=True).name is None
    assert user_info(user(min=True), contact=False).name == "Ali Test"


def test_ones_own_name_is_public() -> None:
    me = user(is_self=True, contact=True, mutual_contact=True)
    assert user_info(me).name == "Ali Test"
    assert contact_name(me) is None


def test_a_picture_given_to_a_contact_is_not_public() -> None:
    personal = tl.UserProfilePhoto(77, 2, personal=True)
    assert user_info(user(contact=True, photo=personal)).avatar is None
    assert user_info(user(photo=tl.UserProfilePhotoEmpty())).avatar == NO_AVATAR
    assert user_info(user(min=True, photo=PHOTO)).avatar is None
    assert user_info(user(min=True, apply_min_photo=True, photo=PHOTO)).avatar is not None


def test_deleted_accounts_have_a_name() -> None:
    info = user_info(user(deleted=True, contact=True, first_name=None, last_name=None))
    assert (info.name, info.avatar, info.username) == ("Deleted account", NO_AVATAR, "")


def test_further_usernames_count() -> None:
    names = [tl.Username("off", active=False), tl.Username("on", active=True)]
    assert user_info(user(usernames=names)).username == "on"
    assert user_info(user()).username == ""
    assert user_info(user(min=True)).username is None


@given(st.text())
def test_cleaned_names_are_harmless(text: str) -> None:
    name = clean_name(text)
    name.encode()
    assert name == name.strip()
    assert len(name) <= 200
    assert "\0" not in name
    assert "\n" not in name
    assert clean_name(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("a\0b\x01c\u202ed\ud800e", "abcde"),
        ("  two \n\t words ", "two words"),
        ("👨‍👩‍👧 Али", "👨‍👩‍👧 Али"),
        (None, ""),
    ],
)
def test_names(text: str | None, name: str) -> None:
    assert clean_name(text) == name


def test_descriptions_keep_their_lines() -> None:
    assert clean_text_lines(" one\0 \n\n two ") == "one\n\ntwo"
    assert clean_text_lines(None) == ""


@pytest.mark.parametrize(
    ("chat", "expected"),
    [
        ({}, True),
        ({"default_banned_rights": tl.ChatBannedRights(None, send_messages=True)}, False),
        (
            {
                "default_banned_rights": tl.ChatBannedRights(None, send_messages=True),
                "admin_rights": tl.ChatAdminRights(),
            },
            True,
        ),
        ({"banned_rights": tl.ChatBannedRights(None, send_messages=True)}, False),
        ({"broadcast": True}, False),
        ({"broadcast": True, "creator": True}, True),
        ({"broadcast": True, "admin_rights": tl.ChatAdminRights(post_messages=True)}, True),
        ({"broadcast": True, "admin_rights": tl.ChatAdminRights(ban_users=True)}, False),
    ],
)
def test_who_may_write(chat: dict[str, Any], expected: bool) -> None:
    assert may_write(tl.Channel(7, "x", tl.ChatPhotoEmpty(), None, **chat)) is expected


@pytest.fixture
def people(database: Database) -> People:
    login = LoginID("tg-1")
    return People(login, Entities(database, login))


async def test_only_changes_are_told(people: People) -> None:
    (first,) = await people.changes([user()], [])
    assert isinstance(first, UserChanged)
    assert await people.changes([user()], []) == []
    assert await people.changes([user(min=True, last_name="Other")], []) == []
    (second,) = await people.changes([user(last_name="New")], [])
    assert isinstance(second, UserChanged)
    assert second.info.name == "Ali New"
    assert people.recent(5) == second.info
    assert people.recent(6) is None


async def test_a_saved_name_is_told_to_the_own_chat_only(people: People) -> None:
    public, own = await people.changes([user(contact=True)], [])
    assert isinstance(public, UserChanged)
    assert public.info.name is None
    assert isinstance(own, ChatChanged)
    assert (own.chat.chat, own.info.kind, own.info.name) == ("user:5", ChatKind.DIRECT, "Ali Test")
    public, own = await people.changes([user(first_name="Published")], [])
    assert isinstance(public, UserChanged)
    assert public.info.name == "Published Test"
    assert isinstance(own, ChatChanged)
    assert own.info.name == ""


async def test_chats_that_were_left_are_not_looked_at(people: People) -> None:
    channel = tl.Channel(7, "News", tl.ChatPhotoEmpty(), None, access_hash=1)
    (event,) = await people.changes([], [channel])
    assert isinstance(event, ChatChanged)
    channel.title = "Newer"
    channel.left = True
    assert await people.changes([], [channel]) == []


PUBLIC, SAVED, OTHER_SAVED = "Public Name", "Auntie", "The landlady"
VIEWS: dict[str, dict[str, Any]] = {
    "stranger": {"first_name": PUBLIC, "last_name": None},
    "in passing": {"first_name": PUBLIC, "last_name": None, "min": True},
    "contact": {"first_name": SAVED, "last_name": None, "contact": True},
    "mutual contact": {"first_name": SAVED, "last_name": None, "mutual_contact": True},
    "saved anew": {"first_name": OTHER_SAVED, "last_name": None, "contact": True},
}


@given(st.lists(st.sampled_from(sorted(VIEWS)), max_size=12))
async def test_no_order_of_views_makes_a_saved_name_public(views: list[str]) -> None:
    async with _people_in_memory() as people:
        for view in views:
            for event in await people.changes([user(**VIEWS[view])], []):
                if isinstance(event, UserChanged):
                    assert event.info.name in {None, PUBLIC}
                elif isinstance(event, ChatChanged):
                    assert event.chat.receiver == "tg-1"
            known = await people.introduced([user(**VIEWS[view])], [])
            assert {info.name for info in known.values()} <= {PUBLIC, "5"}


@asynccontextmanager
async def _people_in_memory(*, minimal: bool = False) -> AsyncIterator[People]:
    tables = UpgradeTable(version_table_name="none")
    with TemporaryDirectory() as folder:
        database = await open_database(f"sqlite:///{folder}/people.db", None, tables)
        await database.upgrade(telegram_tables)
        login = LoginID("tg-1")
        entities = Entities(database, login, minimal=minimal)
        yield People(login, entities, minimal=minimal)
        await entities.flush()
        stored = await database.fetch("SELECT username FROM telegram_entity")
        assert not minimal or {row["username"] for row in stored} <= {None}
        await database.close()


async def test_minimal_profiles_are_names_and_nothing_else() -> None:
    async with _people_in_memory(minimal=True) as people:
        stranger = user(username="ali_test", photo=PHOTO, phone="999000")
        contact = user(username="ali_test", photo=PHOTO, phone="999000", contact=True)
        assert people.info_of(stranger) == UserInfo(name="Ali Test", is_bot=False)
        assert people.info_of(contact) == UserInfo(is_bot=False)
        assert people.own_name_of(contact) is None
        known = await people.introduced([contact], [])
        assert [info.name for info in known.values()] == ["5"]
        for event in await people.changes([contact], []):
            assert "Ali" not in str(event)
            assert "ali_test" not in str(event)
