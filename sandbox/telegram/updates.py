# SPDX-License-Identifier: AGPL-3.0-or-later
"""Updates: how changes reach connected clients, and what those who were away can fetch.

Source: https://core.telegram.org/api/updates. In a difference, updates other than new messages
carry ``pts`` 0: the state at its end already covers them.
"""

from collections.abc import Callable, Iterable
from typing import Any

from attrs import Factory, define
from telethon.tl import types

from sandbox.telegram.clock import Clock, moment
from sandbox.telegram.dialog_view import DialogView
from sandbox.telegram.limits import Limits
from sandbox.telegram.mailboxes import Mailbox, Mailboxes
from sandbox.telegram.records import AuthKey, Change, Entry, Kind, Peer, Room
from sandbox.telegram.render import Render
from sandbox.telegram.rooms import Rooms
from sandbox.telegram.rpc import Link, bad_request
from sandbox.telegram.subjects import Subjects

IsConnected = Callable[[int, Link | None], bool]
"""Tells whether an account has a connection besides one."""

Deliver = Callable[[int, Any, Link | None], None]
"""Sends a TL ``Updates`` to the connections of an account, except one."""

DeliverToKey = Callable[[AuthKey, Any], None]
"""Sends a TL ``Updates`` to the connections of a session nobody is logged in with yet."""


@define
class _Batch:
    entries: list[Entry] = Factory(list)
    updates: list[Any] = Factory(list)
    peers: set[Peer] = Factory(set)


class Updates:
    """Collects the updates of one request and hands them out after it was stored.

    What is pushed to the accounts in `minimal` has users in their ``min`` form.
    """

    def __init__(
        self,
        render: Render,
        subjects: Subjects,
        dialogs: DialogView,
        rooms: Rooms,
        mailboxes: Mailboxes,
        clock: Clock,
        limits: Callable[[], Limits],
    ) -> None:
        self._render = render
        self._subjects = subjects
        self._dialogs = dialogs
        self._rooms = rooms
        self._mailboxes = mailboxes
        self._clock = clock
        self._limits = limits
        self.minimal: set[int] = set()
        self._batches: dict[int, _Batch] = {}
        self._is_connected: IsConnected = lambda _account, _except: False
        self._deliver: Deliver = lambda _account, _updates, _except: None
        self._deliver_to_key: DeliverToKey = lambda _key, _updates: None
        self._for_keys: list[tuple[AuthKey, Any]] = []

    def connect(
        self, is_connected: IsConnected, deliver: Deliver, deliver_to_key: DeliverToKey
    ) -> None:
        """Name the ones that know the connections."""
        self._is_connected = is_connected
        self._deliver = deliver
        self._deliver_to_key = deliver_to_key

    def flush(self, origin: Link | None = None) -> list[tuple[int, Any]]:
        """Take the collected updates, rendered for the accounts that will get them.

        The connection `origin` made the request and got its own updates in the answer.
        """
        batches, self._batches = self._batches, {}
        return [
            (account, self._envelope(account, batch, minimal=account in self.minimal))
            for account, batch in batches.items()
            if self._is_connected(account, origin)
        ]

    def discard(self) -> None:
        """Forget what a failed request collected."""
        self._batches.clear()
        self._for_keys.clear()

    def send(self, rendered: Iterable[tuple[int, Any]], origin: Link | None = None) -> None:
        """Push what `flush` returned; call it once the request is stored."""
        for account, updates in rendered:
            self._deliver(account, updates, origin)
        waiting, self._for_keys = self._for_keys, []
        for key, updates in waiting:
            self._deliver_to_key(key, updates)

    # -- what handlers report

    def changed(self, account: int, entry: Entry) -> None:
        """Tell an account about a logged change."""
        self._batch(account).entries.append(entry)

    def tell(self, owner: Peer, entry: Entry, *, guest: int = 0) -> None:
        """Tell everybody who sees a mailbox, and a guest of its room, about a logged change."""
        if owner.kind is Kind.USER:
            self.changed(owner.id, entry)
            return
        members = self._rooms.get(owner).members
        for account in [*members, guest] if guest and guest not in members else members:
            self.changed(account, entry)

    def passing(self, account: int, update: Any, peers: Iterable[Peer] = ()) -> None:
        """Tell an account something that is not worth remembering."""
        batch = self._batch(account)
        batch.updates.append(update)
        batch.peers.update(peers)

    def to_key(self, key: AuthKey, update: Any) -> None:
        """Tell a session that has no account yet."""
        self._for_keys.append((key, types.UpdateShort(update, self._clock.moment())))

    def room_changed(self, room: Room, *, also: Iterable[int] = (), members: bool = False) -> None:
        """Let everybody in a room, and the accounts in `also`, look at it again."""
        change = Change.MEMBERS if members and room.peer.kind is Kind.CHAT else Change.ROOM
        for account in dict.fromkeys([*room.members, *also]):
            self.logged(account, change, room.peer)

    def logged(
        self, account: int, change: Change, peer: Peer, value: int = 0, ids: tuple[int, ...] = ()
    ) -> None:
        """Log and tell a change that takes no point of its own."""
        entry = self._mailboxes.record(Peer.user(account), change, peer, ids, value)
        self.changed(account, entry)

    def answer(self, account: int, extra: Iterable[Any] = (), peers: Iterable[Peer] = ()) -> Any:
        """Return the ``Updates`` of the request itself, with what else belongs in front."""
        batch = self._batch(account)
        updates = self._envelope(account, batch, peers)
        updates.updates[:0] = extra
        return updates

    def own_message(self, account: int) -> Entry | None:
        """Return the new message of the request for its short answer, None if there are several."""
        entries = [one for one in self._batches[account].entries if one.change is Change.NEW]
        return entries[0] if len(entries) == 1 else None

    def _batch(self, account: int) -> _Batch:
        return self._batches.setdefault(account, _Batch())

    def _envelope(
        self, account: int, batch: _Batch, peers: Iterable[Peer] = (), *, minimal: bool = False
    ) -> Any:
        wanted = batch.peers | set(peers)
        updates = list(batch.updates)
        for entry in batch.entries:
            shown, named = self.render_entry(account, entry, pts=entry.pts, count=entry.count)
            updates.extend(shown)
            wanted |= named
        users, chats = self._render.people_and_rooms(account, wanted, minimal=minimal)
        return types.Updates(updates, users, chats, self._clock.moment(), 0)

    # -- logged changes as TL

    def render_entry(
        self, viewer: int, entry: Entry, *, pts: int, count: int
    ) -> tuple[list[Any], set[Peer]]:
        """Return the updates of a change and everybody they mention."""
        if entry.change in {Change.NEW, Change.EDIT, Change.REACTIONS}:
            return self._render_post(viewer, entry, pts, count)
        in_channel = entry.owner.kind is Kind.CHANNEL
        peers = {entry.peer}
        ids = list(entry.ids)
        if entry.change is Change.DELETE:
            if in_channel:
                return [types.UpdateDeleteChannelMessages(entry.owner.id, ids, pts, count)], peers
            return [types.UpdateDeleteMessages(ids, pts, count)], set()
        if entry.change is Change.PREVIEW:
            return self._render_preview(entry, pts, count), peers
        if entry.change is Change.CONTENTS:
            date = moment(entry.date)
            return [types.UpdateReadMessagesContents(ids, pts, count, date)], peers
        if entry.change in {Change.PIN, Change.UNPIN}:
            pinned = entry.change is Change.PIN or None
            if in_channel:
                return [
                    types.UpdatePinnedChannelMessages(entry.owner.id, ids, pts, count, pinned)
                ], peers
            return [types.UpdatePinnedMessages(entry.peer.tl(), ids, pts, count, pinned)], peers
        return [self._subjects.shown(viewer, entry, pts, count)], peers

    def _render_post(
        self, viewer: int, entry: Entry, pts: int, count: int
    ) -> tuple[list[Any], set[Peer]]:
        post = self._mailboxes.of(entry.owner).posts.get(entry.ids[0])
        if post is None:
            return [], set()
        reacted = entry.change is Change.REACTIONS
        # A channel tells everybody the same about reactions, except who reacted.
        same = reacted and self._render.in_broadcast(post) and viewer != entry.value
        message = self._render.message(viewer, entry.owner, post, for_all=same)
        in_channel = entry.owner.kind is Kind.CHANNEL
        if entry.change is Change.NEW:
            kind = types.UpdateNewChannelMessage if in_channel else types.UpdateNewMessage
        else:
            kind = types.UpdateEditChannelMessage if in_channel else types.UpdateEditMessage
        updates = [kind(message, pts, count)]
        if reacted:
            reactions = self._render.reactions(viewer, post, for_all=same)
            peer = post.peer_for(viewer).tl()
            updates.append(types.UpdateMessageReactions(peer, entry.ids[0], reactions))
        return updates, self._render.peers_in(post)

    def _render_preview(self, entry: Entry, pts: int, count: int) -> list[Any]:
        post = self._mailboxes.of(entry.owner).posts.get(entry.ids[0])
        if post is None or not isinstance(post.media, types.MessageMediaWebPage):
            return []
        page = self._render.attachments.previews.page(post.media)
        if entry.owner.kind is Kind.CHANNEL:
            return [types.UpdateChannelWebPage(entry.owner.id, page, pts, count)]
        return [types.UpdateWebPage(page, pts, count)]

    # -- differences

    def state(self, account: int) -> Any:
        """Return where the account's mailbox is now."""
        box = self._mailboxes.of(Peer.user(account)).box
        return types.updates.State(box.pts, 0, self._clock.moment(), 0, 0)

    def difference(self, account: int, pts: int, date: int) -> Any:
        """Answer ``updates.getDifference``."""
        mailbox = self._mailboxes.of(Peer.user(account))
        if pts > mailbox.box.pts:
            raise bad_request("PERSISTENT_TIMESTAMP_INVALID")
        limits = self._limits()
        if mailbox.box.pts - pts > limits.difference_too_long:
            return types.updates.DifferenceTooLong(mailbox.box.pts)
        missed = mailbox.since(pts)
        notes = mailbox.passing(pts, date)
        if len(missed) > limits.difference_slice:
            part = missed[: limits.difference_slice]
            messages, updates, users, chats = self._collect(account, notes + part, [])
            at = types.updates.State(part[-1].pts, 0, moment(date), 0, 0)
            return types.updates.DifferenceSlice(messages, [], updates, chats, users, at)
        channels = self._changed_channels(account, date)
        if not missed and not notes and not channels:
            return types.updates.DifferenceEmpty(self._clock.moment(), 0)
        messages, updates, users, chats = self._collect(
            account, notes + missed, [room.peer for room in channels]
        )
        for room in channels:
            updates.append(
                types.UpdateChannelTooLong(room.id, self._mailboxes.of(room.peer).box.pts)
            )
        return types.updates.Difference(messages, [], updates, chats, users, self.state(account))

    def channel_difference(self, account: int, room: Room, pts: int, limit: int) -> Any:
        """Answer ``updates.getChannelDifference``."""
        mailbox = self._mailboxes.of(room.peer)
        if pts <= 0 or pts > mailbox.box.pts:
            raise bad_request("PERSISTENT_TIMESTAMP_INVALID")
        if mailbox.box.pts - pts > self._limits().channel_difference_too_long:
            return self._channel_too_long(account, mailbox)
        missed = mailbox.since(pts)
        if not missed:
            return types.updates.ChannelDifferenceEmpty(mailbox.box.pts, final=True)
        part = missed[: max(1, min(limit, self._limits().page))]
        messages, updates, users, chats = self._collect(account, part, [room.peer])
        return types.updates.ChannelDifference(
            pts=part[-1].pts,
            new_messages=messages,
            other_updates=updates,
            chats=chats,
            users=users,
            final=len(part) == len(missed) or None,
        )

    def _channel_too_long(self, account: int, mailbox: Mailbox) -> Any:
        latest = mailbox.history(mailbox.owner)[-self._limits().page :]
        posts = [mailbox.posts[number] for number in reversed(latest)]
        peers = {mailbox.owner}.union(*(self._render.peers_in(post) for post in posts))
        users, chats = self._render.people_and_rooms(account, peers)
        return types.updates.ChannelDifferenceTooLong(
            dialog=self._dialogs.shown(account, mailbox.owner),
            messages=[self._render.message(account, mailbox.owner, post) for post in posts],
            chats=chats,
            users=users,
            final=True,
        )

    def _changed_channels(self, account: int, date: int) -> list[Room]:
        return [
            room
            for room in self._rooms.of_member(account)
            if room.peer.kind is Kind.CHANNEL and self._mailboxes.of(room.peer).last_change >= date
        ]

    def _collect(
        self, account: int, entries: list[Entry], mentioned: list[Peer]
    ) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
        messages: list[Any] = []
        updates: list[Any] = []
        peers = set(mentioned)
        fresh = {entry.ids[0] for entry in entries if entry.change is Change.NEW}
        for entry in entries:
            if entry.change is Change.EDIT and entry.ids[0] in fresh:
                continue
            shown, named = self.render_entry(account, entry, pts=0, count=0)
            peers |= named
            if entry.change is Change.NEW:
                messages.extend(update.message for update in shown)
            else:
                updates.extend(shown)
        users, chats = self._render.people_and_rooms(account, peers)
        return messages, updates, users, chats
