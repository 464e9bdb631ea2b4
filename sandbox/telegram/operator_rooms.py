# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the operator may do to rooms and people's lines: members, bots, calls, small users."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

from sandbox.telegram.accounts import Accounts
from sandbox.telegram.calls import Talk
from sandbox.telegram.records import Account, Member, Room
from sandbox.telegram.world import World

T = TypeVar("T")

_FIRST_PHONE = 88_800_000_000


class RoomOperations(ABC):
    """Operations on rooms; names are those of accounts and rooms."""

    _world: World

    @abstractmethod
    def apply(self, change: Callable[[], T]) -> T:
        """Change something, store it and let the connected clients see it."""

    @abstractmethod
    def find_room(self, name: str | int) -> Room:
        """Find a room by id, username or title; raises `OperatorError`."""

    # -- members

    def fill(self, room_name: str | int, count: int) -> list[Account]:
        """Put people who never do anything into a room; nobody is told. Returns them."""
        room = self.find_room(room_name)
        accounts, now = self._world.accounts, self._world.clock.seconds()

        def fill() -> list[Account]:
            made = [_extra(accounts, number) for number in range(count)]
            room.members.update({one.id: Member(one.id, room.creator, now) for one in made})
            self._world.rooms.save(room)
            return made

        return self.apply(fill)

    def hide_members(self, room_name: str | int, *, hidden: bool = True) -> None:
        """Let only administrators see who is in a supergroup, however small it is."""
        room = self.find_room(room_name)

        def hide() -> None:
            room.members_hidden = hidden
            self._world.rooms.save(room)
            self._world.updates.room_changed(room)

        self.apply(hide)

    def ask_to_join(self, name: str | int, room_name: str | int) -> None:
        """Let somebody ask the administrators of a room to be let in."""
        account, room = self._world.accounts.find(name), self.find_room(room_name)
        self.apply(lambda: self._world.invites.add_request(account.id, room))

    def push_minimal(self, name: str | int, *, minimal: bool = True) -> None:
        """Let pushes to somebody carry ``min`` users: no phone, no usable access hash."""
        account = self._world.accounts.find(name).id
        chosen = self._world.updates.minimal
        (chosen.add if minimal else chosen.discard)(account)

    # -- bots

    def make_bot(self, name: str | int) -> str:
        """Turn an account into a bot; returns the token it logs in with."""
        account = self._world.accounts.find(name)
        account.bot = True
        account.bot_token = f"{account.id}:{self._world.random_bytes(16).hex()}"
        self.apply(lambda: self._world.accounts.save(account))
        return account.bot_token

    # -- calls

    def ring(self, caller: str | int, callee: str | int, *, video: bool = False) -> Talk:
        """Let somebody call somebody."""
        ids = self._world.accounts.find(caller).id, self._world.accounts.find(callee).id
        return self.apply(lambda: self._world.calls.ring(*ids, video=video))

    def hang_up(self, call: int, reason: Any = None, duration: int = 0) -> None:
        """End a call; `reason` is a TL ``PhoneCallDiscardReason``, `duration` in seconds."""
        self.apply(lambda: self._world.calls.end(call, reason, duration))

    def ask_secret_chat(self, asker: str | int, other: str | int) -> Talk:
        """Let somebody ask for a secret chat."""
        ids = self._world.accounts.find(asker).id, self._world.accounts.find(other).id
        return self.apply(lambda: self._world.calls.ask_secret(*ids))


def _extra(accounts: Accounts, number: int) -> Account:
    start = _FIRST_PHONE + sum(1 for _ in accounts)
    return accounts.add(f"{start}", f"Member {number + 1}")
