# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who sets in Matrix that messages disappear has them disappear in WhatsApp."""

import pytest

from tests.conformance.stage import Resident, Stage, unique
from tests.conformance.whatsapp_driver import WhatsAppDriver
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

_DAY = 86_400


@pytest.mark.parametrize("where", ["a direct chat", "a group"])
async def test_a_timer_is_set_by_command(
    stage: Stage, whatsapp: WhatsAppDriver, gulnora: Resident, where: str
) -> None:
    nodira = await whatsapp.person("Nodira")
    if where == "a group":
        talk = await stage.gather(gulnora, unique("Group"), nodira)
        await nodira.host.promote(talk.chat, gulnora.phone)
    else:
        talk = await stage.meet(gulnora, nodira)

    async def timer() -> int:
        if where == "a group":
            return (await nodira.person.groups.see(nodira.jid(talk.chat))).expiration
        return nodira.person.view.timers.get(nodira.jid(talk.chat), 0)

    for said, seconds in (("24h", _DAY), ("off", 0)):
        await talk.say(f"{stage.bridge.prefix} disappear {said}")

        async def is_set(wanted: int = seconds) -> bool:
            return await timer() == wanted

        await eventually(is_set, describe=f"{seconds} s on the phone")
        text = unique("gone one day")
        await talk.say(text)
        seen = await talk.on_phone(nodira, text)
        assert nodira.shown(seen).context.expiration == seconds
