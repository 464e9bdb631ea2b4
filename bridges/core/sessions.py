# SPDX-License-Identifier: AGPL-3.0-or-later
"""The open sessions: who is logged in to what, and how each session stands."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterable

from attrs import define
from mautrix.types import UserID

from bridges.core.clock import Clock
from bridges.core.ids import LoginID, RemoteUserID
from bridges.core.network import LoginRecord, Network, Session, SessionState
from bridges.core.storage.logins import LoginStore
from bridges.core.text import UserText

_CONNECTING_AT_ONCE = 8
_SETTLES_WITHIN = 10.0
"""Seconds that are worth waiting for a session that connects for the first time."""


@define
class ActiveLogin:
    """A login and its session."""

    record: LoginRecord
    session: Session
    state: SessionState = SessionState.CONNECTING
    reason: UserText | None = None


StateListener = Callable[[ActiveLogin, SessionState], None]
"""Told when a login's state has changed; the second argument is the state before."""


class Sessions:
    """All sessions of this process."""

    def __init__(self, store: LoginStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._by_id: dict[LoginID, ActiveLogin] = {}
        self._by_remote: dict[RemoteUserID, ActiveLogin] = {}
        self._listeners: list[StateListener] = []
        self._news = asyncio.Event()
        self._run = secrets.token_hex(8)
        self._changes = 0
        self._changed = asyncio.Event()

    @property
    def revision(self) -> str:
        """Another text each time a login comes, goes or changes its state, also after a restart."""
        return f"{self._run}-{self._changes}"

    async def differs_from(self, revision: str | None) -> None:
        """Wait until the revision is not (or no longer) this one."""
        while self.revision == revision:
            await self._changed.wait()

    def listen(self, listener: StateListener) -> None:
        """Have a function told about changes of state."""
        self._listeners.append(listener)

    async def open_stored(self, network: Network) -> None:
        """Open the sessions of all stored logins."""
        for record in await self._store.all():
            self._open(record, network)

    async def connect(self) -> None:
        """Let all sessions connect, a few at a time."""
        slots = asyncio.Semaphore(_CONNECTING_AT_ONCE)

        async def connect(active: ActiveLogin) -> None:
            async with slots:
                await active.session.connect()

        await asyncio.gather(*(connect(one) for one in list(self._by_id.values())))

    async def stop(self) -> None:
        """Disconnect all sessions."""
        await asyncio.gather(
            *(one.session.disconnect() for one in self._by_id.values()), return_exceptions=True
        )

    async def add(self, record: LoginRecord, network: Network) -> ActiveLogin:
        """Store a new or renewed login and connect its session; an old session is closed first."""
        old = self._by_id.get(record.id)
        if old is not None:
            await old.session.disconnect()
        await self._store.save(record, self._clock.now())
        active = self._open(record, network)
        await active.session.connect()
        return active

    async def remove(self, login: LoginID) -> None:
        """Log out on the network and forget the login."""
        await self.end(login)
        await self._store.delete(login)

    async def end(self, login: LoginID) -> None:
        """Log out on the network; the login stays stored."""
        active = self._by_id.pop(login, None)
        if active is None:
            return
        self._by_remote.pop(active.record.user, None)
        try:
            await active.session.logout()
        except BaseException:
            self._by_id[login] = self._by_remote[active.record.user] = active
            raise
        self._note_change()

    def get(self, login: LoginID) -> ActiveLogin | None:
        """A login."""
        return self._by_id.get(login)

    def by_remote_user(self, user: RemoteUserID) -> ActiveLogin | None:
        """The login a remote user has here."""
        return self._by_remote.get(user)

    def of(self, owner: UserID) -> list[ActiveLogin]:
        """A person's logins."""
        return [one for one in self._by_id.values() if one.record.owner == owner]

    async def settled(self, owner: UserID) -> None:
        """Wait a little until none of a person's sessions is just connecting for the first time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SETTLES_WITHIN):
                while any(one.state is SessionState.CONNECTING for one in self.of(owner)):
                    await self._news.wait()

    def all(self) -> Iterable[ActiveLogin]:
        """Every login."""
        return list(self._by_id.values())

    def report(self, login: LoginID, state: SessionState, reason: UserText | None) -> None:
        """Note how a session stands."""
        active = self._by_id.get(login)
        if active is None or (active.state is state and active.reason == reason):
            return
        before, active.state, active.reason = active.state, state, reason
        self._news.set()
        self._news = asyncio.Event()
        self._note_change()
        for listener in self._listeners:
            listener(active, before)

    def _open(self, record: LoginRecord, network: Network) -> ActiveLogin:
        active = ActiveLogin(record, network.open_session(record))
        self._by_id[record.id] = active
        self._by_remote[record.user] = active
        self._note_change()
        return active

    def _note_change(self) -> None:
        self._changes += 1
        self._changed.set()
        self._changed = asyncio.Event()
