# SPDX-License-Identifier: AGPL-3.0-or-later
"""A removed server sends what it signed while it was allowed, again or for the first time."""

import secrets
from functools import partial

import pytest

from tests.policy.federation.world import holds
from tests.policy.hostile.border import Border, Shared
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


async def test_what_was_signed_before_the_removal_is_not_taken_after_it(
    border: Border, shared: Shared
) -> None:
    for _ in range(2):
        await border.allow(border.friend, border.other)
        heard, held_back = (f"{word} {secrets.token_hex(4)}" for word in ("heard", "held back"))
        sent = border.other.transaction(shared.other.says(heard))
        later = border.other.transaction(shared.other.says(held_back))
        assert (await border.other.send(sent))[0] == 200
        await eventually(partial(holds, border.home, heard))

        await border.allow(border.friend)
        border.other.forget()
        at_home = await shared.alice.create_room()
        for prepared in (sent, later, sent, later):
            assert (await border.other.send(prepared))[0] == 403
            await shared.alice.say(at_home, secrets.token_hex(4))
        assert border.other.heard == []
        assert not holds(border.home, held_back)
        assert (await shared.alice.heard(shared.room)).count(heard) == 1
