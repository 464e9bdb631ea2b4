# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the network does to a linked device, and what the bridge learns of it."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from bridges.whatsapp.linked.channel import WorkerRefused
from bridges.whatsapp.worker.store import SqliteKeys
from sandbox.whatsapp.faults import (
    CLIENT_OUTDATED,
    MAIN_DEVICE_GONE,
    UNAVAILABLE,
    Ban,
    Refusal,
    temporary_ban,
)
from sandbox.whatsapp.node import node
from tests.support.waiting import eventually
from tests.whatsapp.worker.conftest import ALISA, BORIS
from tests.whatsapp.worker.workers import RunningWorker


async def _state(worker: RunningWorker, account: str) -> str:
    return next(one.state for one in await worker.client.accounts() if one.name == account)


async def _until(worker: RunningWorker, account: str, state: str) -> None:
    async def reached() -> bool:
        return await _state(worker, account) == state

    await eventually(reached, describe=f"{account} to be {state}")


async def test_a_dropped_connection_comes_back_by_itself(worker: RunningWorker) -> None:
    worker.heard.events.clear()
    worker.net.operator.drop(worker.net.accounts.find("Alisa"))
    await worker.heard.wait("disconnected", "alisa")
    await worker.heard.wait("connected", "alisa")


async def test_a_connection_that_was_replaced_waits_for_the_bridge(worker: RunningWorker) -> None:
    worker.heard.events.clear()
    worker.net.operator.replace(worker.net.accounts.find("Alisa"))
    await worker.heard.wait("stream_replaced", "alisa")
    assert await _state(worker, "alisa") == "stopped"
    await worker.client.connect("alisa")
    await worker.heard.wait("connected", "alisa")


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (temporary_ban(Ban.TOO_MANY_PEOPLE, 3600), "temporary_ban"),
        (CLIENT_OUTDATED, "client_outdated"),
    ],
    ids=["banned", "outdated"],
)
async def test_a_refused_login_says_why(worker: RunningWorker, refusal: Refusal, kind: str) -> None:
    alisa = worker.net.accounts.find("Alisa")
    await worker.client.disconnect("alisa")
    worker.heard.events.clear()
    worker.net.faults.refuse_login(refusal, alisa)
    await worker.client.connect("alisa")
    event = await worker.heard.wait(kind, "alisa")
    if kind == "temporary_ban":
        assert event.data["code"] == "SEND_TO_TOO_MANY_PEOPLE"
        assert event.data["expire"] == 3600
    await _until(worker, "alisa", "stopped")
    await worker.client.connect("alisa")
    await worker.heard.wait("connected", "alisa")


async def test_a_service_that_is_down_is_tried_again(worker: RunningWorker) -> None:
    alisa = worker.net.accounts.find("Alisa")
    await worker.client.disconnect("alisa")
    worker.heard.events.clear()
    worker.net.faults.refuse_login(UNAVAILABLE, alisa, count=2)
    await worker.client.connect("alisa")
    await worker.heard.wait("connected", "alisa")


async def test_calls_about_somebody_not_connected_are_refused(worker: RunningWorker) -> None:
    await worker.client.disconnect("alisa")
    with pytest.raises(WorkerRefused) as refused:
        await worker.client.send("alisa", "1@lid", {"conversation": "x"})
    assert refused.value.code == "NOT_CONNECTED"
    with pytest.raises(WorkerRefused) as refused:
        await worker.client.connect("nobody")
    assert refused.value.code == "NOT_LINKED"
    await worker.client.connect("alisa")
    await worker.heard.wait("connected", "alisa")


async def test_whoever_is_logged_out_can_link_again(worker: RunningWorker) -> None:
    worker.heard.events.clear()
    worker.net.operator.log_out(worker.net.accounts.find("Boris"))
    event = await worker.heard.wait("logged_out", "boris")
    assert event.data["on_connect"] is False
    assert [one.name for one in await worker.client.accounts()] == ["alisa"]
    await worker.link("boris", BORIS)


async def test_whose_phone_is_gone_learns_it_when_connecting(worker: RunningWorker) -> None:
    await worker.client.disconnect("alisa")
    worker.heard.events.clear()
    worker.net.faults.refuse_login(MAIN_DEVICE_GONE, worker.net.accounts.find("Alisa"))
    await worker.client.connect("alisa")
    event = await worker.heard.wait("logged_out", "alisa")
    assert event.data == {"on_connect": True, "reason": "MAIN_DEVICE_GONE"}
    await worker.link("alisa", ALISA)


async def test_linking_by_code(worker: RunningWorker) -> None:
    worker.net.add_account("+992555000103", "Vera")
    code = await worker.client.link_by_code("vera", "+992555000103")
    worker.net.phone("Vera").type_code(code)
    event = await worker.heard.wait("linked", "vera")
    assert event.data["jid"].startswith("992555000103:")
    await worker.heard.wait("connected", "vera")
    await worker.client.logout("vera")
    assert "vera" not in [one.name for one in await worker.client.accounts()]
    assert worker.net.accounts.devices(worker.net.accounts.find("Vera")) == []


async def test_linking_that_is_given_up_can_begin_again(worker: RunningWorker) -> None:
    worker.net.add_account("+992555000104", "Gulya")
    await worker.client.link("gulya")
    await worker.heard.wait("qr", "gulya")
    await worker.client.disconnect("gulya")
    worker.heard.events.clear()
    await worker.link("gulya", "+992555000104")


@pytest.mark.parametrize(
    ("refusal", "kind", "data"),
    [
        (Refusal(402, 199, 60), "temporary_ban", {"code": "199", "expire": 60}),
        (Refusal(463), "connect_failure", {"reason": "463", "message": ""}),
    ],
    ids=["a new kind of ban", "a new reason"],
)
async def test_a_refusal_the_library_has_no_word_for_is_told(
    worker: RunningWorker, refusal: Refusal, kind: str, data: dict[str, Any]
) -> None:
    await worker.client.disconnect("alisa")
    worker.heard.events.clear()
    worker.net.faults.refuse_login(refusal, worker.net.accounts.find("Alisa"))
    await worker.client.connect("alisa")
    assert (await worker.heard.wait(kind, "alisa")).data == data
    await _until(worker, "alisa", "stopped")
    await worker.client.connect("alisa")
    await worker.heard.wait("connected", "alisa")


async def test_a_receipt_the_library_has_no_word_for_costs_a_reconnection(
    worker: RunningWorker,
) -> None:
    alisa, boris = (worker.net.accounts.find(name) for name in ("Alisa", "Boris"))
    device = worker.net.accounts.devices(alisa)[-1]
    worker.heard.events.clear()
    attributes = {"from": str(boris.jid(1)), "id": "X", "t": "1", "type": "server-error"}
    worker.net.switchboard.deliver(device, node("receipt", attributes))
    worker.net.switchboard.flush()
    await worker.heard.wait("connected", "alisa")
    await eventually(lambda: worker.net.operator.waiting(device) == 0)
    to_alisa = f"{ALISA.lstrip('+')}@s.whatsapp.net"
    sent = await worker.client.send("boris", to_alisa, {"conversation": "still there?"})
    await worker.heard.wait("message", "alisa", id=sent.id)


async def test_forgetting_an_account_removes_its_keys(worker: RunningWorker) -> None:
    keys = SqliteKeys(worker.folder / "store" / "keys.db")
    [gone] = [one for one in await worker.client.accounts() if one.name == "gulya"]
    assert gone.jid in await keys.devices()
    await worker.client.forget("gulya")
    assert gone.jid not in await keys.devices()
    with closing(sqlite3.connect(keys.path)) as database:
        left = database.execute(
            "SELECT count(*) FROM whatsmeow_pre_keys WHERE jid = ?", (gone.jid,)
        )
        assert left.fetchone() == (0,)
    assert "gulya" not in [one.name for one in await worker.client.accounts()]
