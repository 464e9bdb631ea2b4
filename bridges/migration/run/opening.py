# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is needed before a plan can be made or worked on: the homeserver, the journal, the day."""

from collections.abc import AsyncIterator, Mapping, Set
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import aiohttp
from mautrix.types import UserID

from bridges.contacts.live.client import BridgeClient, BridgeRefuses, BridgeSilent
from bridges.core.egress.follow import followed_border
from bridges.core.egress.http import GuardedConnector
from bridges.core.matrix.errors import HomeserverRefused, HomeserverUnavailable
from bridges.core.text import Translation
from bridges.migration.archives.model import Source
from bridges.migration.plan.model import Plan
from bridges.migration.run.journal import Journal, journal_of
from bridges.migration.run.runner import Work
from bridges.migration.run.settings import MigrationSettings
from bridges.migration.run.voices import Voices


@asynccontextmanager
async def work_on(
    file: Path, plan: Plan, settings: MigrationSettings, say: Translation, today: date
) -> AsyncIterator[Work]:
    """Have a plan ready to be worked on: ``file`` is where it was read. Raises ``sqlite3.Error``."""
    with Journal.open(journal_of(file)) as journal:
        async with Voices.open(settings, say) as voices:
            yield Work(plan, file.parent.absolute(), journal, voices, say, today)


async def registered_among(
    candidates: Set[UserID], settings: MigrationSettings, say: Translation
) -> Set[UserID] | None:
    """Ask the homeserver which ghosts of bridges there are; None if it does not answer."""
    if not candidates:
        return set()
    try:
        async with Voices.open(settings, say) as voices:
            await voices.prepare(voices.bot.mxid)
            return {
                one for one in candidates if await voices.own.profile(voices.bot, one) is not None
            }
    except (HomeserverRefused, HomeserverUnavailable):
        return None


async def users_with(
    numbers: Set[str], source: Source, owner: UserID, settings: MigrationSettings
) -> Mapping[str, str]:
    """Ask a network's bridge whose phone numbers are, as ``owner`` was told; nobody's if it is silent.

    Raises ``MisconfiguredError`` if the policy file is bad.
    """
    address = settings.addresses.get(source)
    if address is None:
        return {}
    async with followed_border(settings.policy, settings.server_name) as border:
        connector = GuardedConnector(border, address.url, connections=1)
        async with aiohttp.ClientSession(connector=connector) as http:
            try:
                return await BridgeClient(http, address).users(owner, numbers)
            except (BridgeSilent, BridgeRefuses):
                return {}


def latest_day(now: datetime) -> date:
    """Give the latest day it is anywhere; ``now`` is in UTC."""
    return (now + timedelta(hours=14)).date()
