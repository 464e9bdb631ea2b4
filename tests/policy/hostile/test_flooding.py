# SPDX-License-Identifier: AGPL-3.0-or-later
"""Thousands of requests under made-up names: all are refused, and nobody at home suffers."""

import asyncio
import secrets
import time
from collections import Counter

import pytest

from tests.policy.federation.world import audited
from tests.policy.hostile.border import Border
from tests.policy.hostile.peer import FEDERATION
from tests.support.memory import forget_peak, peak_resident
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

REQUESTS = 2000
AT_ONCE = 25
RECORDED = 500
"""Refusals recorded one by one in the time in which each cause is recorded once."""
MEMORY = 48 * 2**20
"""Bytes the homeserver may take for a flood."""
ANSWERED = 5.0
"""Seconds in which somebody at home is answered during the flood, on a busy machine."""


async def test_made_up_names_by_the_thousand(border: Border) -> None:
    await border.allow(border.friend)
    border.other.forget()
    alice = await border.person()
    room = await alice.create_room()
    names = iter([f"{number}.{secrets.token_hex(8)}.example" for number in range(REQUESTS)])
    # Signed once: a refused name is refused before its signature is looked at.
    request = border.other.prepare("GET", f"{FEDERATION}/v1/publicRooms", as_="forged.example")
    template = request.headers["Authorization"]
    statuses: Counter[int] = Counter()

    async def flood() -> None:
        for name in names:
            header = {"Authorization": template.replace("forged.example", name)}
            async with border.other._session.get(
                border.home.federation_url + request.uri, headers=header
            ) as response:
                statuses[response.status] += 1

    forget_peak(border.home.pid)
    before = peak_resident(border.home.pid)
    flooding = asyncio.gather(*(flood() for _ in range(AT_ONCE)))
    said = 0
    while not flooding.done():
        began = time.monotonic()
        await alice.say(room, f"during it {said}")
        assert time.monotonic() - began < ANSWERED
        said += 1
    await flooding
    assert statuses == {403: REQUESTS}
    assert said > 3
    assert (await alice.heard(room))[-1] == f"during it {said - 1}"
    assert peak_resident(border.home.pid) - before < MEMORY
    assert border.other.heard == []

    # Refusals of what people at home try are counted by themselves, so they are recorded even now.
    unheard_of = f"{secrets.token_hex(8)}.example"
    await alice.ask("GET", f"profile/@a:{unheard_of}")

    def recorded() -> list[str]:
        return [record["server"] for record in audited(border.home, "refused")]

    await eventually(lambda: unheard_of in recorded())
    assert len(recorded()) < RECORDED + 100
