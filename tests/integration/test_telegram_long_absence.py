# SPDX-License-Identifier: AGPL-3.0-or-later
"""A long absence, with few messages; tests/faults plays it with 2,000."""

from pathlib import Path

import pytest

from tests.integration.long_absence import nothing_is_lost_doubled_or_out_of_order
from tests.support.synapse import SynapseFactory

pytestmark = pytest.mark.synapse


async def test_nothing_is_lost_doubled_or_out_of_order(
    synapse_factory: SynapseFactory, tmp_path: Path
) -> None:
    await nothing_is_lost_doubled_or_out_of_order(synapse_factory, tmp_path, per_chat=20)
