# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the operator of the network may do to it, by name: tests and the control API use this."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from telethon.tl import types

from sandbox.telegram import srp
from sandbox.telegram.accounts import normal_phone
from sandbox.telegram.operator_messages import MessageOperations, OperatorError
from sandbox.telegram.operator_rooms import RoomOperations
from sandbox.telegram.records import Account, Change, Kind, Peer, Room, RoomKind
from sandbox.telegram.server import Server
from sandbox.telegram.world import World

__all__ = ["PERSON_DEVICE", "REVOCATIONS", "Operator", "OperatorError"]

T = TypeVar("T")

PERSON_DEVICE = "Sandbox person"
"""The device model of the clients the sandbox runs itself."""

REVOCATIONS = (
    "SESSION_REVOKED",
    "SESSION_EXPIRED",
    "AUTH_KEY_UNREGISTERED",
    "AUTH_KEY_INVALID",
    "AUTH_KEY_DUPLICATED",
    "USER_DEACTIVATED",
    "USER_DEACTIVATED_BAN",
)
"""How a session can end from outside."""


class Operator(MessageOperations, RoomOperations):
    """Changes the network from outside and lets the connected clients see it."""

    def __init__(self, world: World, server: Server) -> None:
        self._world = world
        self._server = server

    def apply(self, change: Callable[[], T]) -> T:
        """Change something, store it and let the connected clients see it."""
        result = change()
        rendered = self._world.updates.flush()
        self._world.store.commit()
        self._world.updates.send(rendered)
        return result

    # -- accounts

    def add_account(
        self,
        phone: str,
        first_name: str,
        last_name: str = "",
        *,
        username: str | None = None,
        password: str | None = None,
        hint: str = "",
    ) -> Account:
        """Create an account, or return the one that has the phone already."""
        return self.apply(
            lambda: self._world.accounts.add(phone, first_name, last_name, username, password, hint)
        )

    def rename(
        self,
        name: str | int,
        first_name: str,
        last_name: str = "",
        *,
        username: str | None = None,
    ) -> Account:
        """Give somebody another name, and another username if one is given."""
        account = self._world.accounts.find(name)
        account.first_name, account.last_name = first_name, last_name
        account.username = username or account.username
        self.apply(lambda: self._changed(account))
        return account

    def hide_forwards(self, name: str | int, hidden: bool = True) -> None:
        """Let forwarded messages of somebody show a name only, as their privacy settings may."""
        account = self._world.accounts.find(name)
        account.hides_forwards = hidden
        self.apply(lambda: self._world.accounts.save(account))

    def set_password(self, name: str | int, password: str | None, hint: str = "") -> None:
        """Set or remove somebody's second factor."""
        account = self._world.accounts.find(name)
        account.password = None
        if password is not None:
            account.password = srp.new_password(password, hint, self._world.random_bytes)
        self.apply(lambda: self._world.accounts.save(account))

    def set_premium(self, name: str | int, premium: bool = True) -> None:
        """Give somebody the higher limits of Telegram Premium, or take them away."""
        account = self._world.accounts.find(name)
        account.premium = premium
        self.apply(lambda: self._changed(account))

    def freeze(self, name: str | int, frozen: bool = True) -> None:
        """Let somebody only read, or do everything again."""
        account = self._world.accounts.find(name)
        account.frozen = frozen
        self.apply(lambda: self._world.accounts.save(account))

    def distrust(self, name: str | int, distrusted: bool = True) -> None:
        """Keep somebody from writing to strangers, or no more."""
        account = self._world.accounts.find(name)
        account.distrusted = distrusted
        self.apply(lambda: self._world.accounts.save(account))

    def confirm_takeout(self, name: str | int) -> None:
        """Agree to the export somebody has asked for, as on another device."""
        self._world.takeouts.confirm(self._world.accounts.find(name).id)

    def delete_account(self, name: str | int) -> None:
        """Delete an account: others see "Deleted Account", its sessions are dead."""
        account = self._world.accounts.find(name)
        watchers = self._watchers(account)
        self.apply(lambda: self._delete(account, watchers))
        self._server.drop(account.id)

    def ban_phone(self, phone: str) -> None:
        """Answer PHONE_NUMBER_BANNED to this number from now on."""
        self._world.accounts.banned_phones.add(normal_phone(phone))

    def revoke(
        self, name: str | int, error: str = "SESSION_REVOKED", *, device: str | None = None
    ) -> int:
        """End the sessions of an account, persons excepted; returns how many.

        `error` is one of `REVOCATIONS`; `device` names the device model of the only sessions to end.
        """
        if error not in REVOCATIONS:
            raise OperatorError(f"{error!r} is none of {', '.join(REVOCATIONS)}")
        account = self._world.accounts.find(name)
        ended = [
            key
            for key in self._world.logins.sessions(account.id)
            if key.device == device or (device is None and key.device != PERSON_DEVICE)
        ]

        def end() -> None:
            for key in ended:
                self._world.logins.end(key, error)

        self.apply(end)
        for key in ended:
            self._server.drop_key(key)
        return len(ended)

    def forget_persons(self, account: Account) -> None:
        """End what a killed sandbox left of its own clients."""
        for key in self._world.logins.sessions(account.id):
            if key.device == PERSON_DEVICE:
                self._world.logins.end(key, "AUTH_KEY_UNREGISTERED")
        self._world.store.commit()

    # -- rooms

    def add_room(
        self,
        kind: str,
        title: str,
        creator: str | int,
        members: Iterable[str | int] = (),
        *,
        username: str | None = None,
        about: str = "",
    ) -> Room:
        """Create a ``group``, ``supergroup`` or ``channel``."""
        if kind not in set(RoomKind):
            raise OperatorError(f"{kind!r} is none of {', '.join(RoomKind)}")
        owner = self._world.accounts.find(creator).id
        users = [self._world.accounts.find(member).id for member in members]

        def create() -> Room:
            room = self._world.room_actions.create(RoomKind(kind), title, owner, users, about)
            if username is not None:
                room.username = username
                self._world.rooms.save(room)
            return room

        return self.apply(create)

    def find_room(self, name: str | int) -> Room:
        """Find a room by id, username or title; raises `OperatorError`."""
        text = str(name)
        for room in self._world.rooms:
            if text in {str(room.id), room.username, room.title}:
                return room
        raise OperatorError(f"no room is called {text!r}; create it first")

    # -- updates and files

    def push_too_long(self, name: str | int) -> None:
        """Push ``updatesTooLong`` to somebody's clients."""
        account = self._world.accounts.find(name)
        self._server.push(account.id, types.UpdatesTooLong())

    def push_channel_too_long(self, name: str | int, room_name: str | int) -> None:
        """Push ``updateChannelTooLong`` to somebody's clients."""
        account = self._world.accounts.find(name)
        room = self.find_room(room_name)
        update = types.UpdateChannelTooLong(room.id, self._world.mailboxes.of(room.peer).box.pts)
        shown = types.UpdateShort(update, self._world.clock.moment())
        self._server.push(account.id, shown)

    def skip_pts(self, name: str | int, points: int = 1) -> None:
        """Move somebody's `pts` without telling, so that the next update shows a gap."""
        account = self._world.accounts.find(name)
        owner = Peer.user(account.id)
        self.apply(lambda: self._world.mailboxes.record(owner, Change.DELETE, owner, count=points))

    def expire_references(self) -> None:
        """Make every file reference handed out so far invalid."""
        self.apply(self._world.files.expire_references)

    # -- inside

    def _watchers(self, account: Account) -> set[int]:
        known = self._world.accounts.saved_by(account.id)
        dialogs = self._world.mailboxes.dialogs(account.id)
        known.update(dialog.peer.id for dialog in dialogs if dialog.peer.kind is Kind.USER)
        known.add(account.id)
        return known

    def _changed(self, account: Account) -> None:
        self._world.accounts.save(account)
        for watcher in self._watchers(account):
            self._world.updates.logged(watcher, Change.PERSON, Peer.user(account.id))

    def _delete(self, account: Account, watchers: set[int]) -> None:
        self._world.accounts.delete(account)
        for watcher in watchers:
            self._world.updates.logged(watcher, Change.PERSON, Peer.user(account.id))
