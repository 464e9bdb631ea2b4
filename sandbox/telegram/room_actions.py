# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people do to rooms, each with its service message and its updates.

Rights are checked by the methods that call these functions.
"""

from collections.abc import Iterable
from typing import Any

from telethon.tl import types

from sandbox.telegram.files import Files
from sandbox.telegram.mailboxes import Mailboxes
from sandbox.telegram.posts import Posts
from sandbox.telegram.records import Kind, Room, RoomKind
from sandbox.telegram.rooms import Rooms
from sandbox.telegram.rpc import bad_request
from sandbox.telegram.updates import Updates


class RoomActions:
    """Creates and changes rooms and lets their members know."""

    def __init__(
        self, rooms: Rooms, mailboxes: Mailboxes, posts: Posts, files: Files, updates: Updates
    ) -> None:
        self._rooms = rooms
        self._mailboxes = mailboxes
        self._posts = posts
        self._files = files
        self._updates = updates

    def create(
        self, kind: RoomKind, title: str, creator: int, members: Iterable[int] = (), about: str = ""
    ) -> Room:
        """Create a room with its first members; raises CHAT_TITLE_EMPTY."""
        if not title.strip():
            raise bad_request("CHAT_TITLE_EMPTY")
        others = [user for user in dict.fromkeys(members) if user != creator]
        room = self._rooms.create(kind, title, creator, others, about)
        self._updates.room_changed(room, members=True)
        action: Any = types.MessageActionChannelCreate(title)
        if kind is RoomKind.GROUP:
            action = types.MessageActionChatCreate(title, [creator, *others])
        self._posts.announce(room, creator, action)
        return room

    def invite(self, room: Room, by: int, users: Iterable[int]) -> list[int]:
        """Bring people in; returns those who were not in before."""
        added = [user for user in users if self._rooms.add(room, user, by)]
        if not added:
            return added
        self._start_reading(room, added)
        self._updates.room_changed(room, members=True)
        if not room.broadcast:
            self._posts.announce(room, by, types.MessageActionChatAddUser(added))
        return added

    def join(self, room: Room, user: int, action: Any) -> None:
        """Let somebody in by their own wish, which groups are told with a service message.

        Raises USER_ALREADY_PARTICIPANT.
        """
        if not self._rooms.add(room, user, user):
            raise bad_request("USER_ALREADY_PARTICIPANT")
        self._start_reading(room, [user])
        self._updates.room_changed(room, members=True)
        if not room.broadcast:
            self._posts.announce(room, user, action)

    def remove(self, room: Room, user: int, *, by: int) -> None:
        """Take somebody out, or let them leave when `by` is themselves."""
        if user not in room.members:
            raise bad_request("USER_NOT_PARTICIPANT")
        if room.kind is RoomKind.GROUP:
            self._posts.announce(room, by, types.MessageActionChatDeleteUser(user))
        self._rooms.remove(room, user, by=by)
        if by == user:
            self._mailboxes.remove_dialog(user, room.peer)
        self._updates.room_changed(room, also=[user], members=True)
        if room.kind is RoomKind.SUPERGROUP:
            self._posts.announce(room, by, types.MessageActionChatDeleteUser(user))

    def set_title(self, room: Room, by: int, title: str) -> None:
        """Rename a room; raises CHAT_TITLE_EMPTY or CHAT_NOT_MODIFIED."""
        if not title.strip():
            raise bad_request("CHAT_TITLE_EMPTY")
        if title == room.title:
            raise bad_request("CHAT_NOT_MODIFIED")
        room.title = title
        self._save(room)
        self._posts.announce(room, by, types.MessageActionChatEditTitle(title))

    def set_about(self, room: Room, about: str) -> None:
        """Change the description; raises CHAT_ABOUT_NOT_MODIFIED or CHAT_ABOUT_TOO_LONG."""
        if len(about) > 255:
            raise bad_request("CHAT_ABOUT_TOO_LONG")
        if about == room.about:
            raise bad_request("CHAT_ABOUT_NOT_MODIFIED")
        room.about = about
        self._save(room)

    def set_photo(self, room: Room, by: int, given: Any) -> None:
        """Change or remove the photo."""
        photo: Any = None
        if isinstance(given, types.InputChatUploadedPhoto):
            if given.file is None:
                raise bad_request("PHOTO_CROP_FILE_MISSING")
            photo = self._files.photo(by, given.file)
        elif isinstance(given, types.InputChatPhoto):
            photo = self._files.made(given.id)
        if photo is None and room.photo is None:
            raise bad_request("CHAT_NOT_MODIFIED")
        room.photo = photo
        self._save(room)
        action: Any = types.MessageActionChatDeletePhoto()
        if photo is not None:
            action = types.MessageActionChatEditPhoto(photo)
        self._posts.announce(room, by, action)

    def migrate(self, room: Room, by: int) -> Room:
        """Turn a basic group into a supergroup: https://core.telegram.org/api/channel#migration."""
        members = [user for user in room.members if user != room.creator]
        target = self._rooms.create(
            RoomKind.SUPERGROUP, room.title, room.creator, members, room.about
        )
        target.migrated_from = room.id
        target.default_rights = room.default_rights
        target.photo = room.photo
        for member in room.members.values():
            kept = target.members[member.user]
            kept.admin, kept.rank, kept.promoted_by = member.admin, member.rank, member.promoted_by
        self._rooms.save(target)
        self._posts.announce(room, by, types.MessageActionChatMigrateTo(target.id))
        room.migrated_to = target.id
        room.deactivated = True
        self._save(room)
        self._updates.room_changed(target)
        action = types.MessageActionChannelMigrateFrom(room.title, room.id)
        self._posts.announce(target, by, action)
        return target

    def delete(self, room: Room) -> None:
        """End a supergroup or channel for everybody."""
        members = list(room.members)
        room.members.clear()
        room.username = None
        room.deactivated = True
        self._rooms.save(room)
        for member in members:
            self._mailboxes.remove_dialog(member, room.peer)
        self._updates.room_changed(room, also=members)

    def _save(self, room: Room) -> None:
        room.version += 1
        self._rooms.save(room)
        self._updates.room_changed(room)

    def _start_reading(self, room: Room, users: list[int]) -> None:
        if room.peer.kind is not Kind.CHANNEL:
            return
        history = self._mailboxes.of(room.peer).history(room.peer)
        for user in users:
            dialog = self._mailboxes.dialog(user, room.peer)
            dialog.read_inbox = history[-1] if history else 0
            self._mailboxes.save_dialog(dialog)
