# SPDX-License-Identifier: AGPL-3.0-or-later
"""An hour without a network, a bridge that is restarted, and 2,000 messages waiting."""

from pathlib import Path

from tests.integration.long_absence import CHATS, nothing_is_lost_doubled_or_out_of_order
from tests.support.synapse import SynapseFactory

_MESSAGES = 2000


async def test_nothing_is_lost_doubled_or_out_of_order(
    synapse_factory: SynapseFactory, folder: Path
) -> None:
    await nothing_is_lost_doubled_or_out_of_order(
        synapse_factory, folder, per_chat=_MESSAGES // CHATS
    )
