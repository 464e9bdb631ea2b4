# SPDX-License-Identifier: AGPL-3.0-or-later
"""Address books, search, names and privacy."""

import asyncio
from typing import Any

import pytest
from telethon import errors
from telethon.tl import functions, types

from sandbox.telegram import Person, TelegramSandbox

contacts = functions.contacts


async def test_importing_makes_contacts_of_those_who_are_here(alisa: Person) -> None:
    given = [
        types.InputPhoneContact(11, "+999 555-002-02", "Borya", "from school"),
        types.InputPhoneContact(12, "+99955500777", "Nobody", ""),
    ]
    result = await alisa.client(contacts.ImportContactsRequest(given))
    assert [one.client_id for one in result.imported] == [11]
    listed = await alisa.client(contacts.GetContactsRequest(0))
    (boris,) = listed.users
    assert (boris.first_name, boris.last_name, boris.phone, boris.contact) == (
        "Borya",
        "from school",
        "99955500202",
        True,
    )


async def test_a_saved_name_is_seen_by_its_owner_only(
    net: TelegramSandbox, alisa: Person, boris: Person, vera: Person
) -> None:
    target = await alisa.entity("boris_test")
    await alisa.client(contacts.AddContactRequest(target, "My dentist", "", ""))
    assert (await alisa.client.get_entity("boris_test")).first_name == "My dentist"
    seen_by_vera = await vera.client.get_entity("boris_test")
    assert (seen_by_vera.first_name, seen_by_vera.phone) == ("Boris", None)
    await boris.client(
        contacts.AddContactRequest(await boris.entity("alisa_test"), "Alisa", "", "")
    )
    listed = await alisa.client(contacts.GetContactsRequest(0))
    assert [contact.mutual for contact in listed.contacts] == [True]
    await alisa.client(contacts.DeleteContactsRequest([target]))
    assert (await alisa.client.get_entity("boris_test")).first_name == "Boris"


async def test_search_finds_contacts_and_public_names(net: TelegramSandbox, alisa: Person) -> None:
    await net.add_room("channel", "News", "vera_test", username="boris_fans")
    found = await alisa.client(contacts.SearchRequest("boris", 10))
    assert found.my_results == []
    assert [user.first_name for user in found.users] == ["Boris"]
    assert [chat.title for chat in found.chats] == ["News"]
    target = await alisa.entity("boris_test")
    await alisa.client(contacts.AddContactRequest(target, "Dentist", "", ""))
    mine = await alisa.client(contacts.SearchRequest("dent", 10))
    assert [peer.user_id for peer in mine.my_results] == [target.user_id]


async def test_names_and_phones_are_resolved(net: TelegramSandbox, alisa: Person) -> None:
    by_name = await alisa.client(contacts.ResolveUsernameRequest("VERA_test"))
    by_phone = await alisa.client(contacts.ResolvePhoneRequest("99955500203"))
    assert by_name.peer == by_phone.peer
    with pytest.raises(errors.UsernameNotOccupiedError):
        await alisa.client(contacts.ResolveUsernameRequest("nobody_here"))
    with pytest.raises(errors.PhoneNotOccupiedError):
        await alisa.client(contacts.ResolvePhoneRequest("99955500999"))


async def test_access_hashes_are_each_account_s_own(alisa: Person, boris: Person) -> None:
    seen_by_boris = await boris.entity("vera_test")
    with pytest.raises(errors.UserIdInvalidError):
        await alisa.client(functions.users.GetFullUserRequest(seen_by_boris))
    assert await alisa.client(functions.users.GetUsersRequest([seen_by_boris])) == []


async def test_profiles_change_before_the_eyes_of_others(alisa: Person, boris: Person) -> None:
    await alisa.send("boris_test", "hi")
    await boris.wait_for_text("hi")
    updates: asyncio.Queue[Any] = asyncio.Queue()
    boris.client.add_event_handler(updates.put)
    await alisa.client(
        functions.account.UpdateProfileRequest(first_name="<script>alert(1)</script>", about="me")
    )
    async with asyncio.timeout(10):
        while not isinstance(update := await updates.get(), types.UpdateUserName):
            pass
    assert update.first_name == "<script>alert(1)</script>"
    full = await boris.client(functions.users.GetFullUserRequest(await boris.entity("alisa_test")))
    assert full.full_user.about == "me"


async def test_usernames_are_unique(alisa: Person) -> None:
    account = functions.account
    with pytest.raises(errors.UsernameOccupiedError):
        await alisa.client(account.UpdateUsernameRequest("boris_test"))
    assert await alisa.client(account.CheckUsernameRequest("alisa_new"))
    me = await alisa.client(account.UpdateUsernameRequest("alisa_new"))
    assert me.username == "alisa_new"


async def test_a_deleted_account_stays_visible_as_deleted(
    net: TelegramSandbox, alisa: Person, boris: Person
) -> None:
    await boris.send("alisa_test", "goodbye")
    received = await alisa.wait_for_text("goodbye")
    net.operator.delete_account("boris_test")
    sender = await alisa.client.get_entity(received.chat)
    assert (sender.deleted, sender.first_name, sender.phone) == (True, None, None)
    assert [m.message for m in await alisa.history(received.chat)] == ["goodbye"]
    with pytest.raises(errors.InputUserDeactivatedError):
        await alisa.send(received.chat, "wait")
