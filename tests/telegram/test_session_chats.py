# SPDX-License-Identifier: AGPL-3.0-or-later
"""Chats and people: what is told about them, what changes, and how they are found."""

import pytest
from attrs import evolve
from telethon.tl.functions.channels import EditTitleRequest
from telethon.tl.functions.contacts import AddContactRequest
from telethon.tl.functions.messages import (
    DeleteChatUserRequest,
    EditChatTitleRequest,
    MigrateChatRequest,
)
from telethon.tl.types import UpdateShort, UpdateUserName, Username

from bridges.core.chat import ChatKind, Membership
from bridges.core.errors import Rejected
from bridges.core.events import ChatChanged, ChatGone, ChatMoved, UserChanged
from bridges.core.ids import SHARED, ChatID, ChatKey, RemoteUserID
from bridges.core.network import LoginRecord
from bridges.telegram.migration import GroupHasMoved
from bridges.telegram.session import TelegramSession
from sandbox.telegram import Person, TelegramSandbox
from tests.telegram.bridge import Bridge, RecordingHandle, text_message
from tests.telegram.conftest import BORIS
from tests.telegram.test_session_text import dm


def user(net: TelegramSandbox, name: str) -> RemoteUserID:
    return RemoteUserID(str(net.accounts.find(name).id))


async def test_a_direct_chat(
    session: TelegramSession,
    net: TelegramSandbox,
    handle: RecordingHandle,
    boris: Person,
    alisa: LoginRecord,
) -> None:
    await boris.send("alisa_test", "hello")
    await handle.until_text("hello")
    info = await session.chat_info(dm(net, "boris_test", alisa))
    assert info.kind is ChatKind.DIRECT
    assert info.name is None
    assert info.other_user == user(net, "boris_test")
    assert {one.user.user for one in info.members or ()} == {
        user(net, "boris_test"),
        user(net, "alisa_test"),
    }
    told = await session.user_info(user(net, "boris_test"))
    assert (told.name, told.username, told.is_bot) == ("Boris Made-Up", "boris_test", False)
    assert session.is_me(user(net, "alisa_test"))
    assert not session.is_me(user(net, "boris_test"))


async def test_saved_messages(
    session: TelegramSession, net: TelegramSandbox, alisa: LoginRecord
) -> None:
    info = await session.chat_info(dm(net, "alisa_test", alisa))
    assert (info.kind, info.name) == (ChatKind.DIRECT, "Saved Messages")


async def test_accounts_are_told_with_numbers_and_saved_names(
    session: TelegramSession, net: TelegramSandbox, alisa: LoginRecord
) -> None:
    alisas, boris = net.accounts.find("alisa_test"), net.accounts.find("boris_test")
    me = await session.own_account()
    assert (me.user, me.phone, me.handle) == (alisa.user, f"+{alisas.phone}", "alisa_test")
    assert me.ids == {"telegram_user": alisa.user, "telegram_name": "alisa_test"}
    phone = await net.person("alisa_test")
    target = await phone.entity("boris_test")
    await phone.client(AddContactRequest(target, "Borya", "from work", phone=""))
    (found,) = [one for one in await session.known_accounts() if one.account.handle == "boris_test"]
    assert (found.account.name, found.account.phone) == ("Borya from work", f"+{boris.phone}")
    assert found.chat == dm(net, "boris_test", alisa)


async def test_a_contacts_saved_name_stays_in_the_own_chat(
    bridge: Bridge,
    session: TelegramSession,
    net: TelegramSandbox,
    handle: RecordingHandle,
    boris: Person,
    alisa: LoginRecord,
) -> None:
    phone = await net.person("alisa_test")
    target = await phone.entity("boris_test")
    await phone.client(AddContactRequest(target, "Darling", "Secret", phone=""))
    handle.received.clear()
    await boris.send("alisa_test", "hello")
    await handle.until_text("hello")
    chat = dm(net, "boris_test", alisa)
    assert (await session.chat_info(chat)).name == "Darling Secret"
    told = await session.user_info(user(net, "boris_test"))
    assert told.name == "boris_test"
    leaked = [
        one
        for one in handle.received
        if "Darling" in repr(one) and not (isinstance(one, ChatChanged) and one.chat == chat)
    ]
    assert leaked == []


async def test_a_deleted_account(
    session: TelegramSession, net: TelegramSandbox, handle: RecordingHandle, alisa: LoginRecord
) -> None:
    vera = await net.person("vera_test")
    await vera.send("alisa_test", "goodbye")
    await handle.until_text("goodbye")
    gone = user(net, "vera_test")
    key = dm(net, "vera_test", alisa)
    net.operator.delete_account("vera_test")
    changed = await handle.until(
        lambda: [
            one
            for one in handle.all(UserChanged)
            if one.user == gone and one.info.name == "Deleted account"
        ]
    )
    assert changed[0].info.avatar is not None
    assert changed[0].info.avatar.id == ""
    assert not (await session.chat_info(key)).may_write


async def test_a_new_name_while_connected(
    session: TelegramSession, net: TelegramSandbox, handle: RecordingHandle, boris: Person
) -> None:
    await boris.send("alisa_test", "hello")
    await handle.until_text("hello")
    net.operator.rename("boris_test", "Борис", username="boris_new")
    await handle.until(
        lambda: [
            one
            for one in handle.all(UserChanged)
            if (one.info.name, one.info.username) == ("Борис", "boris_new")
        ]
    )


@pytest.mark.parametrize(
    ("kind", "chat_kind", "may_write"),
    [
        ("group", ChatKind.GROUP, True),
        ("supergroup", ChatKind.GROUP, True),
        ("channel", ChatKind.CHANNEL, False),
    ],
)
async def test_rooms(
    session: TelegramSession,
    net: TelegramSandbox,
    handle: RecordingHandle,
    boris: Person,
    alisa: LoginRecord,
    kind: str,
    chat_kind: ChatKind,
    may_write: bool,
) -> None:
    room = await net.add_room(kind, "Gardeners", "boris_test", ("alisa_test",), about="We\ngarden")
    await boris.send("Gardeners", "hello")
    await handle.until_text("hello")
    message = next(one for one in handle.messages() if one.parts)
    is_group = kind == "group"
    expected = f"chat:{room.id}" if is_group else f"channel:{room.id}"
    assert message.chat == ChatKey(ChatID(expected), alisa.id if is_group else SHARED)
    speaker = f"c{room.id}" if kind == "channel" else user(net, "boris_test")
    assert handle.messages()[-1].sender.user == speaker
    info = await session.chat_info(message.chat)
    assert (info.kind, info.name, info.may_write) == (chat_kind, "Gardeners", may_write)
    assert info.topic in ("We\ngarden", "")
    powers = {one.user.user: one.power for one in info.members or ()}
    if kind == "channel":  # Subscribers do not know each other.
        assert powers == {speaker: 50, user(net, "alisa_test"): 0}
        assert (await session.user_info(RemoteUserID(speaker))).name == "Gardeners"
    else:
        assert powers == {user(net, "boris_test"): 95, user(net, "alisa_test"): 0}
        assert info.members_complete is is_group
        assert info.admins_complete


async def test_a_new_title(
    session: TelegramSession, net: TelegramSandbox, handle: RecordingHandle, boris: Person
) -> None:
    small = await net.add_room("group", "Small", "boris_test", ("alisa_test",))
    large = await net.add_room("supergroup", "Large", "boris_test", ("alisa_test",))
    await boris.client(EditChatTitleRequest(small.id, "Smaller"))
    await boris.client(EditTitleRequest(await boris.entity("Large"), "Larger"))
    for key, title in ((f"chat:{small.id}", "Smaller"), (f"channel:{large.id}", "Larger")):
        await handle.until(lambda: _titled(handle, key, title))  # noqa: B023 - awaited at once


def _titled(handle: RecordingHandle, key: str, title: str) -> bool:
    return any(one.chat.chat == key and one.info.name == title for one in handle.all(ChatChanged))


async def test_members_come_and_go(
    session: TelegramSession, net: TelegramSandbox, handle: RecordingHandle, boris: Person
) -> None:
    room = await net.add_room("group", "Small", "boris_test", ("alisa_test", "vera_test"))
    vera = await boris.entity("vera_test")
    await boris.client(DeleteChatUserRequest(room.id, vera))
    await handle.until(
        lambda: any(
            member.user.user == user(net, "vera_test") and member.membership is Membership.LEAVE
            for one in handle.all(ChatChanged)
            for member in one.info.members or ()
        )
    )
    await boris.client(DeleteChatUserRequest(room.id, await boris.entity("alisa_test")))
    gone = await handle.until(lambda: handle.all(ChatGone))
    assert gone[0].chat.chat == f"chat:{room.id}"


async def test_the_own_chats_are_listed(
    session: TelegramSession,
    net: TelegramSandbox,
    boris: Person,
    alisa: LoginRecord,
    handle: RecordingHandle,
) -> None:
    room = await net.add_room("supergroup", "Gardeners", "boris_test", ("alisa_test",))
    await boris.send("alisa_test", "hello")
    await handle.until_text("hello")
    chats = await session.recent_chats(10)
    assert [(str(one.key.chat), one.name, one.kind) for one in chats] == [
        (f"user:{user(net, 'boris_test')}", "Boris Made-Up", ChatKind.DIRECT),
        (f"channel:{room.id}", "Gardeners", ChatKind.GROUP),
    ]
    assert len(await session.recent_chats(1)) == 1


@pytest.mark.parametrize(
    "identifier",
    [
        "@boris_test",
        "boris_test",
        "https://t.me/boris_test",
        "t.me/boris_test/12?x=1",
        "tg://resolve?domain=boris_test",
        BORIS,
        "+999 555-00 302",
        f"https://t.me/{BORIS}",
    ],
)
async def test_people_are_found_by_what_is_on_their_card(
    session: TelegramSession, net: TelegramSandbox, alisa: LoginRecord, identifier: str
) -> None:
    found = await session.resolve(identifier)
    assert found.key == dm(net, "boris_test", alisa)
    assert (found.name, found.detail) == ("Boris Made-Up", "@boris_test")


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        ("@nobody_here", "Nobody on Telegram has this username"),
        ("+99955500377", "No Telegram account can be found"),
        ("https://t.me/+AbCdEf", "invitation"),
        ("???", "neither a username"),
        ("", "neither a username"),
    ],
)
async def test_who_is_not_found_is_explained(
    session: TelegramSession, identifier: str, text: str
) -> None:
    with pytest.raises(Rejected, match=text):
        await session.resolve(identifier)


async def test_search(session: TelegramSession, net: TelegramSandbox, alisa: LoginRecord) -> None:
    found = await session.search("boris", 10)
    assert [one.key for one in found] == [dm(net, "boris_test", alisa)]


async def test_strangers_are_refused(session: TelegramSession, alisa: LoginRecord) -> None:
    for key in ("user:42", "chat:42", "channel:42", "nonsense", "user:x"):
        with pytest.raises(Rejected):
            await session.chat_info(ChatKey(ChatID(key), alisa.id))
    for stranger in ("42", "c42", "g42", "x", ""):
        with pytest.raises(Rejected):
            await session.user_info(RemoteUserID(stranger))


async def test_a_group_that_becomes_a_supergroup(
    session: TelegramSession, net: TelegramSandbox, handle: RecordingHandle, boris: Person
) -> None:
    room = await net.add_room("group", "Small", "boris_test", ("alisa_test",))
    await boris.send("Small", "before")
    await handle.until_text("before")
    await boris.client(MigrateChatRequest(room.id))
    (moved, *_) = await handle.until(lambda: handle.all(ChatMoved))
    assert moved.chat.chat == f"chat:{room.id}"
    assert set(handle.all(ChatMoved)) == {moved}
    await boris.send(int(moved.successor.chat.partition(":")[2]), "after")
    await handle.until_text("after")
    assert handle.messages()[-1].chat == moved.successor
    assert handle.texts() == ["before", "This group is a supergroup now.", "after"]
    assert not handle.all(ChatGone)
    info = await session.chat_info(moved.successor)
    assert info.predecessor == moved.chat


async def test_what_is_sent_to_a_group_that_has_moved_is_sent_again_to_the_supergroup(
    session: TelegramSession,
    net: TelegramSandbox,
    handle: RecordingHandle,
    alisa: LoginRecord,
    boris: Person,
) -> None:
    room = await net.add_room("group", "Small", "boris_test", ("alisa_test",))
    await boris.send("Small", "before")
    await handle.until_text("before")
    await boris.client(MigrateChatRequest(room.id))
    await handle.until(lambda: handle.all(ChatMoved))
    handle.received.clear()
    message = text_message(ChatKey(ChatID(f"chat:{room.id}"), alisa.id), "too late")
    with pytest.raises(GroupHasMoved) as caught:
        await session.send(message)
    assert caught.value.retry_after == 1
    (moved,) = handle.all(ChatMoved)
    assert moved.chat == message.chat
    sent = await session.send(evolve(message, chat=moved.successor))
    again = await session.send(evolve(message, chat=moved.successor))
    assert again == sent
    await boris.wait_for_text("too late")


async def test_a_new_username_without_the_person(
    session: TelegramSession, net: TelegramSandbox, handle: RecordingHandle, boris: Person
) -> None:
    await boris.send("alisa_test", "hello")
    await handle.until_text("hello")
    boris_id = net.accounts.find("boris_test").id
    update = UpdateUserName(boris_id, "Bo", "New", [Username("bo_test", active=True)])
    net.server.push(net.accounts.find("alisa_test").id, UpdateShort(update, net.clock.moment()))
    changed = await handle.until(
        lambda: [one for one in handle.all(UserChanged) if one.info.name == "Bo New"]
    )
    assert changed[0].info.username == "bo_test"
