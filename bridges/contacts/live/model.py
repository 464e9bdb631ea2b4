# SPDX-License-Identifier: AGPL-3.0-or-later
"""What bridges tell, as values; ``bridges.core.provisioning`` says what the fields mean."""

from collections.abc import Mapping

from attrs import field, frozen
from mautrix.types import RoomID, UserID

from bridges.core.ids import LoginID
from bridges.core.network import SessionState

_CONNECTED = frozenset({SessionState.CONNECTED, SessionState.RESTRICTED})


@frozen
class BridgeAddress:
    """Where a bridge's provisioning API is. ``name`` is the network's for people."""

    network: str
    name: str
    url: str
    secret: str = field(repr=False)


@frozen
class LiveLogin:
    """A login of a bridge."""

    user: UserID
    login: LoginID
    network: str
    name: str
    state: SessionState
    personal: bool

    @property
    def is_connected(self) -> bool:
        """Whether its network can be asked."""
        return self.state in _CONNECTED


@frozen
class Roster:
    """All logins of a bridge at some time."""

    revision: str
    logins: tuple[LiveLogin, ...]

    def of(self, user: UserID) -> tuple[LiveLogin, ...]:
        """Those a person's contacts come from."""
        return tuple(one for one in self.logins if one.user == user and one.personal)


@frozen
class Identity:
    """What a login proves; nothing unless ``proven``."""

    login: LoginID
    network: str
    state: SessionState
    proven: bool
    ids: Mapping[str, str] = field(factory=dict, repr=False)
    phone: str | None = field(default=None, repr=False)
    handle: str | None = field(default=None, repr=False)


@frozen
class LiveContact:
    """Somebody in a login's address book on the network."""

    remote_user: str
    name: str = field(repr=False)
    own_name: str = field(repr=False)
    ids: Mapping[str, str] = field(repr=False)
    phone: str | None = field(default=None, repr=False)
    room: RoomID | None = None


@frozen
class ChatPlace:
    """The room of a chat, and the lowest id of its messages that is known there."""

    room: RoomID
    first: str


@frozen
class DirectPerson:
    """Somebody on Matrix with whom a person has a direct room."""

    user: UserID
    name: str = field(repr=False)
    room: RoomID
