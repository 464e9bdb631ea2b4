# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything `karvon up` starts, with lines that can be cut, and people who are logged in."""

import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

from attrs import field, frozen

from karvon.stack.cues import shown_code
from tests.soak.chats import PATIENCE, Chat
from tests.soak.counting.sitecustomize import FOLDER as TASKS
from tests.soak.faults import Breakable, ready_at
from tests.soak.networks import Network, Person, Telegram, WhatsApp
from tests.soak.options import Plan
from tests.soak.queues import in_files, in_postgres
from tests.support.faultproxy import FaultProxy
from tests.support.matrix_user import MatrixUser
from tests.support.ports import LOOPBACK
from tests.support.postgres import PostgresServer
from tests.support.site import PASSWORD, Site, running_site, site_ports
from tests.support.sync_record import Event
from tests.support.waiting import eventually

_COUNTING = Path(__file__).parent / "counting"
_ANSWER_WITHIN = 30.0
_TRIES = 10
_LOGGED_IN = "to open a chat now"
_EXTRA = """\
rc_message: {per_second: 1000, burst_count: 1000}
rc_login:
  address: {per_second: 1000, burst_count: 1000}
  account: {per_second: 1000, burst_count: 1000}
"""
"""People write for an hour as others do in a week."""


@frozen
class Resident:
    """Somebody with an account here, and their accounts on networks by what these are called."""

    user: MatrixUser
    accounts: Mapping[str, Person]
    bots: dict[str, str] = field(factory=dict)
    """Rooms with bots by network."""


@frozen
class Scene:
    """All of it.

    Attributes:
        folder: where the site keeps everything.
        waiting: rows that wait and rows that were given up, by queue.
        numbers: for people who have to differ.
    """

    site: Site
    folder: Path
    breakable: Breakable
    networks: Sequence[Network]
    residents: list[Resident]
    waiting: Callable[[], Awaitable[Mapping[str, tuple[int, int]]]]
    stack: AsyncExitStack
    numbers: Iterator[int]

    async def resident(self, name: str, networks: Sequence[Network]) -> Resident:
        """Make somebody with an account here and one on each of these networks."""
        await self.site.register(name)
        user = MatrixUser(self.site.homeserver, self.site.mxid(name), password=PASSWORD)
        await self.stack.enter_async_context(user)
        accounts = {
            one.short: await one.person(next(self.numbers), name.capitalize()) for one in networks
        }
        return Resident(user, accounts)

    async def log_in(self, who: Resident, network: Network) -> None:
        """Have somebody log in by phone number, and again if the bridge dies meanwhile."""
        account = who.accounts[network.short]
        if network.short not in who.bots:
            bot = self.site.mxid(network.bot)
            who.bots[network.short] = await who.user.create_dm(bot)
            await who.user.wait_message("login", who.bots[network.short], 60, sender=bot)
        for _ in range(_TRIES):
            try:
                await self._log_in(who, network, account)
            except TimeoutError:
                await self.ask(who, network, "cancel", "")
            else:
                return
        raise TimeoutError(f"{who.user.mxid} cannot log in to {network.short}")

    async def _log_in(self, who: Resident, network: Network, account: Person) -> None:
        await self.ask(who, network, "login phone", "the phone number of your")
        words = await self.ask(who, network, account.phone, network.about_code)
        after = who.user.events(who.bots[network.short])[-1]["event_id"]
        code = shown_code(str(words["content"]["body"]))
        typed = await network.login_code(account, code or "")
        if typed is not None:
            await self.ask(who, network, typed, _LOGGED_IN)
        else:
            await self._hears(who, network, _LOGGED_IN, after)

    async def ask(self, who: Resident, network: Network, words: str, answer: str) -> Event:
        """Say something to a bot and give the first answer with a text. Raises ``TimeoutError``."""
        event = await who.user.say(who.bots[network.short], words)
        return await self._hears(who, network, answer, event)

    async def _hears(self, who: Resident, network: Network, text: str, after: str) -> Event:
        bot, room = self.site.mxid(network.bot), who.bots[network.short]
        return await who.user.wait_message(text, room, _ANSWER_WITHIN, sender=bot, after=after)


@asynccontextmanager
async def soaked(folder: Path, plan: Plan) -> AsyncIterator[Scene]:
    """Have everything run, with residents who are logged in to both networks."""
    async with AsyncExitStack() as stack:
        ports = stack.enter_context(site_ports())
        names = ("telegram", "whatsapp", "homeserver")
        lines = {one: await stack.enter_async_context(FaultProxy(ports[one])) for one in names}
        postgres = await stack.enter_async_context(PostgresServer()) if plan.postgres else None
        further = await _further(folder, plan, lines, postgres)
        for name in ("tasks", "tmp"):
            (folder / name).mkdir()
        environ = {
            "PYTHONPATH": str(_COUNTING),
            TASKS: str(folder / "tasks"),
            "TMPDIR": str(folder / "tmp"),
        }
        site = await stack.enter_async_context(running_site(folder, ports, further, environ))
        networks: Sequence[Network] = (Telegram(site), WhatsApp(site))
        residents: list[Resident] = []

        def cuts(network: Network) -> Callable[[], Awaitable[None]]:
            async def cut() -> None:
                for one in residents:
                    await network.cut_line(one.accounts[network.short])

            return cut

        breakable = Breakable(
            site.process.pid,
            ready_at(site.http, f"http://{LOOPBACK}:{ports['status']}"),
            postgres,
            {f"the line of {name}": line for name, line in lines.items()},
            {f"{one.short}'s line to its network": cuts(one) for one in networks},
        )

        async def waiting() -> Mapping[str, tuple[int, int]]:
            if postgres is not None:
                return await in_postgres(postgres.url("bridges"))
            return await in_files(folder / "var/telegram.db", folder / "var/whatsapp.db")

        scene = Scene(
            site,
            folder,
            breakable,
            networks,
            residents,
            waiting,
            stack,
            itertools.count(700),
        )
        for number in range(plan.residents):
            made = await scene.resident(f"resident{number}", networks)
            for network in networks:
                await scene.log_in(made, network)
            residents.append(made)
        yield scene


async def _further(
    folder: Path,
    plan: Plan,
    lines: Mapping[str, FaultProxy],
    postgres: PostgresServer | None,
) -> dict[str, Any]:
    """What differs from trying things out."""
    extra = folder / "synapse-extra.yaml"
    extra.write_text(_EXTRA, "utf-8")
    further: dict[str, Any] = {
        "guide": {"enabled": plan.errands},
        "homeserver": {"url": lines["homeserver"].url, "extra_config": str(extra)},
        "telegram": {"url": lines["telegram"].url},
        "whatsapp": {"url": lines["whatsapp"].url},
        "supervisor": {"restart": {"max": 5}},
    }
    if postgres is not None:
        further["homeserver"]["database"] = await postgres.create_database("synapse")
        further["bridge"] = {"database": await postgres.create_database("bridges")}
    return further


async def chats_of(scene: Scene, resident: Resident, random: Random) -> list[Chat]:
    """A direct chat and a group of somebody on each network, all with rooms."""
    made = []
    for network in scene.networks:
        account = resident.accounts[network.short]
        friend = await network.person(next(scene.numbers), f"Friend {next(scene.numbers)}")
        bot = scene.site.mxid(network.bot)
        title = f"{network.short} {resident.user.mxid[1:].partition(':')[0]}"
        group = await network.group(f"Caravan {next(scene.numbers)}", friend, account)
        for name, kind in ((account.name, "alone"), (group, "group")):
            chat = Chat(
                network,
                friend,
                name,
                f"{title} {kind}",
                resident.user,
                bot,
                Random(random.random()),
            )
            await chat.open()
            made.append(chat)
    return made


async def nothing_waits(scene: Scene) -> None:
    """Wait until the queues are empty. Raises ``TimeoutError``."""
    last: dict[str, tuple[int, int]] = {}

    async def empty() -> bool:
        last.clear()
        last.update(await scene.waiting())
        return not any(waiting for waiting, _ in last.values())

    began = time.monotonic()
    await eventually(
        empty,
        PATIENCE,
        lambda: f"empty queues; after {time.monotonic() - began:.0f} s there are {last}",
        0.5,
    )
