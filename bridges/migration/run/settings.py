# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a migration needs to know of the homeserver."""

from collections.abc import Mapping

from attrs import field, frozen
from mautrix.types import UserID

from bridges.contacts.live.model import BridgeAddress
from bridges.core.config import PolicySettings
from bridges.migration.archives.model import Source
from bridges.migration.plan.matching import Ghosts


@frozen
class BridgeService:
    """A bridge whose ghosts may speak.

    Attributes:
        username_template: the localpart of its ghosts, with ``{userid}``.
        bot: the localpart of its bot, which rules its rooms.
        mark: what it knows by that it has said something in a person's name itself.
    """

    token: str = field(repr=False)
    username_template: str
    bot: str
    mark: str


@frozen
class MigrationSettings:
    """How the homeserver is reached and who can be spoken for.

    Attributes:
        token: of the migration's own registration, whose users begin with ``prefix``.
        person_token: double puppeting's; None if nobody speaks for people.
        addresses: where bridges tell whom they know.
        policy: what connections obey.
    """

    homeserver_url: str
    server_name: str
    token: str = field(repr=False)
    prefix: str
    person_token: str | None = field(repr=False)
    bridges: Mapping[Source, BridgeService]
    addresses: Mapping[Source, BridgeAddress]
    policy: PolicySettings | None

    @property
    def bot(self) -> UserID:
        """Who makes the rooms."""
        return UserID(f"@{self.prefix}:{self.server_name}")

    @property
    def ghosts(self) -> Ghosts:
        """How those are called who are not people of the homeserver."""
        templates = {source: one.username_template for source, one in self.bridges.items()}
        return Ghosts(self.server_name, self.prefix, templates)
