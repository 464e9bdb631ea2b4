# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the one configuration to what somebody's leaving needs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import aiohttp
from attrs import field, frozen
from mautrix.types import UserID

from bridges.core.clock import Clock, SystemClock
from bridges.core.egress.follow import followed_border
from bridges.core.egress.http import GuardedConnector
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.core.matrix.transport import Transport
from bridges.core.text import Translation
from bridges.migration.archives.model import Source
from bridges.migration.leaving.deletion.bots import BridgeLogins
from bridges.migration.leaving.deletion.deleting import Step
from bridges.migration.leaving.deletion.push_rules import PushRules
from bridges.migration.leaving.deletion.subjects import (
    Account,
    AccountData,
    Archives,
    KeyBackup,
    Media,
    Person,
    Profile,
    Rooms,
    Subject,
)
from bridges.migration.leaving.deletion.wording import kind_of
from bridges.migration.leaving.export.people import Numbers
from bridges.migration.run.settings import MigrationSettings
from bridges.migration.run.voices import Voices
from karvon.config.model import KarvonConfig
from karvon.config.secretstore import SecretStore
from karvon.config.settings import bot_mxid, database_of
from karvon.errors import OperatorError
from karvon.migration import migration_settings

if TYPE_CHECKING:
    from karvon.guide_data import GuideData

_CONNECTIONS = 4
_TIMEOUT = aiohttp.ClientTimeout(total=300, sock_connect=10)


@frozen
class LeavingSettings:
    """How the homeserver is reached in somebody's name.

    Attributes:
        migration: what is known of the homeserver and of those who speak for others.
        bots: the bots of bridges by network.
        token: the person's own access token; None to speak for them by double puppeting.
    """

    migration: MigrationSettings
    bots: dict[str, UserID]
    token: str | None = field(repr=False)

    @property
    def person_token(self) -> str | None:
        """What makes requests in the person's name; None if nothing may."""
        return self.token or self.migration.person_token

    @property
    def numbers(self) -> Numbers:
        """How people are numbered in exports."""
        bridge = self.migration.bridges.get(Source.TELEGRAM)
        template = None if bridge is None else bridge.username_template
        return Numbers(self.migration.server_name, template)

    def is_voice(self, mxid: str) -> bool:
        """Tell whether somebody is a bot of ours that speaks for chats."""
        return mxid == self.migration.bot or mxid in self.bots.values()


def leaving_settings(
    config: KarvonConfig, secrets: SecretStore, token: str | None
) -> LeavingSettings:
    """Resolve what leaving needs; ``token`` is the person's own, if they have given one."""
    bots = {one.network_id: UserID(bot_mxid(config, one)) for one in config.networks}
    return LeavingSettings(migration_settings(config, secrets), bots, token)


@asynccontextmanager
async def guide_data(
    config: KarvonConfig, secrets: SecretStore
) -> AsyncIterator["GuideData | None"]:
    """Have what the guide keeps; None if it has never run here. Raises ``OperatorError``."""
    url = database_of(config, "guide").url
    file = url.removeprefix("sqlite:")
    is_there = config.uses_guide if file == url else await asyncio.to_thread(Path(file).exists)
    if not is_there:
        yield None
        return
    try:
        from karvon.guide_data import opened
    except ImportError as error:
        raise OperatorError(
            f"what the guide keeps cannot be read ({error}): pip install 'karvon[guide]'"
        ) from None
    async with opened(config, secrets) as found:
        yield found


@asynccontextmanager
async def as_person(
    settings: LeavingSettings, owner: UserID, token: str
) -> AsyncIterator[tuple[Homeserver, MatrixSender]]:
    """Have the homeserver as somebody's client has it."""
    async with _session(settings) as session:
        yield _homeserver(session, settings, owner, token)


@frozen
class Farewell:
    """What is to be done with what somebody has.

    Attributes:
        without: networks whose bridges are not asked.
        admin_token: of an administrator, who may delete uploaded files; None to leave them.
        close: the account is closed for good as well.
        password: the person's, which closing asks for with their own token.
    """

    owner: UserID
    token: str = field(repr=False)
    without: frozenset[str] = frozenset()
    admin_token: str | None = field(default=None, repr=False)
    close: bool = False
    password: str | None = field(default=None, repr=False)


@asynccontextmanager
async def farewell_steps(
    settings: LeavingSettings,
    farewell: Farewell,
    guide: "GuideData | None",
    say: Translation,
) -> AsyncIterator[list[Step]]:
    """Have what is to be deleted, in the order in which it is."""
    owner = farewell.owner
    async with _session(settings) as session:
        homeserver, sender = _homeserver(session, settings, owner, farewell.token)
        url, clock = settings.migration.homeserver_url, SystemClock()
        person = Person(homeserver, sender, Transport(session, url, farewell.token), clock)
        bridges = [
            (network, BridgeLogins(homeserver, sender, bot, network, clock, lambda: uuid4().hex))
            for network, bot in settings.bots.items()
            if network not in farewell.without and await homeserver.profile(sender, bot) is not None
        ]
        subjects: dict[str, Subject] = {f"bridge {network}": one for network, one in bridges}
        subjects["archives"] = Archives(person, Voices(session, settings.migration, say))
        if guide is not None:
            subjects |= guide.subjects(owner)
        if farewell.admin_token is not None:
            subjects["media"] = Media(owner, Transport(session, url, farewell.admin_token))
        subjects["key_backup"] = KeyBackup(person)
        subjects["account_data"] = AccountData(person)
        subjects["push_rules"] = PushRules(person, _untouched(session, settings, clock))
        subjects["rooms"] = Rooms(person)
        subjects["profile"] = Profile(person)
        if farewell.close:
            subjects["account"] = Account(person, farewell.password)
        try:
            yield [
                Step(name, kind_of(name).title, subject, kind_of(name).why)
                for name, subject in subjects.items()
            ]
        finally:
            for _, bridge in bridges:
                await bridge.close()


def _untouched(session: aiohttp.ClientSession, settings: LeavingSettings, clock: Clock) -> Person:
    """Give the migration's bot, which nobody sets anything for."""
    given = settings.migration
    bot, url, token = given.bot, given.homeserver_url, given.token
    homeserver = Homeserver(session, url, token, None, bot)
    return Person(homeserver, MatrixSender(bot), Transport(session, url, token), clock)


def _homeserver(
    session: aiohttp.ClientSession, settings: LeavingSettings, owner: UserID, token: str
) -> tuple[Homeserver, MatrixSender]:
    url = settings.migration.homeserver_url
    return Homeserver(session, url, token, token, owner), MatrixSender(owner, is_person=True)


@asynccontextmanager
async def _session(settings: LeavingSettings) -> AsyncIterator[aiohttp.ClientSession]:
    """Have connections that obey the policy."""
    given = settings.migration
    async with followed_border(given.policy, given.server_name) as border:
        connector = GuardedConnector(border, given.homeserver_url, _CONNECTIONS)
        async with aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as session:
            yield session
