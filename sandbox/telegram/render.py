# SPDX-License-Identifier: AGPL-3.0-or-later
"""How records look to one viewer: users, chats and messages as TL objects.

Access hashes differ per viewer, a contact appears under the name the viewer saved, and a phone
number is visible to its owner, to those who saved it and to the owner's contacts.
"""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from typing import Any

from attrs import frozen
from telethon.tl import types

from sandbox.telegram import rights
from sandbox.telegram.accounts import Accounts
from sandbox.telegram.attachments import Attachments
from sandbox.telegram.clock import Clock, moment
from sandbox.telegram.files import Files
from sandbox.telegram.mailboxes import Mailboxes
from sandbox.telegram.mentions import named_in
from sandbox.telegram.privacy import STATUS, allows
from sandbox.telegram.reaction_view import named_reactors
from sandbox.telegram.reaction_view import shown as reactions_shown
from sandbox.telegram.records import Account, Kind, Peer, Post, Room, RoomKind
from sandbox.telegram.replies import Replies
from sandbox.telegram.rooms import Rooms
from sandbox.telegram.threads import Threads


@lru_cache(maxsize=100_000)
def access_hash(viewer: int, peer: Peer) -> int:
    """Return the access hash under which `viewer` may name `peer`."""
    digest = sha256(f"{viewer}/{peer}".encode()).digest()
    return int.from_bytes(digest[:8], "little", signed=True)


@frozen
class Render:
    """Renders records for a viewer."""

    accounts: Accounts
    rooms: Rooms
    mailboxes: Mailboxes
    threads: Threads
    files: Files
    attachments: Attachments
    replies: Replies
    clock: Clock

    # -- people

    def user(self, viewer: int, account: Account) -> Any:
        """Return the TL ``User`` as `viewer` sees it."""
        peer = Peer.user(account.id)
        if account.deleted:
            return types.User(id=account.id, access_hash=access_hash(viewer, peer), deleted=True)
        contact = self.accounts.contact(viewer, account.id)
        mutual = self.accounts.contact(account.id, viewer) is not None
        is_self = viewer == account.id
        knows_phone = is_self or contact is not None or mutual
        shown: Any = contact or account
        return types.User(
            id=account.id,
            is_self=is_self or None,
            contact=contact is not None or None,
            premium=account.premium or None,
            mutual_contact=(contact is not None and mutual) or None,
            access_hash=access_hash(viewer, peer),
            first_name=shown.first_name,
            last_name=shown.last_name or None,
            username=account.username,
            phone=account.phone if knows_phone and not account.bot else None,
            bot=account.bot or None,
            bot_info_version=1 if account.bot else None,
            photo=_profile_photo(account),
            status=self.status(viewer, account),
        )

    def minimal_user(self, viewer: int, account: Account) -> Any:
        """Return the ``min`` form of a user: enough to show, not enough to write to."""
        shown = self.user(viewer, account)
        if shown.is_self or shown.deleted:
            return shown
        return types.User(
            id=account.id,
            min=True,
            apply_min_photo=True,
            access_hash=shown.access_hash ^ 1,
            bot=shown.bot,
            first_name=account.first_name,
            last_name=account.last_name or None,
            username=account.username,
            photo=shown.photo,
        )

    def status(self, viewer: int, account: Account) -> Any:
        """Return whether an account is online, or when it was, as far as `viewer` may know."""
        if account.bot or viewer in account.blocked:
            return types.UserStatusEmpty()
        if viewer != account.id and not allows(self.accounts, account, viewer, STATUS):
            return types.UserStatusRecently()
        if account.online_until > self.clock():
            return types.UserStatusOnline(moment(account.online_until))
        return types.UserStatusOffline(moment(account.last_seen))

    # -- rooms

    def chat(self, viewer: int, room: Room) -> Any:
        """Return the TL ``Chat``, ``Channel`` or its forbidden form as `viewer` sees it."""
        inside = viewer in room.members
        if room.kind is RoomKind.GROUP:
            if not inside and viewer not in room.left:
                return types.ChatForbidden(room.id, room.title)
            return self._group(viewer, room)
        banned = rights.is_banned(room, viewer, self.clock())
        if banned or (not inside and viewer not in room.left and not room.username):
            return types.ChannelForbidden(
                id=room.id,
                access_hash=access_hash(viewer, room.peer),
                title=room.title,
                broadcast=room.broadcast or None,
                megagroup=not room.broadcast or None,
                until_date=room.restricted[viewer].rights.until_date if banned else None,
            )
        return self._channel(viewer, room)

    def _group(self, viewer: int, room: Room) -> Any:
        member = room.members.get(viewer)
        migrated = None
        if room.migrated_to is not None:
            target = Peer(Kind.CHANNEL, room.migrated_to)
            migrated = types.InputChannel(target.id, access_hash(viewer, target))
        return types.Chat(
            id=room.id,
            title=room.title,
            photo=_chat_photo(room),
            participants_count=len(room.members),
            date=moment(room.date),
            version=room.version,
            creator=viewer == room.creator or None,
            left=member is None or None,
            deactivated=room.deactivated or None,
            migrated_to=migrated,
            admin_rights=rights.admin_rights(room, viewer),
            default_banned_rights=room.default_rights,
        )

    def _channel(self, viewer: int, room: Room) -> Any:
        restriction = rights.active(room, viewer, self.clock())
        return types.Channel(
            id=room.id,
            title=room.title,
            photo=_chat_photo(room),
            date=moment(room.date),
            creator=viewer == room.creator or None,
            left=viewer not in room.members or None,
            broadcast=room.broadcast or None,
            megagroup=not room.broadcast or None,
            gigagroup=room.gigagroup or None,
            forum=room.forum or None,
            forum_tabs=room.forum_tabs or None,
            has_link=room.linked is not None or None,
            join_to_send=room.join_to_send or None,
            join_request=room.join_request or None,
            signatures=room.signatures or None,
            signature_profiles=room.signature_profiles or None,
            slowmode_enabled=bool(room.slow_seconds) or None,
            access_hash=access_hash(viewer, room.peer),
            username=room.username,
            admin_rights=rights.admin_rights(room, viewer),
            banned_rights=restriction.rights if restriction else None,
            default_banned_rights=room.default_rights,
            participants_count=len(room.members),
        )

    # -- messages

    def message(self, viewer: int, owner: Peer, post: Post, *, for_all: bool = False) -> Any:
        """Return the TL ``Message`` or ``MessageService`` of a post in a mailbox.

        `for_all` leaves out which reactions the viewer chose.
        """
        number = post.ids[str(owner)]
        room = self.rooms.find(post.room) if post.room else None
        broadcast = room is not None and room.broadcast
        sender = None if broadcast and post.sent_as is None else post.shown_sender.tl()
        out = post.sender == viewer or None
        peer = post.peer_for(viewer).tl()
        reply_to = self.threads.placed(self.replies.header(viewer, owner, post), post)
        if post.action is not None:
            self.files.stamp(post.action)
            return types.MessageService(
                id=number,
                peer_id=peer,
                date=moment(post.date),
                action=post.action,
                out=out,
                silent=post.silent or None,
                post=broadcast or None,
                from_id=sender,
                reply_to=reply_to,
            )
        reacted = bool(post.reactions or post.stars)
        return types.Message(
            id=number,
            peer_id=peer,
            date=moment(post.date),
            message=post.text,
            out=out,
            media_unread=self.attachments.is_unread(viewer, post) or None,
            silent=post.silent or None,
            post=broadcast or None,
            edit_hide=post.edit_hidden or (reacted and post.edit_date is None) or None,
            pinned=post.is_pinned(owner) or None,
            from_id=sender,
            via_bot_id=post.via_bot,
            fwd_from=post.forward,
            reply_to=reply_to,
            media=self.attachments.shown(viewer, post),
            reply_markup=post.markup,
            entities=post.entities or None,
            views=1 if broadcast else None,
            forwards=0 if broadcast else None,
            replies=self.threads.replies(viewer, post, number),
            ttl_period=post.ttl or None,
            edit_date=moment(post.edit_date) if post.edit_date else None,
            post_author=post.author,
            grouped_id=post.grouped_id,
            reactions=self.reactions(viewer, post, for_all=for_all) if reacted else None,
        )

    def reactions(self, viewer: int, post: Post, *, for_all: bool = False) -> Any:
        """Return the TL ``MessageReactions`` of a post; channels show counts only."""
        return reactions_shown(viewer, post, named=not self.in_broadcast(post), for_all=for_all)

    def in_broadcast(self, post: Post) -> bool:
        """Tell whether a post is in a channel, where nobody sees who else is there."""
        room = self.rooms.find(post.room) if post.room else None
        return room is not None and room.broadcast

    # -- what an answer carries along

    def people_and_rooms(
        self, viewer: int, peers: Iterable[Peer], *, minimal: bool = False
    ) -> tuple[list[Any], list[Any]]:
        """Return the users and chats an answer mentions; `minimal` users in their ``min`` form."""
        shown = self.minimal_user if minimal else self.user
        users, chats = [], []
        for peer in sorted(set(peers)):
            if peer.kind is Kind.USER:
                if (account := self.accounts.by_id(peer.id)) is not None:
                    users.append(shown(viewer, account))
            elif (room := self.rooms.find(peer)) is not None:
                chats.append(self.chat(viewer, room))
        return users, chats

    def peers_in(self, post: Post) -> set[Peer]:
        """Return everybody a rendered post mentions."""
        room = self.rooms.find(post.room) if post.room else None
        peers = {post.room or Peer.user(post.recipient)}
        if room is None or not room.broadcast or post.sent_as is not None:
            peers.add(post.shown_sender)
        peers |= {
            Peer.user(user) for user in named_reactors(post, named=not self.in_broadcast(post))
        }
        peers |= self.attachments.peers(post)
        for entity in post.entities:
            if isinstance(entity, types.MessageEntityMentionName):
                peers.add(Peer.user(entity.user_id))
        if post.via_bot is not None:
            peers.add(Peer.user(post.via_bot))
        peers |= named_in(post.action)
        peers |= named_in(post.forward) | named_in(post.reply_origin) | named_in(post.reply)
        return peers


def _profile_photo(account: Account) -> Any:
    if not account.photos:
        return types.UserProfilePhotoEmpty()
    return types.UserProfilePhoto(account.photos[0].id, account.photos[0].dc_id)


def _chat_photo(room: Room) -> Any:
    if room.photo is None:
        return types.ChatPhotoEmpty()
    return types.ChatPhoto(room.photo.id, room.photo.dc_id)
