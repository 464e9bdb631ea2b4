# SPDX-License-Identifier: AGPL-3.0-or-later
"""An organisation's number with two agents and five customers, while the bridge is killed five times.

Meta keeps no order of webhooks, so that of what customers write is not looked at.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial

import pytest
from attrs import define

from bridges.whatsapp.network import network
from sandbox.whatsapp_cloud import CloudSandbox
from sandbox.whatsapp_cloud.customer import CustomerPhone
from tests.faults.bridge_process import BridgeProcess
from tests.faults.conftest import Report
from tests.support.bridge_under_test import BridgeSlot, BridgeUnderTest
from tests.support.matrix_user import MatrixUser
from tests.support.people import People
from tests.support.ports import LOOPBACK, PortLease
from tests.support.synapse import SynapseFactory, SynapseSettings
from tests.support.waiting import eventually
from tests.whatsapp.cloud.organisation import cloud_config, log_in

pytestmark = [pytest.mark.synapse, pytest.mark.slow]

CUSTOMERS = 5
MESSAGES = 100
"""Of each customer, and as many to each."""

DEATHS = 5
PATIENCE = 300.0
"""Seconds; a message of which nothing is known is sent again after two minutes."""


@define
class Shop:
    """Two agents, and customers with a room each."""

    bridge: BridgeProcess
    agents: list[MatrixUser]
    customers: list[CustomerPhone]
    rooms: list[str]


@pytest.fixture(scope="module")
async def shop(
    synapse_factory: SynapseFactory, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Shop]:
    """A shop in which everybody has said hello."""
    data = tmp_path_factory.mktemp("cloud")
    slot = BridgeSlot("whatsapp")
    settings = SynapseSettings(registrations=slot.registrations)
    with PortLease() as lease:
        async with (
            CloudSandbox() as net,
            synapse_factory.running(settings) as server,
            People() as people,
        ):
            number = net.add_number("+992440000001", "Choyxona")
            mxids = [server.mxid(name) for name in ("alisa", "boris")]
            chosen = cloud_config(net, number, lease.port, slot, mxids)
            database = f"sqlite:///{data / 'bridge.db'}"
            prepared = BridgeUnderTest(slot, server, network, chosen, database, data / "bridge")
            async with BridgeProcess(prepared.settings, data) as bridge:
                agents = [
                    await people.join(server, name, auto_join=True) for name in ("alisa", "boris")
                ]
                for agent in agents:
                    await log_in(agent, prepared.bot)
                url = f"http://{LOOPBACK}:{lease.port}/whatsapp/webhook"
                assert await net.webhooks.verify(url, number.verify_token)
                customers, rooms = [], []
                for count in range(CUSTOMERS):
                    customer = net.customer(f"+99290000030{count}", f"Customer {count}", number)
                    customer.says(f"hello from {count}")
                    event = await agents[0].wait_message(f"hello from {count}")
                    await agents[1].wait_message(f"hello from {count}", event["room_id"])
                    customers.append(customer)
                    rooms.append(event["room_id"])
                yield Shop(bridge, agents, customers, rooms)
    slot.release()


async def test_nothing_is_lost_or_doubled(shop: Shop, recovered: Report) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        group.create_task(_hear(shop))
        group.create_task(_kill(shop))
        for turn, agent in enumerate(shop.agents):
            group.create_task(_write(shop, agent, turn))
    written = loop.time()
    await eventually(
        lambda: not _missing(shop),
        PATIENCE,
        lambda: f"messages: {_missing(shop)[:20]}",
        interval=0.5,
    )
    recovered("from the last message", loop.time() - written)
    for count, phone in enumerate(shop.customers):
        heard = [one for one in shop.agents[1].bodies(shop.rooms[count]) if one in _said(count)]
        assert Counter(heard) == Counter(_said(count))
        for turn, _ in enumerate(shop.agents):
            in_turn = _written(count)[turn :: len(shop.agents)]
            assert [one for one in phone.texts() if one in in_turn] == in_turn


def _said(customer: int) -> list[str]:
    return [f"from {customer}: {number}" for number in range(MESSAGES)]


def _written(customer: int) -> list[str]:
    return [f"to {customer}: {number}" for number in range(MESSAGES)]


async def _write(shop: Shop, agent: MatrixUser, turn: int) -> None:
    """Have an agent write every other message to each customer."""
    for number in range(turn, MESSAGES, len(shop.agents)):
        for customer, room in enumerate(shop.rooms):
            await agent.say(room, _written(customer)[number])


async def _hear(shop: Shop) -> None:
    for number in range(MESSAGES):
        for customer, phone in enumerate(shop.customers):
            phone.says(_said(customer)[number])
        await asyncio.sleep(0.05)  # As people write, not a flood.


async def _kill(shop: Shop) -> None:
    """Kill the bridge each time after it has carried some more."""
    for death in range(1, DEATHS + 1):
        enough = partial(_has_carried, shop, death * 15)
        await eventually(enough, PATIENCE, f"messages before death {death}")
        await shop.bridge.kill()
        await shop.bridge.start()


def _has_carried(shop: Shop, messages: int) -> bool:
    return sum(len(phone.inbox) for phone in shop.customers) >= messages


def _missing(shop: Shop) -> list[str]:
    gone: set[str] = set()
    for customer, phone in enumerate(shop.customers):
        gone |= set(_written(customer)) - set(phone.texts())
        gone |= set(_said(customer)) - set(shop.agents[1].bodies(shop.rooms[customer]))
    return sorted(gone)
