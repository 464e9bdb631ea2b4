# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is deleted of somebody who leaves, in which order."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from uuid import uuid4

import aiohttp
from attrs import field, frozen
from mautrix.types import RoomID, UserID

from bridges.core.clock import Clock
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.core.matrix.transport import Transport
from bridges.core.text import Translation
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
from bridges.migration.leaving.settings import LeavingSettings, connected, homeserver_of
from bridges.migration.run.voices import Voices


@frozen
class Farewell:
    """What is to be done with what somebody has.

    Attributes:
        without: networks whose bridges are not asked.
        admin_token: of an administrator, who may delete uploaded files; None to leave them.
        close: the account is closed for good as well.
        password: the person's, which closing asks for with their own token.
        last_room: where they are told about all this; it is left by them later.
    """

    owner: UserID
    token: str = field(repr=False)
    without: frozenset[str] = frozenset()
    admin_token: str | None = field(default=None, repr=False)
    close: bool = False
    password: str | None = field(default=None, repr=False)
    last_room: RoomID | None = None


@asynccontextmanager
async def farewell_steps(
    settings: LeavingSettings,
    farewell: Farewell,
    kept: Mapping[str, Subject],
    say: Translation,
    clock: Clock,
) -> AsyncIterator[list[Step]]:
    """Have what is to be deleted, in the order in which it is; ``kept`` is what the guide has of them."""
    owner = farewell.owner
    async with connected(settings) as session:
        homeserver, sender = homeserver_of(session, settings, owner, farewell.token)
        url = settings.migration.homeserver_url
        person = Person(homeserver, sender, Transport(session, url, farewell.token), clock)
        bridges = [
            (network, BridgeLogins(homeserver, sender, bot, network, clock, lambda: uuid4().hex))
            for network, bot in settings.bots.items()
            if network not in farewell.without and await homeserver.profile(sender, bot) is not None
        ]
        subjects: dict[str, Subject] = {f"bridge {network}": one for network, one in bridges}
        subjects["archives"] = Archives(person, Voices(session, settings.migration, say))
        subjects |= kept
        if farewell.admin_token is not None:
            subjects["media"] = Media(owner, Transport(session, url, farewell.admin_token))
        subjects["key_backup"] = KeyBackup(person)
        subjects["account_data"] = AccountData(person)
        subjects["push_rules"] = PushRules(person, _untouched(session, settings, clock))
        subjects["rooms"] = Rooms(person, farewell.last_room)
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
