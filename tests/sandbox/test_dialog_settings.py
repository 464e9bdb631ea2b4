# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mute, archive, pins, unread marks and drafts: what other sessions of a person see."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from telethon import errors
from telethon.tl import functions, types

from sandbox.telegram import Person
from tests.sandbox.town import Town, new_town
from tests.support.waiting import eventually

account, messages = functions.account, functions.messages


@pytest.fixture(scope="module")
async def town() -> AsyncIterator[Town]:
    """The people of this module; Alisa has a second session."""
    async with new_town() as network, network.phone(network.alisa):
        for person in (network.boris, network.vera, network.grisha):
            await person.send("alisa_test", "hello")
            await network.alisa.entity(person.account.id)
        yield network


async def dialog(person: Person, chat: str) -> Any:
    """Return the TL ``Dialog`` of a chat."""
    peer = types.InputDialogPeer(await person.entity(chat))
    return (await person.client(messages.GetPeerDialogsRequest([peer]))).dialogs[0]


async def names(person: Person, folder: int | None = None) -> list[str]:
    """Return the names of the chats of a folder, first to last."""
    return [d.name.split()[0] async for d in person.client.iter_dialogs(folder=folder)]


async def test_muting_a_chat(town: Town) -> None:
    alisa = town.alisa
    until = town.net.clock.moment() + timedelta(hours=8)
    await alisa.mute("boris_test", until)
    told = await town.saw(None, types.UpdateNotifySettings)
    assert told.peer.peer.user_id == town.boris.account.id
    assert told.notify_settings.mute_until == until
    assert (await dialog(alisa, "boris_test")).notify_settings.mute_until == until
    where = types.InputNotifyPeer(await alisa.entity("boris_test"))
    assert (await alisa.client(account.GetNotifySettingsRequest(where))).mute_until == until
    full = await alisa.client(functions.users.GetFullUserRequest("boris_test"))
    assert full.full_user.notify_settings.mute_until == until
    await alisa.mute("boris_test", None)
    assert (await dialog(alisa, "boris_test")).notify_settings.mute_until is None
    everybody = types.InputPeerNotifySettings(silent=True)
    await alisa.client(account.UpdateNotifySettingsRequest(types.InputNotifyUsers(), everybody))
    found = await alisa.client(account.GetNotifySettingsRequest(types.InputNotifyUsers()))
    assert found.silent
    await town.saw(None, types.UpdateNotifySettings, lambda one: one.notify_settings.silent)


async def test_muting_a_topic(town: Town) -> None:
    alisa = town.alisa
    room = await town.room("supergroup", town.boris)
    await alisa.set_forum(room.id)
    topic = await alisa.create_topic(room.id, "Noise")
    until = town.net.clock.moment() + timedelta(hours=8)
    await alisa.mute(room.id, until, topic)
    told = await town.saw(
        None, types.UpdateNotifySettings, lambda one: isinstance(one.peer, types.NotifyForumTopic)
    )
    assert (told.peer.top_msg_id, told.notify_settings.mute_until) == (topic, until)
    shown = next(one for one in await alisa.topics(room.id) if one.id == topic)
    assert shown.notify_settings.mute_until == until


async def test_the_archive(town: Town) -> None:
    alisa, vera = town.alisa, town.vera
    await alisa.archive("vera_test")
    told = await town.saw(None, types.UpdateFolderPeers)
    (moved,) = told.folder_peers
    assert (moved.peer.user_id, moved.folder_id) == (vera.account.id, 1)
    assert await names(alisa, folder=1) == ["Vera"]
    assert "Vera" not in await names(alisa, folder=0)
    assert "Vera" in await names(alisa)
    main = await alisa.client(messages.GetPinnedDialogsRequest(0))
    (archive,) = [one for one in main.dialogs if isinstance(one, types.DialogFolder)]
    assert (archive.folder.id, archive.peer.user_id) == (1, vera.account.id)
    await alisa.mute("vera_test", town.net.clock.moment() + timedelta(hours=1))
    await vera.send("alisa_test", "into the archive")
    await alisa.wait_for_text("into the archive")
    assert (await dialog(alisa, "vera_test")).folder_id == 1
    await alisa.mute("vera_test", None)
    town.forget()
    await vera.send("alisa_test", "out of the archive")
    back = await town.saw(None, types.UpdateFolderPeers)
    assert back.folder_peers[0].folder_id == 0
    assert await names(alisa, folder=1) == []
    wrong = types.InputFolderPeer(await alisa.entity("vera_test"), 7)
    with pytest.raises(errors.FolderIdInvalidError):
        await alisa.client(functions.folders.EditPeerFoldersRequest([wrong]))


async def test_pinned_chats(town: Town) -> None:
    alisa = town.alisa
    for name in ("boris_test", "grisha_test"):
        await alisa.pin_chat(name)
    for person in (town.boris, town.grisha):
        await town.saw(
            None,
            types.UpdateDialogPinned,
            lambda one, who=person: one.peer.peer.user_id == who.account.id,  # type: ignore[misc]
            pinned=True,
        )
    assert (await names(alisa))[:2] == ["Grisha", "Boris"]
    pinned = await alisa.client(messages.GetPinnedDialogsRequest(0))
    listed = [one for one in pinned.dialogs if isinstance(one, types.Dialog)]
    assert [one.peer.user_id for one in listed] == [
        town.grisha.account.id,
        town.boris.account.id,
    ]
    order = [
        types.InputDialogPeer(await alisa.entity(f"{name}_test")) for name in ("boris", "vera")
    ]
    await alisa.client(messages.ReorderPinnedDialogsRequest(0, order, force=True))
    reordered = await town.saw(None, types.UpdatePinnedDialogs)
    assert [one.peer.user_id for one in reordered.order] == [
        town.boris.account.id,
        town.vera.account.id,
    ]
    everything = types.InputPeerEmpty()
    first = await alisa.client(messages.GetDialogsRequest(None, 0, everything, 2, 0))
    assert [(d.peer.user_id, d.pinned) for d in first.dialogs] == [
        (town.boris.account.id, True),
        (town.vera.account.id, True),
    ]
    after = await alisa.entity("vera_test")
    rest = await alisa.client(
        messages.GetDialogsRequest(None, 0, after, 100, 0, exclude_pinned=True)
    )
    assert not any(one.pinned for one in rest.dialogs)
    assert len(first.dialogs) + len(rest.dialogs) == first.count
    town.net.world.set_limits(pinned_dialogs=2)
    with pytest.raises(errors.PinnedDialogsTooMuchError):
        await alisa.pin_chat("grisha_test")
    await alisa.pin_chat("boris_test", pinned=False)
    assert not (await dialog(alisa, "boris_test")).pinned


async def test_unread_marks(town: Town) -> None:
    alisa = town.alisa
    await alisa.mark_unread("boris_test")
    told = await town.saw(None, types.UpdateDialogUnreadMark)
    assert (told.peer.peer.user_id, told.unread) == (town.boris.account.id, True)
    assert (await dialog(alisa, "boris_test")).unread_mark
    await alisa.mark_unread("boris_test", unread=False)
    await town.saw(None, types.UpdateDialogUnreadMark, unread=False)
    assert not (await dialog(alisa, "boris_test")).unread_mark


async def test_drafts(town: Town) -> None:
    alisa = town.alisa
    await alisa.save_draft("boris_test", "as I was saying")
    told = await town.saw(None, types.UpdateDraftMessage)
    assert (told.peer.user_id, told.draft.message) == (town.boris.account.id, "as I was saying")
    assert (await dialog(alisa, "boris_test")).draft.message == "as I was saying"
    drafts = await alisa.client(messages.GetAllDraftsRequest())
    assert [one.draft.message for one in drafts.updates] == ["as I was saying"]
    target = await alisa.entity("boris_test")
    await alisa.client(messages.SendMessageRequest(target, "as I was saying", clear_draft=True))

    def is_empty() -> bool:
        last = [u for u in town.seen[0] if isinstance(u, types.UpdateDraftMessage)][-1]
        return isinstance(last.draft, types.DraftMessageEmpty)

    await eventually(is_empty)
    assert (await dialog(alisa, "boris_test")).draft is None


async def test_a_session_that_was_away_learns_of_it(town: Town) -> None:
    alisa = town.alisa
    async with town.phone(alisa) as phone:
        state = await phone(functions.updates.GetStateRequest())
    await alisa.archive("boris_test")
    await alisa.mute("grisha_test", town.net.clock.moment() + timedelta(hours=1))
    missed = await alisa.client(
        functions.updates.GetDifferenceRequest(state.pts, state.date, state.qts)
    )
    kinds = {type(one).__name__ for one in missed.other_updates}
    assert kinds >= {"UpdateFolderPeers", "UpdateNotifySettings"}
    await alisa.archive("boris_test", archived=False)
