# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a bridge process is made of: each part is made once, when it is first asked for."""

from collections.abc import Callable, Iterable
from functools import cached_property

from bridges.core.bot.state_notices import StateNotices
from bridges.core.ephemeral import Ephemerals
from bridges.core.erasure import Erasure
from bridges.core.events import RemoteEvent
from bridges.core.expiry import Expiry
from bridges.core.foundation import PASSING_TROUBLE
from bridges.core.ids import LoginID
from bridges.core.inbox import Inbox
from bridges.core.lanes import Admission, GiveUp, Handler, Lanes
from bridges.core.portal.change_parts import ChangeParts
from bridges.core.presence import Presences
from bridges.core.provisioning.api import ProvisioningApi
from bridges.core.provisioning.desk import ProvisioningDesk
from bridges.core.provisioning.direct import DirectRooms
from bridges.core.provisioning.places import ChatPlaces
from bridges.core.provisioning.secret import provisioning_secret
from bridges.core.storage.erasure import ErasureStore
from bridges.core.storage.queue import NewRow, Queue
from bridges.core.typing import Typing


class Parts(ChangeParts):
    """The parts, wired together; nothing here runs by itself."""

    @cached_property
    def ephemerals(self) -> Ephemerals:
        """Typing and receipts."""
        typing = Typing(
            self.homeserver,
            self.portals,
            self.sessions,
            self.senders,
            self.names,
            self.clock,
        )
        return Ephemerals(
            self.portals,
            self.sessions,
            self.names,
            typing,
            self.positions,
            self.read_marks,
            self.clock,
            PASSING_TROUBLE,
        )

    @cached_property
    def presences(self) -> Presences:
        """Who is online."""
        return Presences(self.homeserver, self.names, self.clock)

    @cached_property
    def state_notices(self) -> StateNotices:
        """Tells people about their sessions."""
        return StateNotices(self.management, self.voice, self.info.name, self.clock)

    @cached_property
    def erasure(self) -> Erasure:
        """Deletes what belongs to a login."""
        return Erasure(
            ErasureStore(self.database, self.names),
            self.values,
            self.logins,
            self.sessions,
            self.rooms,
            self.portals,
            self.handover_store,
            self.people,
            self.history_keeper,
            self.homeserver,
            self.senders,
            self.management,
            self.voice,
            self.clock,
            PASSING_TROUBLE,
        )

    def provisioning(self, is_ready: Callable[[], bool]) -> ProvisioningApi:
        """What other parts of the suite may ask."""
        settings = self.settings
        return ProvisioningApi(
            provisioning_secret(settings.encryption_key, self.info.id),
            ProvisioningDesk(
                self.info.id,
                self.sessions,
                self.portals,
                self.clock,
                minimal=settings.network.minimal_profiles,
            ),
            DirectRooms(self.homeserver, self.senders),
            ChatPlaces(
                self.sessions,
                self.portals,
                self.messages,
                self.history_store,
                self.handover_store,
                rising_ids=self.info.rising_ids,
            ),
            self.sessions,
            self.clock,
            is_ready,
        )

    def lanes(
        self,
        name: str,
        queue: Queue,
        handler: Handler,
        give_up: GiveUp,
        admission: Admission | None = None,
    ) -> Lanes:
        """Workers for a queue."""
        return Lanes(
            name,
            queue,
            handler,
            give_up,
            concurrency=self.settings.limits.concurrent_portals,
            clock=self.clock,
            passing=PASSING_TROUBLE,
            admission=admission,
        )

    def expiry(
        self,
        as_row: Callable[[LoginID, RemoteEvent], NewRow],
        wake: Callable[[Iterable[str]], None],
    ) -> Expiry:
        """Removes messages in time."""
        return Expiry(
            self.database,
            self.expiries,
            self.from_remote,
            self.clock,
            as_row,
            wake,
            PASSING_TROUBLE,
        )

    def inbox(self, lanes: Lanes) -> Inbox:
        """Takes in what the homeserver has."""
        return Inbox(
            self.database,
            self.from_matrix,
            lanes,
            self.homeserver,
            self.senders,
            self.people,
            self.values,
            self.names,
            self.ephemerals.from_matrix,
            self.clock,
            self.source,
            self.settings.reconcile_interval,
        )
