# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where the bot talks with one person alone."""

from attrs import evolve
from mautrix.types import RoomID, UserID

from bridges.core.bot.voice import BotVoice
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.senders import Senders
from bridges.core.network import NetworkInfo
from bridges.core.storage.people import PeopleStore
from bridges.core.text import user_text


class ManagementRooms:
    """Where the bot talks with one person alone."""

    def __init__(
        self,
        homeserver: Homeserver,
        people: PeopleStore,
        senders: Senders,
        voice: BotVoice,
        network: NetworkInfo,
        prefix: str,
    ) -> None:
        self._hs = homeserver
        self._people = people
        self._senders = senders
        self._voice = voice
        self._network = network
        self._prefix = prefix

    async def is_one(self, room: RoomID, person: UserID) -> bool:
        """Whether a room is a person's own room with the bot."""
        return (await self._people.person(person)).management_room == room

    async def of(self, person: UserID) -> RoomID:
        """A person's room, made if they have none."""
        known = await self._people.person(person)
        if known.management_room is not None:
            return known.management_room
        request = {"preset": "trusted_private_chat", "is_direct": True, "invite": [person]}
        room = await self._hs.create_room(self._senders.bot, request)
        await self._people.save_person(evolve(known, management_room=room))
        return room

    async def enter(self, room: RoomID, inviter: UserID) -> None:
        """Accept an invitation; alone with one person the room becomes theirs.

        An invitation may be reported twice, as it is pushed and looked for.
        """
        bot = self._senders.bot.mxid
        if await self._people.membership(room, bot) == "join":
            return
        await self._hs.join(self._senders.bot, room)
        await self._greet(room, inviter)
        await self._people.set_membership(room, bot, "join")

    async def leave_encrypted(self, room: RoomID, person: UserID) -> None:
        """Go on with a person in another room than this one, which has become unreadable.

        Apps that encrypt every new chat of two would otherwise get no answer at all.
        """
        known = await self._people.person(person)
        if known.management_room in (room, None):
            await self._people.save_person(evolve(known, management_room=None))
            await self._say_hello(await self.of(person), person)
        text = user_text(
            "I cannot read encrypted messages. Please go on in the other chat with me, "
            "which is not encrypted; I have invited you to it."
        )
        await self._voice.say(room, text, user=person)

    async def _greet(self, room: RoomID, inviter: UserID) -> None:
        members = await self._hs.joined_members(self._senders.bot, room)
        known = await self._people.person(inviter)
        others = [one for one in members if one != self._senders.bot.mxid]
        if others != [inviter]:
            await self._people.save_person(known)
            text = user_text(
                "Hello! Commands in this room start with {prefix}.", prefix=self._prefix
            )
            await self._voice.say(room, text, user=inviter)
            return
        bot = self._senders.bot
        if await self._hs.get_state_event(bot, room, event_types.ENCRYPTION) is not None:
            await self.leave_encrypted(room, inviter)
            return
        await self._people.save_person(evolve(known, management_room=room))
        await self._say_hello(room, inviter)

    async def _say_hello(self, room: RoomID, person: UserID) -> None:
        text = user_text(
            "Hello! I am the bridge to {network}. Say **login** to bring your chats here, "
            "or **help** to see what I can do.",
            network=self._network.name,
        )
        await self._voice.say(room, text, user=person, markdown=True)
