# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people are told about handovers, each in their own room with the bot and their own language."""

from mautrix.types import UserID

from bridges.core.bot.rooms import ManagementRooms
from bridges.core.bot.voice import BotVoice
from bridges.core.handover.state import Handover, Step, link_to
from bridges.core.network import NetworkInfo
from bridges.core.sessions import Sessions
from bridges.core.storage.people import PeopleStore
from bridges.core.text import UserText, user_text

_STANDING = {
    Step.ASKING: user_text("asked, no answer yet"),
    Step.ASKED: user_text("asked, no answer yet"),
    Step.DECLINED: user_text("declined"),
    Step.DUAL: user_text("both are in the room; what comes over the network still appears there"),
    Step.CLOSING: user_text("only here"),
    Step.CLOSED: user_text("only here"),
    Step.UNDONE: user_text("taken back"),
}
_INVITED = user_text("agreed; it waits for the invitation to be accepted")
_UNDER_WAY = user_text("being prepared")


class HandoverTeller:
    """Tells."""

    def __init__(
        self,
        management: ManagementRooms,
        voice: BotVoice,
        people: PeopleStore,
        sessions: Sessions,
        network: NetworkInfo,
    ) -> None:
        self._management = management
        self._voice = voice
        self._people = people
        self._sessions = sessions
        self._network = network

    async def ask(self, handover: Handover) -> None:
        """Put the question to the one who is asked."""
        asked, asker = handover.asked, handover.asked_by
        await self._say(
            asked,
            user_text(
                "{name} ({person}) asks to go on with your {network} chat here, between your "
                "accounts on this homeserver: in {room}, with its history. What either of you sends "
                "over {network} still appears there, and both of you can undo it at any time.",
                name=await self.name(handover, asker),
                person=asker,
                network=self._network.name,
                room=await self.which_room(handover, asked),
            ),
            user_text("Say `agree {person}` or `decline {person}`.", person=asker),
        )

    async def which_room(self, handover: Handover, reader: UserID) -> UserText:
        """Which of the two rooms is kept, and why."""
        if handover.is_shared:
            return user_text(
                "the room you both have already in person: {link}", link=link_to(handover.room)
            )
        if handover.other is None:
            return user_text("the room of {person}, as there is no other", person=handover.keeper)
        if handover.keeper == reader:
            return user_text("your room, which has the longer history")
        return user_text(
            "the room of {person}, which has the longer history", person=handover.keeper
        )

    async def declined(self, handover: Handover) -> None:
        """Tell the asker."""
        await self._say(
            handover.asked_by,
            user_text("{person} would rather leave the chat as it is.", person=handover.asked),
        )

    async def agreed(self, handover: Handover) -> None:
        """Tell the asker."""
        await self._say(
            handover.asked_by,
            user_text(
                "{person} agrees. I am preparing the room; you can go on writing meanwhile.",
                person=handover.asked,
            ),
        )

    async def taken_back(self, handover: Handover, person: UserID) -> None:
        """Tell the other one."""
        await self._say(
            handover.other_than(person),
            user_text(
                "{person} has taken it back: your chat goes over {network} again.",
                person=person,
                network=self._network.name,
            ),
        )

    async def only_here(self, handover: Handover, person: UserID) -> None:
        """Tell the other one what is asked of them."""
        await self._say(
            handover.other_than(person),
            user_text(
                "{person} does not need {network} any more for your chat. If you do not either, say "
                "`only-here {person}`.",
                person=person,
                network=self._network.name,
            ),
        )

    async def failed(self, handover: Handover, reason: str) -> None:
        """Tell both that nothing has come of it."""
        text = user_text(
            "{guest} could not be brought into the room of {keeper}, so the chat stays as it is. "
            "The homeserver says: {reason}",
            guest=handover.guest,
            keeper=handover.keeper,
            reason=reason,
        )
        for person in (handover.keeper, handover.guest):
            await self._say(person, text)

    async def standing(self, handover: Handover, person: UserID) -> UserText:
        """How it stands, for one who asks again."""
        return user_text(
            "This chat with {person}: {standing}.",
            person=handover.other_than(person),
            standing=_standing(handover),
        )

    async def line(self, handover: Handover, person: UserID) -> UserText:
        """The same as a line of a list."""
        return user_text(
            "- {name} ({person}): {standing}",
            name=await self.name(handover, handover.other_than(person)),
            person=handover.other_than(person),
            standing=_standing(handover),
        )

    async def name(self, handover: Handover, person: UserID) -> str:
        """How one of the two is called on the network."""
        login = self._sessions.get(handover.kept.receiver)
        user = handover.guest_user
        if person == handover.keeper:
            if login is None:
                return person
            user = login.record.user
        ghost = await self._people.ghost(user)
        other = self._sessions.by_remote_user(user)
        return ghost.name or (person if other is None else other.record.name)

    async def _say(self, person: UserID, *lines: UserText) -> None:
        room = await self._management.of(person)
        await self._voice.say(room, lines, user=person, markdown=True)


def _standing(handover: Handover) -> UserText:
    if handover.step is Step.INVITED:
        return _INVITED
    return _STANDING.get(handover.step, _UNDER_WAY)
