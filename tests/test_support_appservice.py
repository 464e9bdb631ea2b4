# SPDX-License-Identifier: AGPL-3.0-or-later
"""Registrations are what Synapse expects, and transactions arrive."""

import re
from functools import partial
from typing import Any

import pytest

from tests.support.appservice import registration
from tests.support.people import People
from tests.support.recording_appservice import AppserviceClient, RecordingAppservice
from tests.support.synapse import SynapseFactory, SynapseSettings


def test_ghosts_are_exclusive_and_people_are_not() -> None:
    content = registration("telegram", "telegrambot", "telegram_", "http://127.0.0.1:1").as_dict()
    bot, ghosts, everyone = content["namespaces"]["users"]
    assert bot["exclusive"] is True
    assert re.fullmatch(bot["regex"], "@telegrambot:home.test")
    assert ghosts["exclusive"] is True
    assert re.fullmatch(ghosts["regex"], "@telegram_1:home.test")
    assert not re.fullmatch(ghosts["regex"], "@zarina:home.test")
    assert everyone["exclusive"] is False
    assert re.fullmatch(everyone["regex"], "@zarina:home.test")
    assert not re.fullmatch(everyone["regex"], "@zarina:homeXtest")


def test_without_double_puppets_nobody_but_bot_and_ghosts_is_claimed() -> None:
    service = registration("telegram", "telegrambot", "telegram_", None, double_puppet=False)
    assert all(claim["exclusive"] for claim in service.as_dict()["namespaces"]["users"])


def test_tokens_are_never_the_same() -> None:
    first, second = (registration("x", "xbot", "x_", None) for _ in range(2))
    assert len({first.as_token, first.hs_token, second.as_token, second.hs_token}) == 4


def _is(event_id: str, event: dict[str, Any]) -> bool:
    return bool(event["event_id"] == event_id)


@pytest.mark.synapse
async def test_two_services_get_transactions_also_after_a_kill(
    synapse_factory: SynapseFactory, people: People
) -> None:
    async with (
        RecordingAppservice("telegram", "telegrambot", "telegram_") as telegram,
        RecordingAppservice("whatsapp", "whatsappbot", "whatsapp_") as whatsapp,
    ):
        services = (telegram, whatsapp)
        settings = SynapseSettings(registrations=[each.registration for each in services])
        async with synapse_factory.running(settings) as server:
            bakhtiyor = await people.join(server, "bakhtiyor")
            room = await bakhtiyor.create_room(invite=[telegram.registration.bot_mxid])
            for text in ("before", "after"):
                sent = await bakhtiyor.say(room, text)
                for service in services:
                    event = await service.wait_for(partial(_is, sent))
                    assert event["content"]["body"] == text
                await server.kill()
                await server.restart()
            await bakhtiyor.typing(room)
            api = AppserviceClient(server.url, telegram.registration)
            bot = telegram.registration.bot_mxid
            new = {"type": "m.login.application_service", "username": "telegrambot"}
            await api.expect("POST", "/_matrix/client/v3/register", new | {"inhibit_login": True})
            await api.expect("POST", f"/_matrix/client/v3/join/{room}", {}, user_id=bot)
            path = f"/_matrix/client/v3/rooms/{room}/joined_members"
            assert bot in (await api.expect("GET", path, user_id=bot))["joined"]
