# SPDX-License-Identifier: AGPL-3.0-or-later
"""The short version of what `make faults` does with the worker."""

import pytest

from tests.conformance.stage import Stage
from tests.conformance.whatsapp_driver import WhatsAppDriver
from tests.faults.whatsapp_load import talk_while_the_worker_dies

pytestmark = pytest.mark.synapse


async def test_nothing_is_lost_or_doubled(stage: Stage, whatsapp: WhatsAppDriver) -> None:
    await talk_while_the_worker_dies(
        stage, whatsapp, accounts=2, messages=40, deaths=2, patience=120
    )
