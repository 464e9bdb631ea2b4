# SPDX-License-Identifier: AGPL-3.0-or-later
"""In whose name histories are brought, whatever registrations say."""

from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from synapse.api.errors import SynapseError
from synapse.appservice import ApplicationService
from synapse.types import UserID
from synapse.util.async_helpers import Linearizer

from policy_module.history.batches import PastEvent
from policy_module.history.insertion import Caller, Insertion

BOT = UserID.from_string("@bot:home.test")


class Admitted(Exception):
    """The senders may be spoken for, and the room is looked at."""


def careless(*, exclusive: bool) -> Caller:
    """A registration whose namespace does not name the server."""
    namespaces = {"users": [{"exclusive": exclusive, "regex": "@bridge_.*"}]}
    return Caller([ApplicationService("token", "bridge", BOT, namespaces=namespaces)])


async def bring(caller: Caller, sender: str) -> None:
    past = PastEvent("key", sender, "m.room.message", 0, {"body": "said"}, None, None)
    inside: Any = Mock(
        turns=Linearizer(name="turns", clock=Mock()),
        is_of_this_server=lambda user: user.endswith(":home.test"),
        is_ghost_of_any=lambda _: False,
        ground=AsyncMock(side_effect=Admitted),
    )
    await Insertion(inside, Mock()).take("!room:home.test", caller, [past])


@pytest.mark.parametrize("exclusive", [True, False])
async def test_nobody_of_another_server_is_spoken_for(exclusive: bool) -> None:
    caller = careless(exclusive=exclusive)
    with pytest.raises(Admitted):
        await bring(caller, "@bridge_1:home.test")
    with pytest.raises(SynapseError) as refused:
        await bring(caller, "@bridge_1:elsewhere.test")
    assert refused.value.code == 403
