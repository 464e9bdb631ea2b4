# SPDX-License-Identifier: AGPL-3.0-or-later
"""The provisioning API over a real socket, with FakeNetwork behind it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
from mautrix.types import UserID

from bridges.core.chat import ChatKind
from bridges.core.errors import RateLimited
from bridges.core.ids import ChatID, ChatKey
from bridges.core.provisioning.secret import provisioning_secret
from bridges.core.storage.portals import Portal
from bridges.core.text import user_text
from tests.core.provisioning.served import ALI, KEY, SECRET, Served, served

BOB = UserID("@bob:home.test")
QUESTIONS = [
    "logins",
    f"identities?user={ALI}",
    f"contacts?user={ALI}&login=1",
    f"direct?user={ALI}",
    f"users?user={ALI}&number=%2B992900000001",
    f"room?user={ALI}&chat=user:7",
]


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Served]:
    """A bridge in which nobody is logged in."""
    async with served(tmp_path) as world:
        yield world


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    "secret", ["", "x", SECRET[:-1], SECRET + "0", "й", provisioning_secret(KEY, "b")]
)
async def test_who_has_not_the_secret_is_told_nothing(
    bridge: Served, question: str, secret: str
) -> None:
    await bridge.log_in(bridge.network.person("Ali"))
    status, answer = await bridge.get(question, secret)
    assert status == 401
    assert answer["code"] == "WRONG_SECRET"
    assert set(answer) == {"code", "text"}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_while_logins_are_not_open_nobody_is_said_to_be_logged_out(
    bridge: Served, question: str
) -> None:
    bridge.is_ready = False
    status, answer = await bridge.get(question)
    assert (status, answer["code"]) == (503, "STARTING")
    assert answer["retry_after"] > 0


async def test_identities_are_what_the_network_says_of_the_persons_own_logins(
    bridge: Served,
) -> None:
    ali, other = bridge.network.person("Ali"), bridge.network.person("Bob")
    record = await bridge.log_in(ali)
    await bridge.log_in(other, BOB)
    status, answer = await bridge.get(f"identities?user={ALI}")
    assert status == 200
    assert answer["identities"] == [
        {
            "login": record.id,
            "network": "fake",
            "remote_user": record.user,
            "name": "Ali",
            "state": "CONNECTED",
            "personal": True,
            "proven": True,
            "phone": ali.account.phone,
            "handle": ali.account.username,
            "ids": {"telegram_user": record.user},
        }
    ]


async def test_a_login_the_network_has_ended_proves_nothing(bridge: Served) -> None:
    ali = bridge.network.person("Ali")
    record = await bridge.log_in(ali)
    ali.account.devices.clear()  # before the session notices
    _, answer = await bridge.get(f"identities?user={ALI}")
    (identity,) = answer["identities"]
    assert identity["login"] == record.id
    assert (identity["proven"], identity["phone"], identity["ids"]) == (False, None, {})


async def test_somebody_without_logins_proves_nothing(bridge: Served) -> None:
    assert await bridge.get(f"identities?user={BOB}") == (200, {"identities": []})


async def test_contacts_come_with_numbers_names_and_rooms(bridge: Served) -> None:
    ali, nodira, rustam = map(bridge.network.person, ("Ali", "Nodira", "Rustam"))
    ali.saves(nodira, "Nodira from school")
    ali.saves(rustam, "Rustam")
    record = await bridge.log_in(ali)
    world = bridge.network.world
    await bridge.give_room(record, world.key(ali.chat_with(nodira), ali.account), "!n:home.test")
    status, answer = await bridge.get(f"contacts?user={ALI}&login={record.id}")
    assert (status, answer["next"]) == (200, None)
    by_user = {one["remote_user"]: one for one in answer["contacts"]}
    assert by_user[nodira.account.user] == {
        "remote_user": nodira.account.user,
        "ids": {"telegram_user": nodira.account.user},
        "name": "Nodira from school",
        "own_name": "Nodira",
        "phone": nodira.account.phone,
        "handle": nodira.account.username,
        "chat": nodira.account.user,
        "room": "!n:home.test",
    }
    assert by_user[rustam.account.user]["room"] is None


async def test_a_room_the_login_is_not_in_is_not_told(bridge: Served) -> None:
    ali, nodira = bridge.network.person("Ali"), bridge.network.person("Nodira")
    ali.saves(nodira, "Nodira")
    record = await bridge.log_in(ali)
    key = bridge.network.world.key(ali.chat_with(nodira), ali.account)
    await bridge.give_room(record, key, "!n:home.test")
    await bridge.portals.remove_login(record.id, key)
    _, answer = await bridge.get(f"contacts?user={ALI}&login={record.id}")
    assert [one["room"] for one in answer["contacts"]] == [None]


async def test_pages_hold_everybody_once_and_the_network_is_asked_once(bridge: Served) -> None:
    ali = bridge.network.person("Ali")
    others = [bridge.network.person(f"P{number}") for number in range(7)]
    for one in others:
        ali.saves(one, one.account.name)
    record = await bridge.log_in(ali)
    question = f"contacts?user={ALI}&login={record.id}&limit=3"
    found, after = [], ""
    while True:
        _, answer = await bridge.get(question + after)
        found += [one["remote_user"] for one in answer["contacts"]]
        assert len(answer["contacts"]) <= 3
        if answer["next"] is None:
            break
        ali.account.contacts.clear()  # the list that was asked for holds
        after = f"&after={answer['next']}"
    assert sorted(found) == sorted(one.account.user for one in others)
    await bridge.clock.sleep(60)
    assert (await bridge.get(question))[1]["contacts"] == []


async def test_whose_a_number_is_knows_only_who_was_told(bridge: Served) -> None:
    ali, nodira, rustam = map(bridge.network.person, ("Ali", "Nodira", "Rustam"))
    ali.saves(nodira, "Nodira")
    await bridge.log_in(ali)
    await bridge.log_in(rustam, BOB)
    numbers = "".join(f"&number=%2B{one.account.phone[1:]}" for one in (nodira, rustam))
    assert await bridge.get(f"users?user={ALI}{numbers}") == (
        200,
        {"users": {nodira.account.phone: nodira.account.user}},
    )
    assert await bridge.get(f"users?user={BOB}{numbers}") == (200, {"users": {}})
    status, answer = await bridge.get(f"users?user=@carol:home.test{numbers}")
    assert (status, answer["code"]) == (404, "NO_LOGIN")


@pytest.mark.parametrize("whose", [(BOB, "1"), (ALI, "none"), (ALI, "%00")])
async def test_contacts_of_somebody_elses_login_are_not_there(
    bridge: Served, whose: tuple[UserID, str]
) -> None:
    record = await bridge.log_in(bridge.network.person("Ali"))
    user, login = whose
    login = record.id if login == "1" else login
    status, answer = await bridge.get(f"contacts?user={user}&login={login}")
    assert (status, answer["code"]) == (404, "NO_LOGIN")


@pytest.mark.parametrize(
    "question",
    [
        "identities",
        "identities?user=ali",
        "identities?user=@" + "a" * 300 + ":home.test",
        f"contacts?user={ALI}",
        f"contacts?user={ALI}&login=1&limit=0",
        f"contacts?user={ALI}&login=1&limit=501",
        f"contacts?user={ALI}&login=1&limit=x",
        f"contacts?user={ALI}&login=1&limit=-1",
        "logins?wait=61",
        f"users?user={ALI}",
        f"users?user={ALI}&number=992900000001",
        f"users?user={ALI}" + "&number=%2B992900000001" * 101,
    ],
)
async def test_a_bad_question_is_told_what_is_wrong(bridge: Served, question: str) -> None:
    status, answer = await bridge.get(question)
    assert (status, answer["code"]) == (400, "BAD_QUESTION")


async def test_too_many_questions_about_one_person_have_to_wait(bridge: Served) -> None:
    answers = [await bridge.get(f"identities?user={ALI}") for _ in range(241)]
    assert [status for status, _ in answers] == [200] * 240 + [429]
    refused = answers[-1][1]
    assert refused["code"] == "TOO_MANY_QUESTIONS"
    assert (await bridge.get(f"identities?user={BOB}"))[0] == 200
    await bridge.clock.sleep(refused["retry_after"])
    assert (await bridge.get(f"identities?user={ALI}"))[0] == 200


async def test_what_the_network_asks_to_wait_is_passed_on(bridge: Served) -> None:
    ali = bridge.network.person("Ali")
    record = await bridge.log_in(ali)
    error = RateLimited("FAKE.FLOOD", user_text("Wait."), retry_after=17)
    ali.faults.add("known_accounts", error)
    status, answer = await bridge.get(f"contacts?user={ALI}&login={record.id}")
    assert (status, answer["code"], answer["retry_after"]) == (429, "FAKE.FLOOD", 17)


async def test_a_login_and_its_end_are_told_at_once_to_who_waits(bridge: Served) -> None:
    _, before = await bridge.get("logins")
    assert before["logins"] == []
    waiting = asyncio.create_task(bridge.get(f"logins?since={before['revision']}&wait=60"))
    record = await bridge.log_in(bridge.network.person("Ali"))
    _, told = await waiting
    assert [(one["user"], one["login"]) for one in told["logins"]] == [(ALI, record.id)]
    _, current = await bridge.get("logins")
    waiting = asyncio.create_task(bridge.get(f"logins?since={current['revision']}&wait=60"))
    await bridge.sessions.remove(record.id)
    status, told = await waiting
    assert (status, told["logins"]) == (200, [])


async def test_people_with_direct_rooms_are_told_without_ghosts(bridge: Served) -> None:
    await bridge.log_in(bridge.network.person("Ali"))
    hs = bridge.homeserver
    hs.joined_rooms = AsyncMock(return_value=["!d:home.test", "!g:home.test"])
    direct = {
        "@dilnoza:home.test": ["!old:home.test", "!d:home.test"],
        "@gone:home.test": ["!left:home.test"],
        "@fake_1:home.test": ["!g:home.test"],
        "@odd:home.test": "no list",
        ALI: ["!d:home.test"],
    }
    hs.get_account_data = AsyncMock(return_value=direct)
    hs.profile = AsyncMock(return_value={"displayname": "Dilnoza"})
    assert await bridge.get(f"direct?user={ALI}") == (
        200,
        {"people": [{"user": "@dilnoza:home.test", "name": "Dilnoza", "room": "!d:home.test"}]},
    )
    assert (await bridge.get(f"direct?user={BOB}"))[1]["code"] == "NO_LOGIN"


@pytest.fixture
async def chat(bridge: Served) -> tuple[ChatKey, str]:
    """A direct chat of Ali's in a room, and what to ask for it."""
    record = await bridge.log_in(bridge.network.person("Ali"))
    key = ChatKey(ChatID("user:7"), record.id)
    await bridge.give_room(record, key, "!n:home.test")
    await bridge.link(key, "9", "10", "100")
    return key, f"room?user={ALI}&chat=user:7&account={record.user}"


async def test_where_a_chat_is_and_with_which_message_it_begins(
    bridge: Served, chat: tuple[ChatKey, str]
) -> None:
    _, question = chat
    assert await bridge.get(question) == (200, {"room": "!n:home.test", "first": "9"})
    nobodys = await bridge.get(question.partition("&account")[0])
    others = await bridge.get(f"room?user={ALI}&chat=user:7&account=1")
    unknown = await bridge.get(f"room?user={ALI}&chat=user:8")
    for status, answer in (nobodys, others, unknown):
        assert (status, answer["code"]) == (404, "NO_ROOM")
    status, answer = await bridge.get(f"room?user={BOB}&chat=user:7")
    assert (status, answer["code"]) == (404, "NO_LOGIN")


async def test_a_chat_whose_history_is_still_coming_has_to_be_asked_for_again(
    bridge: Served, chat: tuple[ChatKey, str]
) -> None:
    key, question = chat
    await bridge.wait_for_history(key, key.receiver)
    status, answer = await bridge.get(question)
    assert (status, answer["code"]) == (503, "COMING")
    assert answer["retry_after"] > 0


async def test_a_room_that_two_people_or_two_chats_have_is_not_one_persons(
    bridge: Served,
) -> None:
    ali = await bridge.log_in(bridge.network.person("Ali"))
    bob = await bridge.log_in(bridge.network.person("Bob"), BOB)
    shared, grown = ChatKey(ChatID("channel:5")), ChatKey(ChatID("channel:6"))
    await bridge.give_room(ali, shared, "!s:home.test")
    await bridge.link(shared, "3")
    question = f"room?user={ALI}&chat=channel:5"
    assert await bridge.get(question) == (200, {"room": "!s:home.test", "first": "3"})
    await bridge.give_room(bob, shared, "!s:home.test")
    status, answer = await bridge.get(question)
    assert (status, answer["code"]) == (409, "NOT_ALONE")
    await bridge.give_room(ali, grown, "!g:home.test")
    before = Portal(ChatKey(ChatID("chat:4"), ali.id), ChatKind.GROUP, successor=grown)
    await bridge.portals.save(before)
    await bridge.link(grown, "3")
    status, answer = await bridge.get(f"room?user={ALI}&chat=channel:6")
    assert (status, answer["code"]) == (409, "NOT_ALONE")
