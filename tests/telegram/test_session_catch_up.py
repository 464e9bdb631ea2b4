# SPDX-License-Identifier: AGPL-3.0-or-later
"""Nothing is lost while the bridge is away, killed, or without its database."""

import pytest

from bridges.core.events import RemoteEdit, RemoteReceipt, RemoteRedaction, UserChanged
from bridges.core.network import LoginRecord, SessionState
from bridges.telegram.session import TelegramSession
from sandbox.telegram import Person, TelegramSandbox
from sandbox.telegram.faults import PushEffect
from tests.telegram.bridge import Bridge, RecordingHandle


def distinct(texts: list[str]) -> list[str]:
    return list(dict.fromkeys(texts))


async def test_what_was_missed_arrives_in_order(
    bridge: Bridge, alisa: LoginRecord, handle: RecordingHandle, boris: Person
) -> None:
    session = await bridge.connected(alisa)
    await boris.send("alisa_test", "before")
    await handle.until(handle.messages)
    await session.disconnect()
    wanted = ["before"]
    for number in range(7):
        await boris.send("alisa_test", f"missed {number}")
        wanted.append(f"missed {number}")
    await bridge.connected(alisa)
    await handle.until(lambda: len(handle.messages()) >= len(wanted))
    assert handle.texts() == wanted


async def test_edits_deletions_and_reads_are_caught_up_too(
    bridge: Bridge,
    alisa: LoginRecord,
    handle: RecordingHandle,
    boris: Person,
    net: TelegramSandbox,
) -> None:
    session = await bridge.connected(alisa)
    edited = await boris.send("alisa_test", "tpyo")
    deleted = await boris.send("alisa_test", "oops")
    own = await (await net.person("alisa_test")).send("boris_test", "from the phone")
    await handle.until(lambda: len(handle.messages()) == 3)
    first, second, third = handle.messages()
    assert third.sender.is_me
    await session.disconnect()
    await boris.edit("alisa_test", edited.id, "typo")
    await boris.delete("alisa_test", deleted.id)
    await boris.read("alisa_test")
    await bridge.connected(alisa)
    await handle.until(lambda: handle.all(RemoteRedaction))
    await handle.until(lambda: handle.all(RemoteReceipt))
    (edit,) = handle.all(RemoteEdit)
    (redaction,) = handle.all(RemoteRedaction)
    assert edit.target == first.id
    assert redaction.target == second.id
    assert redaction.chat == second.chat
    assert any(one.up_to == third.id for one in handle.all(RemoteReceipt))
    assert own is not None


async def test_channel_edits_and_deletions_are_caught_up_too(
    bridge: Bridge,
    alisa: LoginRecord,
    handle: RecordingHandle,
    boris: Person,
    net: TelegramSandbox,
) -> None:
    await net.add_room("supergroup", "Gardeners", "boris_test", ("alisa_test",))
    session = await bridge.connected(alisa)
    edited = await boris.send("Gardeners", "tpyo")
    deleted = await boris.send("Gardeners", "oops")
    await handle.until_text("tpyo", "oops")
    await session.disconnect()
    await boris.edit("Gardeners", edited.id, "typo")
    await boris.delete("Gardeners", deleted.id)
    await boris.send("Gardeners", "new")
    await bridge.connected(alisa)
    await handle.until_text("new")
    await handle.until(lambda: handle.all(RemoteRedaction))
    assert [one.target for one in handle.all(RemoteEdit)] == [str(edited.id)]
    assert [one.target for one in handle.all(RemoteRedaction)] == [str(deleted.id)]


async def test_a_killed_bridge_loses_nothing(
    bridge: Bridge,
    alisa: LoginRecord,
    handle: RecordingHandle,
    boris: Person,
    net: TelegramSandbox,
) -> None:
    await net.add_room("supergroup", "Gardeners", "boris_test", ("alisa_test",))
    wanted = []
    for round_ in range(4):
        session = await bridge.connected(alisa)
        for place in ("alisa_test", "Gardeners"):
            text = f"{place} {round_}"
            await boris.send(place, text)
            wanted.append(text)
        await bridge.crash(session)
        await boris.send("alisa_test", f"while dead {round_}")
        wanted.append(f"while dead {round_}")
    await bridge.connected(alisa)
    await handle.until_text(*wanted)
    for place in ("alisa_test", "Gardeners"):
        arrived = [one for one in distinct(handle.texts()) if one.startswith(place)]
        assert arrived == [one for one in wanted if one.startswith(place)]


async def test_a_failing_database_delays_and_loses_nothing(
    session: TelegramSession, handle: RecordingHandle, boris: Person
) -> None:
    handle.fails_left = 2
    await boris.send("alisa_test", "stored at the third attempt")
    await boris.send("alisa_test", "and the next")
    await handle.until_text("and the next")
    assert distinct(handle.texts()) == ["stored at the third attempt", "and the next"]
    assert SessionState.TRANSIENT_DISCONNECT in [state for state, _ in handle.states]


async def test_a_long_absence_comes_in_slices(
    bridge: Bridge,
    alisa: LoginRecord,
    handle: RecordingHandle,
    boris: Person,
    net: TelegramSandbox,
) -> None:
    net.world.set_limits(difference_slice=3)
    session = await bridge.connected(alisa)
    await session.disconnect()
    wanted = [f"message {number}" for number in range(11)]
    for text in wanted:
        await boris.send("alisa_test", text)
    await bridge.connected(alisa)
    await handle.until(lambda: len(handle.messages()) >= len(wanted))
    assert handle.texts() == wanted
    assert net.log.counts()["updates.getDifference"] >= 4


@pytest.mark.parametrize("place", ["alisa_test", "Gardeners"])
async def test_what_telegram_does_not_replay_is_read_from_the_history(
    bridge: Bridge,
    alisa: LoginRecord,
    handle: RecordingHandle,
    boris: Person,
    net: TelegramSandbox,
    place: str,
) -> None:
    await net.add_room("supergroup", "Gardeners", "boris_test", ("alisa_test",))
    session = await bridge.connected(alisa)
    await boris.send(place, "before")
    await handle.until_text("before")
    await session.disconnect()
    net.world.set_limits(difference_too_long=5, channel_difference_too_long=5)
    wanted = [f"message {number}" for number in range(12)]
    for text in wanted:
        await boris.send(place, text)
    await bridge.connected(alisa)
    await handle.until_text(*wanted)
    assert [one for one in distinct(handle.texts()) if one in wanted] == wanted
    await boris.send(place, "after")
    await handle.until_text("after")


async def test_a_chat_joined_while_away_is_noticed(
    bridge: Bridge,
    alisa: LoginRecord,
    handle: RecordingHandle,
    boris: Person,
    net: TelegramSandbox,
) -> None:
    session = await bridge.connected(alisa)
    await session.disconnect()
    await net.add_room("supergroup", "Beekeepers", "boris_test", ("alisa_test",))
    await boris.send("Beekeepers", "welcome")
    await bridge.connected(alisa)
    await handle.until_text("welcome")


async def test_too_long_while_connected(
    session: TelegramSession, handle: RecordingHandle, boris: Person, net: TelegramSandbox
) -> None:
    await net.add_room("supergroup", "Gardeners", "boris_test", ("alisa_test",))
    me = net.accounts.find("alisa_test").id
    for place in ("alisa_test", "Gardeners"):
        await boris.send(place, f"seen {place}")
        await handle.until_text(f"seen {place}")
        net.faults.push(PushEffect.OMIT, account=me)
        await boris.send(place, f"lost {place}")
        net.operator.push_too_long("alisa_test")
        net.operator.push_channel_too_long("alisa_test", "Gardeners")
        await handle.until_text(f"lost {place}")


async def test_gaps_duplicates_and_disorder_are_mended(
    session: TelegramSession, handle: RecordingHandle, boris: Person, net: TelegramSandbox
) -> None:
    me = net.accounts.find("alisa_test").id
    wanted = []
    for effect in (PushEffect.OMIT, PushEffect.DUPLICATE, PushEffect.SWAP):
        net.faults.push(effect, account=me)
        for number in range(3):
            wanted.append(f"{effect} {number}")
            await boris.send("alisa_test", wanted[-1])
    net.operator.skip_pts("alisa_test", 2)
    wanted.append("last")
    await boris.send("alisa_test", "last")
    await handle.until_text("last")
    assert distinct(handle.texts()) == wanted


async def test_a_difference_that_failed_is_asked_for_again(
    bridge: Bridge,
    alisa: LoginRecord,
    handle: RecordingHandle,
    boris: Person,
    net: TelegramSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bridges.telegram.connection._PING_EVERY", 0.2)
    session = await bridge.connected(alisa)
    await session.disconnect()
    await boris.send("alisa_test", "missed")
    net.faults.fail("updates.getDifference", 500, "INTERNAL")
    await bridge.connected(alisa)
    await handle.until_text("missed")


async def test_a_name_changed_while_away_is_noticed(
    bridge: Bridge,
    alisa: LoginRecord,
    handle: RecordingHandle,
    boris: Person,
    net: TelegramSandbox,
) -> None:
    session = await bridge.connected(alisa)
    await boris.send("alisa_test", "hello")
    await handle.until(handle.messages)
    await session.disconnect()
    net.operator.rename("boris_test", "<script>alert(1)</script>", "\u202eevil\0")
    await boris.send("alisa_test", "it is me")
    await bridge.connected(alisa)
    await handle.until_text("it is me")
    boris_id = str(net.accounts.find("boris_test").id)
    names = [one.info.name for one in handle.all(UserChanged) if one.user == boris_id]
    assert names == ["Boris Made-Up", "<script>alert(1)</script> evil"]
