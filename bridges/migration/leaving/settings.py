# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the homeserver is reached in the name of somebody who leaves."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from attrs import field, frozen
from mautrix.types import UserID

from bridges.core.egress.follow import followed_border
from bridges.core.egress.http import GuardedConnector
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.migration.archives.model import Source
from bridges.migration.leaving.export.people import Numbers
from bridges.migration.run.settings import MigrationSettings

_CONNECTIONS = 4
_TIMEOUT = aiohttp.ClientTimeout(total=300, sock_connect=10)


@frozen
class LeavingSettings:
    """What is known of the homeserver, and who may speak for people.

    Attributes:
        migration: also of those who speak for others.
        bots: the bots of bridges by network.
        token: the person's own access token; None to speak for them by double puppeting.
    """

    migration: MigrationSettings
    bots: Mapping[str, UserID]
    token: str | None = field(default=None, repr=False)

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


@asynccontextmanager
async def as_person(
    settings: LeavingSettings, owner: UserID, token: str
) -> AsyncIterator[tuple[Homeserver, MatrixSender]]:
    """Have the homeserver as somebody's client has it."""
    async with connected(settings) as session:
        yield homeserver_of(session, settings, owner, token)


def homeserver_of(
    session: aiohttp.ClientSession, settings: LeavingSettings, owner: UserID, token: str
) -> tuple[Homeserver, MatrixSender]:
    """Give the homeserver as somebody's client has it, over open connections."""
    url = settings.migration.homeserver_url
    return Homeserver(session, url, token, token, owner), MatrixSender(owner, is_person=True)


@asynccontextmanager
async def connected(settings: LeavingSettings) -> AsyncIterator[aiohttp.ClientSession]:
    """Have connections that obey the policy."""
    given = settings.migration
    async with followed_border(given.policy, given.server_name) as border:
        connector = GuardedConnector(border, given.homeserver_url, _CONNECTIONS)
        async with aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as session:
            yield session
