# SPDX-License-Identifier: AGPL-3.0-or-later
"""A bridge that starts while something is missing waits for it and says so."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conformance.telegram_driver import TelegramDriver
from tests.support.bridge_under_test import BridgeOptions, BridgeSlot, BridgeUnderTest
from tests.support.clock import HastyClock
from tests.support.synapse import SynapseFactory, SynapseServer, SynapseSettings
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


@pytest.fixture
async def slot() -> AsyncIterator[BridgeSlot]:
    slot = BridgeSlot("telegram")
    yield slot
    slot.release()


def bridge_on(
    server: SynapseServer, slot: BridgeSlot, telegram: TelegramDriver, folder: Path
) -> BridgeUnderTest:
    return BridgeUnderTest(
        slot,
        server,
        telegram.plugin,
        telegram.config(slot.listen),
        f"sqlite:///{folder / 'bridge.db'}",
        folder / "bridge",
        BridgeOptions(clock=HastyClock(10)),
    )


async def test_homeserver_is_down(
    synapse_factory: SynapseFactory, slot: BridgeSlot, telegram: TelegramDriver, tmp_path: Path
) -> None:
    async with synapse_factory.running(SynapseSettings(registrations=slot.registrations)) as server:
        await server.terminate()
        bridge = bridge_on(server, slot, telegram, tmp_path)
        await bridge.launch()
        try:
            status, health = await bridge.http("/_matrix/mau/ready")
            assert status == 503
            assert server.url in health["waiting_for"]
            assert await bridge.http("/_matrix/mau/live") == (200, {"live": True})
            await server.start()
            await eventually(bridge.ready, describe="readiness")
        finally:
            await bridge.stop()


async def test_homeserver_does_not_know_the_bridge(
    synapse_factory: SynapseFactory, slot: BridgeSlot, telegram: TelegramDriver, tmp_path: Path
) -> None:
    async with synapse_factory.running(SynapseSettings()) as server:
        bridge = bridge_on(server, slot, telegram, tmp_path)
        await bridge.launch()
        try:

            async def explained() -> bool:
                _, health = await bridge.http("/_matrix/mau/ready")
                return "refuses this bridge" in health["waiting_for"]

            await eventually(explained, describe="an explanation")
        finally:
            await bridge.stop()


async def test_telegram_is_down(
    synapse_factory: SynapseFactory, slot: BridgeSlot, telegram: TelegramDriver, tmp_path: Path
) -> None:
    async with synapse_factory.running(SynapseSettings(registrations=slot.registrations)) as server:
        bridge = bridge_on(server, slot, telegram, tmp_path)
        await telegram.cut_off()
        try:
            async with bridge:
                assert bridge.ready()
        finally:
            await telegram.let_back()
