# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person asks for in a portal, and the answers that are the same for all of it."""

from datetime import datetime

from attrs import frozen
from mautrix.types import EventID, RoomID, UserID

from bridges.core.errors import Rejected, Unsupported
from bridges.core.network import NetworkInfo, Session
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.portals import Portal
from bridges.core.storage.queue import Row
from bridges.core.text import user_text


@frozen
class Task:
    """One event of a person in a portal, and the login that carries it."""

    row: Row
    event: EventID
    room: RoomID
    sender: UserID
    portal: Portal
    login: ActiveLogin
    written: datetime

    @property
    def session(self) -> Session:
        """The login's session."""
        return self.login.session


def message_gone() -> Rejected:
    """The refusal of what concerns a message that is not bridged, or not any more."""
    return Rejected(
        "UNKNOWN_MESSAGE", user_text("The other side does not have that message (any more).")
    )


def unsupported(network: NetworkInfo) -> Unsupported:
    """The refusal of what a network does not have."""
    return Unsupported(
        "UNSUPPORTED", user_text("{network} has no such thing.", network=network.name)
    )
