# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person asks for in a portal, and the answers that are the same for all of it."""

from datetime import datetime

from attrs import frozen
from mautrix.types import EventID, RoomID, UserID

from bridges.core.errors import Rejected, Unsupported
from bridges.core.ids import SHARED, RemoteUserID
from bridges.core.network import NetworkInfo, Session
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.messages import StoredMessage, StoredReaction
from bridges.core.storage.portals import Portal
from bridges.core.storage.queue import Row
from bridges.core.text import user_text


@frozen
class Task:
    """One event of a person in a portal, and the login that carries it.

    ``speaks_as``: as whom it shall appear on the network, None for the account itself.
    """

    row: Row
    event: EventID
    room: RoomID
    sender: UserID
    portal: Portal
    login: ActiveLogin
    written: datetime
    speaks_as: RemoteUserID | None = None

    @property
    def session(self) -> Session:
        """The login's session."""
        return self.login.session

    def reaches(self, message: StoredMessage | StoredReaction) -> bool:
        """Whether the login can name a message: not one that only another login has numbered."""
        return message.chat.receiver in (SHARED, self.login.record.id)


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
