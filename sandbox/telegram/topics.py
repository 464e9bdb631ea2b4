# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forums: topics of a supergroup. https://core.telegram.org/api/forum."""

from collections.abc import Iterable
from typing import Any

from telethon.tl import types

from sandbox.telegram.clock import Clock, moment
from sandbox.telegram.mailboxes import Mailboxes
from sandbox.telegram.posts import Posts
from sandbox.telegram.records import Change, Dialog, Entry, Peer, Post, Room, RoomKind
from sandbox.telegram.room_parts import Topic
from sandbox.telegram.rooms import Rooms
from sandbox.telegram.rpc import bad_request
from sandbox.telegram.threads import GENERAL, Threads
from sandbox.telegram.updates import Updates

_COLOURS = (0x6FB9F0, 0xFFD67E, 0xCB86DB, 0x8EEE98, 0xFF93B2, 0xFB6F5F)
_TITLE_LENGTH = 128
_MAX_PINNED = 5


class Topics:
    """Creates and changes topics and lets the members know."""

    def __init__(
        self,
        rooms: Rooms,
        mailboxes: Mailboxes,
        threads: Threads,
        posts: Posts,
        updates: Updates,
        clock: Clock,
    ) -> None:
        self._rooms = rooms
        self._boxes = mailboxes
        self._threads = threads
        self._posts = posts
        self._updates = updates
        self._clock = clock

    def toggle(self, room: Room, by: int, *, enabled: bool, tabs: bool) -> None:
        """Turn a supergroup into a forum or back; topics are kept meanwhile.

        Raises CHAT_ADMIN_REQUIRED, CHAT_DISCUSSION_UNALLOWED or CHAT_NOT_MODIFIED.
        """
        if room.kind is not RoomKind.SUPERGROUP or room.creator != by:
            raise bad_request("CHAT_ADMIN_REQUIRED")
        if room.linked is not None:
            raise bad_request("CHAT_DISCUSSION_UNALLOWED")
        if (room.forum, room.forum_tabs) == (enabled, tabs and enabled):
            raise bad_request("CHAT_NOT_MODIFIED")
        room.forum, room.forum_tabs = enabled, tabs and enabled
        general = Topic(GENERAL, "General", _COLOURS[0], room.creator, room.date)
        room.topics.setdefault(GENERAL, general)
        self._rooms.save(room)
        self._updates.room_changed(room)

    def require(self, room: Room, number: int) -> Topic:
        """Return a topic; raises CHANNEL_FORUM_MISSING or TOPIC_ID_INVALID."""
        self.require_forum(room)
        if number not in room.topics:
            raise bad_request("TOPIC_ID_INVALID")
        return room.topics[number]

    def require_forum(self, room: Room) -> None:
        """Raise CHANNEL_FORUM_MISSING unless a room is a forum."""
        if not room.forum:
            raise bad_request("CHANNEL_FORUM_MISSING")

    def require_open(self, room: Room, user: int, number: int) -> None:
        """Raise TOPIC_DELETED or TOPIC_CLOSED unless somebody may write in a topic."""
        topic = room.topics.get(number)
        if topic is None:
            raise bad_request("TOPIC_DELETED")
        if topic.closed and not self._manages(room, user, topic):
            raise bad_request("TOPIC_CLOSED")

    def create(
        self, room: Room, by: int, title: str, colour: int | None, emoji: int | None
    ) -> tuple[Topic, Post]:
        """Create a topic; returns it with the message it begins with.

        Raises TOPIC_TITLE_EMPTY or CHAT_ADMIN_REQUIRED.
        """
        self.require_forum(room)
        self._rooms.require_right(room, by, "manage_topics")
        shown = colour if colour in _COLOURS else _COLOURS[len(room.topics) % len(_COLOURS)]
        name = _title(title)
        action = types.MessageActionTopicCreate(name, shown, icon_emoji_id=emoji or None)
        post = self._posts.announce(room, by, action)
        number = post.ids[str(room.peer)]
        topic = Topic(number, name, shown, by, self._clock.seconds(), emoji or 0)
        room.topics[number] = topic
        self._rooms.save(room)
        return topic, post

    def edit(
        self,
        room: Room,
        by: int,
        number: int,
        *,
        title: str | None,
        emoji: int | None,
        closed: bool | None,
        hidden: bool | None,
    ) -> None:
        """Rename, close, hide a topic or give it another icon; None leaves things as they are.

        Hiding General closes it, opening it again shows it. Raises CHAT_ADMIN_REQUIRED,
        TOPIC_TITLE_EMPTY, TOPIC_NOT_MODIFIED, TOPIC_HIDE_SEPARATELY, TOPIC_CLOSE_SEPARATELY,
        GENERAL_MODIFY_ICON_FORBIDDEN or TOPIC_ID_INVALID.
        """
        topic = self.require(room, number)
        self._rooms.require_member(room, by)
        if not self._manages(room, by, topic):
            raise bad_request("CHAT_ADMIN_REQUIRED")
        _check_edit(number, title, emoji, closed, hidden)
        before = (topic.title, topic.icon_emoji, topic.closed, topic.hidden)
        topic.title = topic.title if title is None else _title(title)
        topic.icon_emoji = topic.icon_emoji if emoji is None else emoji
        if hidden is not None:
            topic.hidden = hidden
            topic.closed = topic.closed or hidden
        if closed is not None:
            topic.closed = closed
            topic.hidden = topic.hidden and closed
        if before == (topic.title, topic.icon_emoji, topic.closed, topic.hidden):
            raise bad_request("TOPIC_NOT_MODIFIED")
        self._rooms.save(room)
        action = types.MessageActionTopicEdit(title, emoji, closed, hidden)
        notice = self._posts.draft(by, room.peer, action=action)
        notice.top = number if number != GENERAL else 0
        self._posts.send(notice)

    def pin(self, room: Room, by: int, number: int, *, pinned: bool) -> None:
        """Pin or unpin a topic; raises CHAT_ADMIN_REQUIRED or PINNED_TOO_MUCH."""
        topic = self.require(room, number)
        self._rooms.require_admin(room, by, "manage_topics")
        order = [one for one in room.pinned_topics() if one != number]
        if pinned and len(order) >= _MAX_PINNED:
            raise bad_request("PINNED_TOO_MUCH")
        self._set_order(room, ([topic.id] if pinned else []) + order)
        self._log(room, Change.TOPIC_PIN, number)

    def reorder(self, room: Room, by: int, order: list[int]) -> None:
        """Pin exactly these topics, in this order."""
        self.require_forum(room)
        self._rooms.require_admin(room, by, "manage_topics")
        self._set_order(room, [number for number in order if number in room.topics])
        self._log(room, Change.TOPIC_ORDER)

    def delete(self, room: Room, by: int, number: int) -> Entry | None:
        """Delete a topic with all its messages; raises CHAT_ADMIN_REQUIRED."""
        topic = self.require(room, number)
        self._rooms.require_member(room, by)
        posts = self._boxes.of(room.peer).posts
        numbers = self._threads.numbers(room, number)
        only_own = topic.creator == by and all(posts[n].sender == by for n in numbers)
        if number == GENERAL or not (
            only_own or self._rooms.has_right(room, by, "delete_messages")
        ):
            raise bad_request("CHAT_ADMIN_REQUIRED")
        del room.topics[number]
        self._rooms.save(room)
        return self._posts.delete(room.peer, numbers, revoke=True)

    # -- how it looks

    def ordered(self, room: Room, query: str = "") -> list[Topic]:
        """Return the topics, pinned ones first, then those written in last."""
        pinned = room.pinned_topics()
        rest = [topic for topic in room.topics.values() if topic.id not in pinned]
        rest.sort(key=lambda topic: self.top_message(room, topic.id), reverse=True)
        found = [room.topics[number] for number in pinned] + rest
        return [topic for topic in found if query.casefold() in topic.title.casefold()]

    def top_message(self, room: Room, number: int) -> int:
        """Return the id of the last message in a topic."""
        numbers = self._threads.numbers(room, number)
        return numbers[-1] if numbers else 0

    def shown(self, viewer: int, room: Room, topic: Topic) -> Any:
        """Return the TL ``ForumTopic`` as somebody sees it."""
        dialog = self._boxes.find_dialog(viewer, room.peer) or Dialog(viewer, room.peer)
        reading = dialog.threads.get(topic.id)
        outbox = max(dialog.read_outbox, reading.outbox if reading is not None else 0)
        settings = dialog.topic_settings.get(topic.id)
        return types.ForumTopic(
            id=topic.id,
            date=moment(topic.date),
            peer=room.peer.tl(),
            title=topic.title,
            icon_color=topic.icon_colour,
            icon_emoji_id=topic.icon_emoji or None,
            top_message=self.top_message(room, topic.id),
            read_inbox_max_id=self._threads.read_up_to(room, topic.id, viewer),
            read_outbox_max_id=outbox,
            unread_count=self._threads.unread(room, topic.id, viewer),
            unread_mentions_count=0,
            unread_reactions_count=0,
            unread_poll_votes_count=0,
            from_id=Peer.user(topic.creator).tl(),
            notify_settings=settings or types.PeerNotifySettings(),
            my=topic.creator == viewer or None,
            closed=topic.closed or None,
            hidden=topic.hidden or None,
            pinned=bool(topic.pinned) or None,
        )

    # -- inside

    def _manages(self, room: Room, user: int, topic: Topic) -> bool:
        own = topic.creator == user and topic.id != GENERAL
        return own or self._rooms.has_right(room, user, "manage_topics")

    def _set_order(self, room: Room, order: Iterable[int]) -> None:
        for topic in room.topics.values():
            topic.pinned = 0
        for place, number in enumerate(order, 1):
            room.topics[number].pinned = place
        self._rooms.save(room)

    def _log(self, room: Room, change: Change, number: int = 0) -> None:
        for member in room.members:
            self._updates.logged(member, change, room.peer, number)


def _title(title: str) -> str:
    if not title.strip():
        raise bad_request("TOPIC_TITLE_EMPTY")
    return title[:_TITLE_LENGTH]


def _check_edit(
    number: int, title: str | None, emoji: int | None, closed: bool | None, hidden: bool | None
) -> None:
    if hidden is not None and number != GENERAL:
        raise bad_request("TOPIC_ID_INVALID")
    if number == GENERAL and emoji is not None:
        raise bad_request("GENERAL_MODIFY_ICON_FORBIDDEN")
    others = title is not None or emoji is not None
    if hidden is not None and (others or closed is not None):
        raise bad_request("TOPIC_HIDE_SEPARATELY")
    if closed is not None and others:
        raise bad_request("TOPIC_CLOSE_SEPARATELY")
