# SPDX-License-Identifier: AGPL-3.0-or-later
"""Proof over the network itself: somebody without a login says a code that was sent to their account.

It is sent in the name of the one whose chat it is, so only after they have confirmed the very text.
"""

import asyncio
import secrets
from datetime import datetime, timedelta

from attrs import evolve
from mautrix.types import RoomID, UserID

from bridges.core.clock import Clock
from bridges.core.content import FormattedText, Text
from bridges.core.errors import BridgeError, Rejected
from bridges.core.handover.codes import hashed, is_same, new_code
from bridges.core.handover.finder import HandoverFinder
from bridges.core.handover.state import Handover
from bridges.core.interpreter import Interpreter
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.senders import Senders
from bridges.core.matrix.transaction_ids import transaction_id
from bridges.core.network import NetworkInfo
from bridges.core.outgoing import OutgoingMessage
from bridges.core.sessions import Sessions
from bridges.core.storage.handover_codes import HandoverCodeStore, StoredCode
from bridges.core.storage.messages import milliseconds
from bridges.core.text import UserText, user_text

LIFETIME = timedelta(minutes=30)
TRIES = 5
PER_DAY = 5
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class Challenges:
    """Sends codes and checks what people say they are."""

    def __init__(
        self,
        store: HandoverCodeStore,
        finder: HandoverFinder,
        sessions: Sessions,
        senders: Senders,
        homeserver: Homeserver,
        interpreter: Interpreter,
        clock: Clock,
        network: NetworkInfo,
    ) -> None:
        self._store = store
        self._finder = finder
        self._sessions = sessions
        self._senders = senders
        self._hs = homeserver
        self._interpreter = interpreter
        self._clock = clock
        self._network = network
        self._one_at_a_time = asyncio.Lock()

    async def send(
        self, person: UserID, room: RoomID, guest: UserID, *, confirmed: bool
    ) -> UserText:
        """Send a code for ``guest`` to the other side of a chat, once that is confirmed.

        Raises ``Rejected`` if it is impossible or too often, and the network's errors.
        """
        portal = await self._finder.chat_of(person, room, None)
        await self._finder.unproven(person, portal, guest)
        if await self._hs.profile(self._senders.bot, guest) is None:
            raise Rejected(
                "HANDOVER.NO_SUCH_ACCOUNT", user_text("There is no account {person}.", person=guest)
            )
        if not confirmed:
            return user_text(
                "I would send this over {network} in your name: “{text}” Say `send-code {person} yes` "
                "here to send it.",
                network=self._network.name,
                text=await self._message(guest, "…"),
                person=guest,
            )
        async with self._one_at_a_time:
            now = self._clock.now()
            await self._check_often(person, guest, now)
            code, salt = new_code(secrets.randbelow), secrets.token_hex(16)
            kept = await asyncio.to_thread(hashed, code, salt)
            stored = StoredCode(guest, person, room, salt, kept, milliseconds(now + LIFETIME))
            await self._store.note_sent(stored, milliseconds(now), milliseconds(now - _DAY))
            await self._store.put(stored)
        login = self._sessions.get(portal.key.receiver)
        assert login is not None
        message = OutgoingMessage(
            chat=portal.key,
            key=transaction_id(self._network.id, "code", salt),
            content=Text(FormattedText(await self._message(guest, code))),
            timestamp=self._clock.now(),
        )
        try:
            await login.session.send(message)
        except BridgeError as error:
            if error.certain:
                await self._store.delete(guest)
                await self._store.forget_sent(stored)
            raise
        return user_text(
            "Sent. When {person} says the code to me, I prepare the room.", person=guest
        )

    async def proven(self, guest: UserID, code: str) -> Handover:
        """What follows from a code that is right. Raises ``Rejected`` for any other."""
        async with self._one_at_a_time:
            stored = await self._store.of(guest)
            if stored is None or stored.expires_at <= milliseconds(self._clock.now()):
                raise Rejected(
                    "HANDOVER.NO_CODE",
                    user_text("There is no code for you, or it has expired. Ask for another one."),
                )
            if stored.tries >= TRIES:
                raise Rejected(
                    "HANDOVER.TOO_MANY_TRIES",
                    user_text("That was tried too often. Ask for another code in an hour."),
                )
            await self._store.put(evolve(stored, tries=stored.tries + 1))
            if not await asyncio.to_thread(is_same, code, stored.salt, stored.hash):
                raise Rejected(
                    "HANDOVER.WRONG_CODE",
                    user_text(
                        "That is not the code. Tries left: {left}", left=TRIES - stored.tries - 1
                    ),
                )
            portal = await self._finder.chat_of(stored.keeper, stored.room, None)
            handover = await self._finder.unproven(stored.keeper, portal, guest)
            await self._store.delete(guest)
        return handover

    async def _check_often(self, person: UserID, guest: UserID, now: datetime) -> None:
        """Raise ``Rejected`` if too many codes were sent: to this one lately, or in all in a day."""
        if await self._store.sent_to(guest, milliseconds(now - _HOUR)):
            raise Rejected(
                "HANDOVER.CODE_SENT",
                user_text("A code was sent to them less than an hour ago. Wait a little."),
            )
        if await self._store.sent_by(person, milliseconds(now - _DAY)) >= PER_DAY:
            raise Rejected(
                "HANDOVER.TOO_MANY_CODES",
                user_text("So many codes were sent in your name today; try again tomorrow."),
            )

    async def _message(self, guest: UserID, code: str) -> str:
        translate = await self._interpreter.translation(guest)
        return translate(
            user_text(
                "Let us go on writing at {server}, where I am now: if {guest} is you, say “prove "
                "{code}” to {bot} there within half an hour. If it is not, ignore this message.",
                server=guest.partition(":")[2],
                guest=guest,
                code=code,
                bot=self._senders.bot.mxid,
            )
        )
