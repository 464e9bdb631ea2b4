# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rooms of chats come without ringing."""

import structlog
from mautrix.types import UserID

from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.senders import Senders


class Invitations:
    """Keeps homeservers from notifying people of the bot's invitations, for whom the bridge may act.

    They are let in at once, so there is nothing to decide; after a login dozens of rooms come within
    seconds. What is said in a room notifies as ever.
    """

    def __init__(self, homeserver: Homeserver, senders: Senders, source: str) -> None:
        """``source`` names this bridge in the name of the push rule."""
        self._hs = homeserver
        self._senders = senders
        self._rule = f"{source}.invitations"
        self._log = structlog.get_logger("karvon.invitations")

    async def hush(self, person: UserID) -> None:
        """Have the bot's invitations notify nobody; again is the same as once."""
        if not self._senders.may_speak_as(person):
            return
        wanted = {
            "sender": self._senders.bot.mxid,
            "type": event_types.MEMBER,
            "content.membership": "invite",
        }
        conditions = [
            {"kind": "event_match", "key": key, "pattern": value} for key, value in wanted.items()
        ]
        sender = await self._senders.person(person)
        rule = {"conditions": conditions, "actions": []}
        try:
            await self._hs.set_push_rule(sender, "override", self._rule, rule)
        except HomeserverRefused as refused:
            self._log.warning("invitations will ring", error=str(refused))
