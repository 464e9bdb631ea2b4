# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the bot says in the rooms of a handover, each thing once however often a step is repeated."""

from mautrix.types import RoomID, UserID

from bridges.core.handover.state import Handover, link_to
from bridges.core.interpreter import Interpreter
from bridges.core.network import NetworkInfo
from bridges.core.portal.room_writer import RoomWriter
from bridges.core.storage.portals import PortalStore
from bridges.core.text import UserText, user_text


class HandoverNotices:
    """Says it, in the language of who reads it."""

    def __init__(
        self,
        portals: PortalStore,
        writer: RoomWriter,
        interpreter: Interpreter,
        network: NetworkInfo,
    ) -> None:
        self._portals = portals
        self._writer = writer
        self._interpreter = interpreter
        self._network = network

    async def tell(
        self, handover: Handover, room: RoomID, person: UserID, text: UserText, what: str
    ) -> None:
        """Say something; ``what`` tells it apart from what else is said at this step."""
        identity = (handover.room, handover.changed_at, handover.step.value, what, person)
        await self._writer.notice(room, person, text, ("handover", *identity))

    async def tell_both(self, handover: Handover, text: UserText) -> None:
        """Say something in the room that is kept, in the languages of both."""
        said = set()
        for person in (handover.keeper, handover.guest):
            translate = await self._interpreter.translation(person)
            if translate(text) not in said:
                said.add(translate(text))
                await self.tell(handover, handover.room, person, text, "both")

    async def point(self, handover: Handover, text: UserText) -> None:
        """Say something in the guest's own room, if there is one."""
        other = await self.other_room(handover)
        if other is not None:
            await self.tell(handover, other, handover.guest, text, "other")

    async def point_to_kept(self, handover: Handover) -> None:
        """Say in the guest's own room, if there is one, where the chat goes on."""
        text = user_text(
            "This chat goes on in another room, where you both are in person: {link} "
            "What was said here stays here. What you write here is still sent over {network}.",
            link=link_to(handover.room),
            network=self._network.name,
        )
        await self.point(handover, text)

    async def point_back(self, handover: Handover) -> None:
        """Say in the guest's own room, if there is one, that the chat goes on there again."""
        await self.point(handover, self.gone_back(handover))

    def gone_back(self, handover: Handover) -> UserText:
        """What is said in a room in which a chat goes on again."""
        return user_text(
            "This chat goes on here again, over {network}. What was said meanwhile is in {link}",
            network=self._network.name,
            link=link_to(handover.room),
        )

    async def tell_left(self, handover: Handover) -> None:
        """Say in a room both networks had that this one's chat has left it."""
        text = user_text(
            "Your {network} chat was taken back: it goes on in its own room, and this room stays yours.",
            network=self._network.name,
        )
        await self.tell_both(handover, text)

    async def other_room(self, handover: Handover) -> RoomID | None:
        """The guest's own room for the chat."""
        portal = None if handover.other is None else await self._portals.get(handover.other)
        return None if portal is None else portal.room
