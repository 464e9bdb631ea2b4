# SPDX-License-Identifier: AGPL-3.0-or-later
"""An allowed server brings what a refused one wrote, with that one's own signature."""

import secrets
from functools import partial

import pytest

from tests.policy.federating import Person
from tests.policy.hostile.border import Border, Shared
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


async def hears(person: Person, room: str, text: str) -> bool:
    return text in await person.heard(room)


async def test_what_a_refused_server_wrote_is_not_taken_from_a_friend(
    border: Border, shared: Shared
) -> None:
    at_home = await shared.alice.create_room()
    for _ in range(2):
        await border.allow(border.friend, border.other)
        relayed = f"relayed {secrets.token_hex(4)}"
        answer = await border.friend.send(border.friend.transaction(shared.other.says(relayed)))
        assert answer[0] == 200, answer
        await eventually(partial(hears, shared.alice, shared.room, relayed))

        await border.allow(border.friend)
        refused, own = f"refused {secrets.token_hex(4)}", f"own {secrets.token_hex(4)}"
        pdus = shared.other.says(refused), shared.friend.says(own)
        answer = await border.friend.send(border.friend.transaction(*pdus))
        assert answer[0] == 200, answer
        await eventually(partial(hears, shared.alice, shared.room, own))
        assert not await hears(shared.alice, shared.room, refused)
        await shared.alice.say(at_home, secrets.token_hex(4))
