# SPDX-License-Identifier: AGPL-3.0-or-later
"""Much at once: accounts, sessions, dialogs, old messages, and new ones for those who are away."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import cycle, islice
from typing import Any

from attrs import frozen
from telethon.tl import types

from sandbox.telegram.accounts import UnknownAccountError
from sandbox.telegram.operator import Operator, OperatorError
from sandbox.telegram.records import Account, AuthKey, Kind, Peer, Post
from sandbox.telegram.world import World

_KEY_BYTES = 256
_MINUTE = 60
_FLUSHED_AT_ONCE = 100

Contents = Callable[[int], Mapping[str, Any]]
"""Gives fields of `sandbox.telegram.records.Post` for the message with this number, from 0 on."""


@frozen
class Chat:
    """A chat to fill: its peer, who of those in it write in turn, and everybody who has it."""

    room: Peer | None
    writers: tuple[int, ...]
    holders: tuple[Peer, ...]

    def peer_for(self, writer: int) -> Peer:
        """Name the chat as somebody in it sees it."""
        if self.room is not None:
            return self.room
        others = [one.id for one in self.holders if one.id != writer]
        return Peer.user(others[0] if others else writer)


def numbered(number: int) -> Mapping[str, Any]:
    """Give each message a text with its number."""
    return {"text": f"message {number}"}


class Bulk:
    """Fills a network; what is made here was there before, so nobody is told of it."""

    def __init__(self, world: World, operator: Operator) -> None:
        self._world = world
        self._operator = operator

    # -- people

    def accounts(self, count: int, first_phone: str, name: str = "Person") -> list[Account]:
        """Make accounts with consecutive phone numbers, named ``Person 1`` and so on."""
        digits = first_phone.lstrip("+")
        start = int(digits)
        made = [
            self._world.accounts.add(
                f"{start + index:0{len(digits)}}",
                f"{name} {index + 1}",
                username=f"{name.lower()}_{start + index}",
            )
            for index in range(count)
        ]
        self._world.store.commit()
        return made

    def session(self, name: str | int, device: str = "Bulk session") -> AuthKey:
        """Log somebody in without a client; returns the key, whose secret a client goes on with.

        The key belongs to the data centre the account lives in.
        """
        account = self._world.accounts.find(name)
        key = self._world.logins.add_key(self._world.random_bytes(_KEY_BYTES), account.dc)
        key.device = device
        self._world.logins.bind(key, account)
        self._world.store.commit()
        return key

    def dialogs(self, owner: str | int, others: Iterable[Account], messages: int = 1) -> None:
        """Let somebody have chats with others, each with a few old messages."""
        for other in others:
            self.history(owner, other.id, messages)

    # -- messages

    def history(
        self,
        owner: str | int,
        chat: str | int,
        count: int,
        *,
        writers: Sequence[str | int] = (),
        end: float | None = None,
        step: float = _MINUTE,
        reply_every: int = 0,
        contents: Contents = numbered,
    ) -> list[int]:
        """Put old messages into a chat, read by everybody; returns their ids as `owner` sees them.

        `owner` is somebody in the chat, `chat` who they write with or a room. The `writers`
        (everybody in the chat by default) write in turn every `step` seconds, for the last time at
        `end` (seconds since 1970; now by default). With `reply_every` n, each n-th message answers
        the one before.
        """
        me, place = self._place(owner, chat, writers)
        last = self._world.clock() if end is None else end
        first = last - step * (count - 1)
        posts: list[Post] = []
        for number, writer in enumerate(islice(cycle(place.writers), count)):
            before = posts[-1] if reply_every and number and number % reply_every == 0 else None
            post = self._draft(place, writer, before, contents(number))
            post.date = int(first + step * number)
            for holder in place.holders:
                self._world.mailboxes.deliver(post, holder)
            self._world.mailboxes.save(post)
            posts.append(post)
        self._mark_read(place)
        self._world.store.commit()
        own = str(self._own_box(me, place))
        return [post.ids[own] for post in posts]

    def messages(
        self,
        owner: str | int,
        chat: str | int,
        count: int,
        *,
        writers: Sequence[str | int] = (),
        reply_every: int = 0,
        contents: Contents = numbered,
    ) -> list[int]:
        """Let messages be written now; those who are away find them waiting.

        The arguments and the result are those of `history`.
        """
        me, place = self._place(owner, chat, writers)
        own = str(self._own_box(me, place))
        ids: list[int] = []
        before: Post | None = None
        for start in range(0, count, _FLUSHED_AT_ONCE):
            numbers = range(start, min(start + _FLUSHED_AT_ONCE, count))

            def write(numbers: range = numbers) -> None:
                nonlocal before
                for number in numbers:
                    writer = place.writers[number % len(place.writers)]
                    answered = before if reply_every and number % reply_every == 0 else None
                    before = self._world.posts.send(
                        self._draft(place, writer, answered, contents(number))
                    )
                    ids.append(before.ids[own])

            self._operator.apply(write)
        return ids

    # -- inside

    def _place(
        self, owner: str | int, chat: str | int, writers: Sequence[str | int]
    ) -> tuple[int, Chat]:
        me = self._world.accounts.find(owner).id
        room = self._room(chat)
        named = tuple(self._world.accounts.find(one).id for one in writers)
        if room is None:
            pair = tuple(dict.fromkeys((me, self._world.accounts.find(chat).id)))
            return me, Chat(None, named or pair, tuple(map(Peer.user, pair)))
        members = tuple(self._world.rooms.get(room).members)
        if me not in members:
            raise OperatorError(f"{owner!r} is not in the room {chat!r}")
        holders = (room,) if room.kind is Kind.CHANNEL else tuple(map(Peer.user, members))
        return me, Chat(room, named or members, holders)

    def _room(self, chat: str | int) -> Peer | None:
        try:
            self._world.accounts.find(chat)
        except UnknownAccountError:
            return self._operator.find_room(chat).peer
        return None

    def _own_box(self, me: int, place: Chat) -> Peer:
        return self._world.mailboxes.holding(me, place.peer_for(me)).owner

    def _draft(
        self, place: Chat, writer: int, before: Post | None, fields: Mapping[str, Any]
    ) -> Post:
        post = self._world.posts.draft(writer, place.peer_for(writer), **fields)
        if before is not None:
            post.reply_uid = before.uid
            post.reply = types.InputReplyToMessage(next(iter(before.ids.values())))
        return post

    def _mark_read(self, place: Chat) -> None:
        boxes = self._world.mailboxes
        readers = (
            self._world.rooms.get(place.room).members
            if place.room is not None
            else [one.id for one in place.holders]
        )
        for reader in readers:
            peer = place.peer_for(reader)
            dialog = boxes.dialog(reader, peer)
            history = boxes.holding(reader, peer).history(peer)
            dialog.read_inbox = dialog.read_outbox = history[-1] if history else 0
            boxes.save_dialog(dialog)
