# SPDX-License-Identifier: AGPL-3.0-or-later
"""An organisation whose number is set up in the configuration, with agents on a real homeserver."""

from collections.abc import Sequence
from typing import Any

from bridges.whatsapp.config import WhatsAppConfig
from sandbox.whatsapp_cloud import CloudSandbox
from sandbox.whatsapp_cloud.world import BusinessNumber
from tests.support.bridge_under_test import BridgeSlot
from tests.support.matrix_user import MatrixUser
from tests.support.ports import LOOPBACK


async def log_in(agent: MatrixUser, bot: str) -> None:
    """Have a listed agent come to answer for the number."""
    room = await agent.create_dm(bot)
    await agent.wait_message("login", room, sender=bot)
    await agent.say(room, "login cloud")
    await agent.wait_message("You answer for Choyxona", room, sender=bot)


def cloud_config(
    net: CloudSandbox, number: BusinessNumber, port: int, slot: BridgeSlot, agents: Sequence[str]
) -> WhatsAppConfig:
    """A configuration with the Cloud API alone; webhooks come to `port`."""
    values: dict[str, Any] = {
        "enabled": True,
        "listen": slot.listen.model_dump(),
        "linked": {"enabled": False},
        "cloud": {
            "enabled": True,
            "listen": {"host": LOOPBACK, "port": port},
            "graph_url": net.url,
            "own_numbers": False,
            "number": {
                "phone_number_id": number.id,
                "access_token": number.access_token,
                "app_secret": number.app_secret,
                "verify_token": number.verify_token,
                "agents": list(agents),
            },
        },
    }
    return WhatsAppConfig.model_validate(values, strict=False)
