# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people do now and then, while others talk and things break."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

from attrs import define, field

from tests.guide.person import EncryptedPerson, encrypted_person
from tests.migration.run.exports import telegram_group
from tests.soak.chats import PATIENCE, insistently
from tests.soak.networks import Network
from tests.soak.scene import Resident, Scene
from tests.support.site import PASSWORD
from tests.support.sync_record import Event
from tests.support.syncing_client import MatrixRequestError
from tests.support.waiting import eventually

Errand = Callable[[], Awaitable[None]]

_AGAIN_AFTER = 20.0
"""Seconds after which somebody says a command again that was not obeyed: a crash may swallow it."""
_EXPORTED = 60
_HANDED_OVER, _TAKEN_BACK = "in person now", "was taken back"


@define
class _Pair:
    """Two residents who know each other on Telegram; `kept` is the room the first one has of it."""

    first: Resident
    second: Resident
    kept: str


@define
class Errands:
    """Each can be done again and again.

    Attributes:
        done: how often each was.
        failed: what went wrong; others go on all the same.
    """

    _scene: Scene
    _say: Callable[[str], None]
    done: dict[str, int] = field(factory=dict)
    failed: list[str] = field(factory=list)
    _visitors: dict[str, Resident] = field(factory=dict)
    _pair: list[_Pair] = field(factory=list)

    def all(self) -> Sequence[tuple[Errand, float]]:
        """Give what there is to do, with mean seconds between two times."""
        every: list[tuple[Errand, float]] = [(self.bring_archive, 600.0), (self.hand_over, 150.0)]
        # Each login leaves something in WhatsApp's worker until it begins anew: docs/whatsapp.md.
        pauses = zip(self._scene.networks, (120.0, 900.0), strict=True)
        every += [(partial(self.visit, network), pause) for network, pause in pauses]
        return [(partial(self._tried, errand), pause) for errand, pause in every]

    def told(self) -> str:
        """How often each was done."""
        return ", ".join(f"{name} {count}" for name, count in sorted(self.done.items())) or "none"

    async def _tried(self, errand: Errand) -> None:
        try:
            await errand()
        except (TimeoutError, AssertionError, MatrixRequestError) as error:
            self.failed.append(f"an errand: {error}")
            self._say(self.failed[-1])

    async def visit(self, network: Network) -> None:
        """Log in, hear something, answer, and log out."""
        scene, name = self._scene, network.short
        if name not in self._visitors:
            self._visitors[name] = await scene.resident(f"visitor-{name}", [network])
        visitor = self._visitors[name]
        await scene.log_in(visitor, network)
        number = next(scene.numbers)
        friend = await network.person(number, f"Host {number}")
        account = visitor.accounts[name]
        await network.send(friend, account.name, f"welcome {number}")
        heard = await visitor.user.wait_message(f"welcome {number}", timeout=PATIENCE)
        await insistently(lambda: visitor.user.say(heard["room_id"], f"thank you {number}"))

        async def arrived() -> bool:
            shown = await network.shown(friend, account.name, 10)
            return [one.text for one in shown if not one.mine] == [f"thank you {number}"]

        await eventually(arrived, PATIENCE, f"the thanks of {account.name}", 0.5)
        assert visitor.user.bodies(heard["room_id"]).count(f"welcome {number}") == 1
        bot = scene.site.mxid(network.bot)
        await self._obeyed(visitor, visitor.bots[name], "logout", bot, "ogged out", visitor)
        self._count(f"logins and logouts on {name}")

    async def bring_archive(self) -> None:
        """Drop an export into the encrypted chat with the guide, and have it brought over."""
        scene, number = self._scene, next(self._scene.numbers)
        name, folder = f"traveller{number}", self._scene.folder / f"traveller{number}"
        folder.mkdir()
        await insistently(lambda: scene.site.register(name))
        group = await asyncio.to_thread(telegram_group, folder / "export", _EXPORTED)
        file = shutil.make_archive(str(folder / "archive"), "zip", group)
        data = await asyncio.to_thread(Path(file).read_bytes)
        device = encrypted_person(
            scene.site.homeserver, scene.site.mxid(name), PASSWORD, folder, "phone"
        )
        async with device as person:
            room = await person.chat_with(scene.site.mxid("karvon"))
            await self._hears(person, "Hello")
            await insistently(lambda: person.drop(room, "export.zip", data))
            await self._hears(person, f"rooms: 1, messages: {_EXPORTED}")
            await insistently(lambda: person.say(room, "start"))
            await self._hears(person, f"in the rooms: {_EXPORTED}, left out: 0")
        self._count("archives")

    async def hand_over(self) -> None:
        """Hand a chat over, talk in the one room, and take it back."""
        scene = self._scene
        telegram = scene.networks[0]
        if not self._pair:
            self._pair.append(await self._acquainted(telegram))
        pair, number = self._pair[0], next(scene.numbers)
        first, second, bot = pair.first, pair.second, scene.site.mxid(telegram.bot)
        asked = second.bots[telegram.short]
        await self._obeyed(first, pair.kept, "!telegram hand-over", bot, "agree", second, asked)
        agree = f"agree {first.user.mxid}"
        await self._obeyed(second, asked, agree, bot, _HANDED_OVER, first, pair.kept)
        for one in (first, second):
            text = f"in person {number} {one.user.mxid}"
            await insistently(partial(one.user.say, pair.kept, text))
            for other in (first, second):
                await other.user.wait_message(text, pair.kept, PATIENCE)
                assert other.user.bodies(pair.kept).count(text) == 1
        back = "!telegram take-back"
        await self._obeyed(second, pair.kept, back, bot, _TAKEN_BACK, first, pair.kept)
        self._count("handovers")

    async def _acquainted(self, network: Network) -> _Pair:
        first, second = self._scene.residents[:2]
        mine, theirs = first.accounts[network.short], second.accounts[network.short]
        hello = f"we have met {next(self._scene.numbers)}"
        await network.send(theirs, mine.name, hello)
        kept = (await first.user.wait_message(hello, timeout=PATIENCE))["room_id"]
        await second.user.wait_message(hello, timeout=PATIENCE)
        return _Pair(first, second, kept)

    async def _obeyed(
        self,
        who: Resident,
        room: str,
        command: str,
        bot: str,
        answer: str,
        hearer: Resident,
        where: str | None = None,
    ) -> Event:
        """Say a command until the bot says a text to somebody, in the same room unless told."""
        heard_in = where or room
        known = {event["event_id"] for event in hearer.user.messages(heard_in)}
        said_at: list[float] = []

        async def answered() -> Event | None:
            now = asyncio.get_running_loop().time()
            if not said_at or now - said_at[-1] > _AGAIN_AFTER:
                said_at.append(now)
                await insistently(lambda: who.user.say(room, command))
            news = (e for e in hearer.user.messages(heard_in) if e["event_id"] not in known)
            return next((e for e in news if _says(e, bot, answer)), None)

        found = await eventually(
            answered,
            PATIENCE,
            lambda: f"{answer!r} after {command!r}; heard {hearer.user.bodies(heard_in)[-5:]}",
            0.2,
        )
        assert found is not None
        return found

    async def _hears(self, person: EncryptedPerson, text: str) -> None:
        await insistently(lambda: person.hears(lambda body: text in body, 60.0))

    def _count(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1
        self._say(f"{what}: {self.done[what]}")


def _says(event: Event, bot: str, text: str) -> bool:
    return event["sender"] == bot and text in event["content"].get("body", "")
