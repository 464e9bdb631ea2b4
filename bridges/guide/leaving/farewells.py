# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deletes everything of a person, gives them the receipt, and lets the chat go last."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import structlog
from attrs import frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from mautrix.types import UserID

from bridges.core.clock import Clock
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.transport import Transport
from bridges.guide.conversation.repeating import told_meanwhile
from bridges.guide.leaving import telling
from bridges.guide.leaving.exports import Folders, NotAlone
from bridges.guide.leaving.speaking import Speaking
from bridges.guide.leaving.wish import Stage, Wish
from bridges.guide.matrix.client import MatrixClient
from bridges.guide.matrix.errors import GuideRefused
from bridges.migration.leaving.deletion.deleting import Record, delete, survey
from bridges.migration.leaving.deletion.steps import Farewell, farewell_steps
from bridges.migration.leaving.deletion.subjects import Account, Person, Rooms, Subject
from bridges.migration.leaving.deletion.wording import Circumstances, what_stays
from bridges.migration.leaving.errors import LeavingRefused
from bridges.migration.leaving.receipt.document import Deleted, Receipt
from bridges.migration.leaving.receipt.making import write_receipt
from bridges.migration.leaving.settings import LeavingSettings, connected, homeserver_of

DAYS = 7
"""How long the chat waits for somebody who does not say goodbye."""

_RECEIPT = "receipt.json"
_MILLISECONDS = 86_400_000
"""Of a day."""
_LOOK = 600.0
"""Seconds between two looks at the time."""

Forget = Callable[[UserID], Awaitable[None]]


@frozen
class Farewells:
    """Does the steps; each may be done again.

    Attributes:
        kept: gives what the guide has of a person.
        quiet: ends what the guide does for a person.
        forgetting: what is forgotten with the chat.
        receipt_key: gives the key that signs receipts.
    """

    settings: LeavingSettings
    folders: Folders
    client: MatrixClient
    speaking: Speaking
    clock: Clock
    kept: Callable[[UserID], Mapping[str, Subject]]
    quiet: Callable[[UserID], Awaitable[None]]
    forgetting: Sequence[Forget]
    receipt_key: Callable[[], Ed25519PrivateKey]

    async def advance(self, wish: Wish) -> Wish | None:
        """Do the next step and give what the wish has become, None at the end.

        Raises ``NotAlone``, ``LeavingRefused``, and the errors of homeservers and of ``MatrixClient``.
        """
        match wish.stage:
            case Stage.MAKING:
                return await self._delete(wish)
            case Stage.HANDING:
                return await self._hand(wish)
            case Stage.WAITING:
                return await self._wait(wish)
            case _:
                await self._go(wish)
                return None

    async def clear(self, wish: Wish) -> None:
        """Delete what was noted so long ago that there may be something new since."""
        folder = self.folders.of(wish.owner)
        if await asyncio.to_thread(_last_change, folder) < self._now() - _MILLISECONDS:
            await self.folders.delete(wish.owner)

    async def _delete(self, wish: Wish) -> Wish:
        await self.quiet(wish.owner)
        folder = self.folders.of(wish.owner)
        await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        target = folder / _RECEIPT
        if not await asyncio.to_thread(target.exists):
            await self._with_receipt(wish, target)
        return wish.become(Stage.HANDING)

    async def _with_receipt(self, wish: Wish, target: Path) -> None:
        say = self.speaking.voice.words_in(wish.details.language)
        record = Record.open(target.with_name(f"{target.name}.part"), wish.owner, self._now())
        farewell = Farewell(wish.owner, self._token(), last_room=wish.details.room)
        done: list[Deleted] = []

        async def tell() -> None:
            await self.speaking.update(wish, f"deleted {len(done)}", telling.farewell_begun(done))

        async with (
            farewell_steps(
                self.settings, farewell, self.kept(wish.owner), say, self.clock
            ) as steps,
            told_meanwhile(tell, self.clock),
        ):
            await survey(steps, record)
            deleted = await delete(steps, record, done.append)
        seen = Circumstances(False, wish.details.closes, None, parting=True)
        receipt = Receipt(
            wish.owner,
            self.settings.migration.server_name,
            record.began_at,
            self._now(),
            wish.details.manifest,
            deleted,
            what_stays(seen),
        )
        key = await asyncio.to_thread(self.receipt_key)
        await asyncio.to_thread(write_receipt, receipt, target, key, say)
        await self.speaking.update(wish, "deleted", telling.farewell_begun(deleted))

    async def _hand(self, wish: Wish) -> Wish:
        if not await self.client.is_sealed_with(wish.details.room, wish.owner):
            raise NotAlone
        receipt = self.folders.of(wish.owner) / _RECEIPT
        await self.speaking.hand(wish, receipt, "application/json")
        await self.speaking.hand(wish, receipt.with_suffix(".txt"), "text/plain")
        await self.speaking.say(wish, "done", telling.farewell_done(DAYS))
        return wish.become(Stage.WAITING, since=self._now())

    async def _wait(self, wish: Wish) -> Wish:
        while self._now() < wish.details.since + DAYS * _MILLISECONDS:
            await self.clock.sleep(_LOOK)
        return wish.become(Stage.GOING)

    async def _go(self, wish: Wish) -> None:
        """Close the account if that is wished, and empty the chat; nothing is said any more after that."""
        room, token = wish.details.room, self._token()
        async with connected(self.settings) as session:
            homeserver, sender = homeserver_of(session, self.settings, wish.owner, token)
            transport = Transport(session, self.settings.migration.homeserver_url, token)
            person = Person(homeserver, sender, transport, self.clock)
            if wish.details.closes:
                try:
                    await Account(person, None).delete()
                except HomeserverRefused as refused:
                    structlog.get_logger("karvon.guide").warning(
                        "an account could not be closed", errcode=refused.errcode
                    )
                    await self.speaking.say(wish, "account stays", [telling.ACCOUNT_STAYS])
            await Rooms(person).go(room, is_in=True)
        with contextlib.suppress(GuideRefused):  # It has left before.
            await self.client.leave(room)
        for forget in self.forgetting:
            await forget(wish.owner)
        await self.folders.delete(wish.owner)

    def _token(self) -> str:
        token = self.settings.person_token
        if token is None:
            raise LeavingRefused(telling.NOBODY_SPEAKS)
        return token

    def _now(self) -> int:
        return int(self.clock.now().timestamp() * 1000)


def _last_change(folder: Path) -> float:
    """When a file in a folder was written last, in milliseconds since 1970; 0 if there is none."""
    return max((one.stat().st_mtime * 1000 for one in folder.glob("*")), default=0.0)
