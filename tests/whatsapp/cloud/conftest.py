# SPDX-License-Identifier: AGPL-3.0-or-later
"""An office for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.whatsapp.cloud.office import ALISA, OfficeUnderTest, running_office


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[OfficeUnderTest]:
    """An organisation for whose number Alisa answers."""
    async with running_office(tmp_path) as office:
        await office.log_in(ALISA)
        await office.connect_webhook()
        yield office
