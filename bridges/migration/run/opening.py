# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is needed before a plan can be made or worked on: the homeserver, the journal, the day."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Set
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import aiohttp
from mautrix.types import UserID

from bridges.contacts.live.client import BridgeClient, BridgeRefuses, BridgeSilent
from bridges.contacts.live.model import ChatPlace
from bridges.core.egress.follow import followed_border
from bridges.core.egress.http import GuardedConnector
from bridges.core.matrix.errors import HomeserverRefused, HomeserverUnavailable
from bridges.core.text import Translation, user_text
from bridges.migration.archives.model import Source
from bridges.migration.plan.behind import BridgedChat, Edge
from bridges.migration.plan.errors import PlanRefused
from bridges.migration.plan.model import Plan
from bridges.migration.run.journal import Journal, journal_of
from bridges.migration.run.settings import MigrationSettings
from bridges.migration.run.voices import Voices
from bridges.migration.run.work import Work

_LATER = frozenset({"COMING", "TOO_MANY_QUESTIONS", "STARTING"})
PATIENCE = 120.0
"""Seconds; a chat's history comes in within that, unless the network wants to be asked slowly."""
_COMING = user_text(
    "A bridge is busy, or still bringing in what was said before in a chat of this archive. Try again in"
    " some minutes, so that nothing is there twice."
)


@asynccontextmanager
async def work_on(
    file: Path, plan: Plan, settings: MigrationSettings, say: Translation, today: date
) -> AsyncIterator[Work]:
    """Have a plan ready to be worked on: ``file`` is where it was read. Raises ``sqlite3.Error``."""
    with Journal.open(journal_of(file)) as journal:
        async with Voices.open(settings, say) as voices:
            ask = partial(edges_of, owner=UserID(plan.head.owner), settings=settings)
            yield Work(plan, file.parent.absolute(), journal, voices, say, today, ask)


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


async def edges_of(
    chats: Set[BridgedChat],
    source: Source,
    owner: UserID,
    settings: MigrationSettings,
    patience: float = PATIENCE,
) -> Mapping[BridgedChat, Edge]:
    """Ask a network's bridge which chats it has in rooms of ``owner``'s, and where its part begins.

    None has it if it is silent, or if nobody may speak for the owner there. Raises ``PlanRefused`` if it
    stops answering, or still brings in what was said before after ``patience`` seconds, and
    ``MisconfiguredError`` if the policy file is bad.
    """
    address = settings.addresses.get(source)
    if address is None or settings.person_token is None:
        return {}
    found: dict[BridgedChat, Edge] = {}
    answers = False
    async with followed_border(settings.policy, settings.server_name) as border:
        connector = GuardedConnector(border, address.url, connections=1)
        async with aiohttp.ClientSession(connector=connector) as http:
            bridge = BridgeClient(http, address)
            for chat in sorted(chats, key=lambda one: one.chat):
                try:
                    place = await _patient(bridge, owner, chat, patience)
                except BridgeRefuses as refused:
                    if refused.code == "NO_LOGIN":
                        return {}
                    answers = True
                    continue
                except BridgeSilent:
                    if answers:
                        raise PlanRefused(_COMING) from None
                    return {}
                answers = True
                found[chat] = Edge(place.room, place.first, chat)
    return found


async def _patient(
    bridge: BridgeClient, owner: UserID, chat: BridgedChat, left: float
) -> ChatPlace:
    """Ask for a chat, and wait while the bridge says that it will answer later."""
    while True:
        try:
            return await bridge.room(owner, chat.chat, chat.account)
        except BridgeSilent as silent:
            if str(silent) not in _LATER:
                raise
            if left <= 0:
                raise PlanRefused(_COMING) from None
            left -= silent.retry_after
            await asyncio.sleep(silent.retry_after)


def latest_day(now: datetime) -> date:
    """Give the latest day it is anywhere; ``now`` is in UTC."""
    return (now + timedelta(hours=14)).date()
