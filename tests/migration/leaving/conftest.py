# SPDX-License-Identifier: AGPL-3.0-or-later
"""One homeserver for those who leave."""

from collections.abc import AsyncIterator

import pytest

from tests.migration.run.town import Town, town
from tests.support.synapse import SynapseFactory


@pytest.fixture(scope="session")
async def home(
    synapse_factory: SynapseFactory, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """A homeserver with madina on it, whose archives are brought in the tests."""
    async with town(synapse_factory, tmp_path_factory.mktemp("home")) as found:
        yield found
