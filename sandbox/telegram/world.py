# SPDX-License-Identifier: AGPL-3.0-or-later
"""The whole network in one object: every subject's records over one store and one clock."""

from collections.abc import Collection

from attrs import evolve

from sandbox.telegram.accounts import Accounts
from sandbox.telegram.attachments import Attachments
from sandbox.telegram.calls import Calls
from sandbox.telegram.clock import Clock
from sandbox.telegram.contents import Contents
from sandbox.telegram.dialog_settings import DialogSettings
from sandbox.telegram.dialog_view import DialogView
from sandbox.telegram.discussions import Discussions
from sandbox.telegram.files import Files
from sandbox.telegram.identities import Identities
from sandbox.telegram.invites import Invites
from sandbox.telegram.lifetimes import Lifetimes
from sandbox.telegram.limits import DC_ID, Limits
from sandbox.telegram.logins import Logins
from sandbox.telegram.mailboxes import Mailboxes
from sandbox.telegram.moderation import Moderation
from sandbox.telegram.pacing import Pacing
from sandbox.telegram.persistence import Store
from sandbox.telegram.pins import Pins
from sandbox.telegram.polls import Polls
from sandbox.telegram.posts import Posts
from sandbox.telegram.previews import Previews
from sandbox.telegram.reactions import Reactions
from sandbox.telegram.readings import Readings
from sandbox.telegram.render import Render
from sandbox.telegram.replies import Replies
from sandbox.telegram.room_actions import RoomActions
from sandbox.telegram.rooms import Rooms
from sandbox.telegram.stickers import StickerSets
from sandbox.telegram.subjects import Subjects
from sandbox.telegram.takeouts import Takeouts
from sandbox.telegram.threads import Threads
from sandbox.telegram.topics import Topics
from sandbox.telegram.updates import Updates
from sandbox.telegram.wire import RandomBytes


class World:
    """Accounts, logins, rooms, mailboxes, files, and the updates between them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        random_bytes: RandomBytes,
        limits: Limits,
        data_centres: Collection[int] = (DC_ID,),
    ) -> None:
        self.store = store
        self.clock = clock
        self.limits = limits
        self.data_centres = frozenset(data_centres)
        self.random_bytes = random_bytes
        self.accounts = Accounts(store, clock, random_bytes)
        self.logins = Logins(store, clock, random_bytes, self.accounts, lambda: self.limits)
        self.takeouts = Takeouts(clock, lambda: self.limits)
        self.pacing = Pacing(clock, lambda: self.limits)
        self.rooms = Rooms(store, clock)
        self.mailboxes = Mailboxes(store, clock)
        self.files = Files(store, clock, self.accounts, lambda: self.limits)
        self.stickers = StickerSets(store, self.files)
        self.polls = Polls(store, clock, random_bytes, lambda: self.limits)
        self.threads = Threads(self.rooms, self.mailboxes)
        self.dialogs = DialogView(self.rooms, self.mailboxes, self.threads)
        self.previews = Previews(store, clock, random_bytes)
        self.attachments = Attachments(self.files, self.polls, self.previews, clock)
        self.render = Render(
            self.accounts,
            self.rooms,
            self.mailboxes,
            self.threads,
            self.files,
            self.attachments,
            Replies(self.mailboxes, self.rooms),
            clock,
        )
        self.updates = Updates(
            self.render,
            Subjects(self.render, self.rooms, self.mailboxes, self.threads),
            self.dialogs,
            self.rooms,
            self.mailboxes,
            clock,
            lambda: self.limits,
        )
        self.dialog_settings = DialogSettings(self.mailboxes, self.updates, clock)
        self.posts = Posts(
            store,
            clock,
            lambda: self.limits,
            self.accounts,
            self.rooms,
            self.mailboxes,
            self.updates,
            self.dialog_settings,
        )
        self.identities = Identities(self.rooms, clock)
        self.readings = Readings(self.mailboxes, self.threads, self.updates)
        self.topics = Topics(
            self.rooms, self.mailboxes, self.threads, self.posts, self.updates, clock
        )
        self.discussions = Discussions(
            self.rooms, self.mailboxes, self.threads, self.posts, self.polls, self.updates
        )
        self.pins = Pins(self.rooms, self.mailboxes, self.threads, self.posts, self.updates)
        self.moderation = Moderation(self.rooms, self.posts, self.updates, clock)
        self.reactions = Reactions(
            clock, lambda: self.limits, self.rooms, self.stickers, self.posts
        )
        self.contents = Contents(clock, self.mailboxes, self.updates)
        self.room_actions = RoomActions(
            self.rooms, self.mailboxes, self.posts, self.files, self.updates
        )
        self.lifetimes = Lifetimes(self.rooms, self.mailboxes, self.posts, self.updates)
        self.calls = Calls(self.posts, self.updates, clock, random_bytes)
        self.invites = Invites(self.rooms, self.room_actions, self.updates, clock, random_bytes)

    def set_limits(self, **values: int) -> None:
        """Change single limits, for example ``difference_slice=3``."""
        self.limits = evolve(self.limits, **values)
