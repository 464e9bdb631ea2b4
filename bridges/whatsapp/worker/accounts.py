# SPDX-License-Identifier: AGPL-3.0-or-later
"""The accounts of a worker: linking, connecting, and letting go of them."""

import asyncio
import itertools
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import structlog
from attrs import asdict

from bridges.whatsapp.worker.device import Device, Listener, Own, State, Way
from bridges.whatsapp.worker.events import TRANSIENT, Happened, undecryptable
from bridges.whatsapp.worker.history import Histories, notification_of
from bridges.whatsapp.worker.journal import Journal, Linked
from bridges.whatsapp.worker.library import Library
from bridges.whatsapp.worker.logs import library_log
from bridges.whatsapp.worker.refusals import RefusedError
from bridges.whatsapp.worker.stanzas import Stanza
from bridges.whatsapp.worker.store import KeyStore
from bridges.whatsapp.worker.suspects import Suspects
from bridges.whatsapp.worker.tap import Told

_CODE_PATIENCE = 30.0
_JOURNAL_PAUSE = 1.0
_LOOK_AGAIN, _LOOKS = 1.0, 600
"""Seconds between two looks whether somebody links a device, and how often that is respected."""
_CALM = 10.0
"""Seconds after which an account that is being connected is not what ends the worker."""
_MOST_LEFT = 50
"""Devices that may have ended before the worker begins anew. The library never closes what it opened for one:
a file of the store, or a connection to its database, and half a MiB."""
_ALONE = 2.0
"""Seconds a suspicious account has to itself."""

Passing = Callable[[str, str, dict[str, Any]], None]
"""Takes account, kind and data of an event that is not kept; from any thread."""


class Accounts:
    """Everybody linked here. Starting and stopping is asked for one after the other."""

    def __init__(
        self,
        library: Library,
        way: Way,
        store: KeyStore,
        journal: Journal,
        kept: Callable[[], None],
        passing: Passing,
    ) -> None:
        self._library = library
        self._way = way
        self._store = store
        self._journal = journal
        self._kept = kept
        self._passing = passing
        self._histories = Histories(library, journal, kept)
        self._devices: dict[str, Device] = {}
        self._codes: dict[str, asyncio.Event] = {}
        self._failing = False
        self._left = 0
        self._worn = asyncio.Event()
        self._healed: set[tuple[str, str]] = set()
        self._healing: set[asyncio.Future[None]] = set()
        self._numbers = itertools.count(1)
        self._suspects = Suspects(journal)
        self._queue: list[str] = []
        self._in_turn: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()
        self._log = structlog.get_logger("karvon.whatsapp.worker")
        self._loop = asyncio.get_running_loop()

    async def start(self, *, was_killed: bool) -> None:
        """Connect everybody who was connected when the worker ended, all at once.

        `was_killed`: it did not end by itself.
        """
        accounts = {account.name: account for account in self._journal.accounts()}
        known = await self._store.devices()
        strangers = known - {account.jid for account in accounts.values()}
        if strangers:
            # The worker was killed between a login's last two steps, or its journal is another's.
            self._log.warning("there are keys of devices nobody asks for", count=len(strangers))
        self._suspects.look_back(was_killed=was_killed)
        wanted = [name for name, account in accounts.items() if account.wanted]
        self._queue = self._suspects.doubted(wanted)
        async with self._one_at_a_time:
            together = {}
            for name in wanted:
                if accounts[name].jid not in known:
                    self._gone(name, {"on_connect": False, "reason": "KEYS_ARE_GONE"})
                elif name not in self._queue and name not in self._devices:
                    together[name] = accounts[name].jid
            await self._begin(together)
        if self._queue:
            self._log.warning("accounts are connected one by one", count=len(self._queue))
            self._in_turn = asyncio.create_task(self._connect_in_turn())

    async def stop(self) -> None:
        """Disconnect everybody; they are connected again at the next start."""
        if self._in_turn is not None:
            self._in_turn.cancel()
            await asyncio.gather(self._in_turn, return_exceptions=True)
        await self._histories.stop()
        async with self._one_at_a_time:
            devices = list(self._devices.values())
            self._devices.clear()
            await asyncio.gather(*(asyncio.to_thread(device.stop) for device in devices))
        self._suspects.look_back(was_killed=True)

    async def _connect_in_turn(self) -> None:
        while self._queue:
            name = self._queue.pop(0)
            try:
                await self.connect(name)
            except RefusedError as refused:
                self._log.error("an account is not connected", account=name, reason=refused.text)
            else:
                await asyncio.sleep(_ALONE)
                self._suspects.calm([name])

    async def link(self, name: str) -> None:
        """Begin to link a new device: QR codes come as events. Raises `RefusedError`."""
        async with self._one_at_a_time:
            if self._journal.account(name) is not None:
                raise RefusedError("ALREADY_LINKED", "this account is linked")
            await self._end(name)
            self._codes[name] = asyncio.Event()
            await self._begin({name: ""})

    async def link_by_code(self, name: str, phone: str) -> str:
        """Begin to link a new device by a code to type into the phone. Raises `RefusedError`."""
        await self.link(name)
        try:
            # The service answers for a code only once it has offered QR codes.
            async with asyncio.timeout(_CODE_PATIENCE):
                await self._codes[name].wait()
            return str(await self._devices[name].client.PairPhone(phone.lstrip("+"), True))
        except TimeoutError as error:
            raise RefusedError("NOT_CONNECTED", "WhatsApp offers no codes") from error

    async def connect(self, name: str) -> None:
        """Connect, and stay connected over restarts. Raises `RefusedError`."""
        async with self._one_at_a_time:
            account = self._account(name)
            self._journal.want(name, True)
            device = self._devices.get(name)
            if (device is not None and device.alive) or name in self._queue:
                return
            self._suspects.check(name)
            await self._end(name)
            if account.jid not in await self._store.devices():
                self._gone(name, {"on_connect": False, "reason": "KEYS_ARE_GONE"})
                return
            await self._begin({name: account.jid})

    async def disconnect(self, name: str) -> None:
        """Disconnect, and stay so over restarts; linking ends. An unknown account is no error."""
        async with self._one_at_a_time:
            self._journal.want(name, False)
            self._queue = [one for one in self._queue if one != name]
            await self._end(name)
            self._look_at_what_is_left()

    async def logout(self, name: str) -> None:
        """Have the phone forget the device. Raises `RefusedError`."""
        await self.device(name).client.logout()
        await self.forget(name)

    async def forget(self, name: str) -> None:
        """Forget an account, its events and its keys."""
        async with self._one_at_a_time:
            await self._end(name)
            account = self._journal.account(name)
            if account is not None and account.jid in await self._store.devices():
                await self._store.forget_device(account.jid)
            self._journal.forget(name)
            self._look_at_what_is_left()

    async def until_worn(self) -> None:
        """Wait until so many devices have ended that it is better to begin anew, and nobody links one."""
        await self._worn.wait()
        for _ in range(_LOOKS):
            if all(device.state is not State.LINKING for device in self._devices.values()):
                return
            await asyncio.sleep(_LOOK_AGAIN)

    def _look_at_what_is_left(self) -> None:
        if self._left >= _MOST_LEFT:
            self._worn.set()

    def device(self, name: str) -> Device:
        """Return a device the library may be asked about. Raises `RefusedError`."""
        device = self._devices.get(name)
        if device is None or not device.known or device.own is None:
            raise RefusedError("NOT_CONNECTED", "this account is not connected")
        return device

    def everybody(self) -> list[dict[str, Any]]:
        """Return everybody: name, addresses, names, and how the connection stands."""
        return [self._describe(account) for account in self._journal.accounts()]

    def _describe(self, account: Linked) -> dict[str, Any]:
        device = self._devices.get(account.name)
        own = device.own if device else None
        return {
            "name": account.name,
            "jid": account.jid,
            "lid": own.lid if own else account.lid,
            "push_name": own.push_name if own else "",
            "business_name": own.business_name if own else "",
            "state": (device.state if device else State.STOPPED).value,
        }

    def _account(self, name: str) -> Linked:
        account = self._journal.account(name)
        if account is None:
            raise RefusedError("NOT_LINKED", "this account is not linked")
        return account

    async def _begin(self, jids: Mapping[str, str]) -> None:
        """Have devices connect: their addresses by name; none for those that are to be linked."""
        devices = []
        for name, jid in jids.items():
            handle = f"{name}/{next(self._numbers)}"
            device = Device(self._library, self._way, handle, jid, self._listener(name))
            self._devices[name] = device
            devices.append(device)
        linked = [name for name, jid in jids.items() if jid]
        await asyncio.to_thread(self._suspects.begun, linked)
        await asyncio.to_thread(_start, devices)
        self._loop.call_later(_CALM, self._suspects.calm, linked)

    async def _end(self, name: str) -> None:
        device = self._devices.pop(name, None)
        if device is not None:
            await asyncio.to_thread(device.stop)
            self._left += 1

    def _gone(self, name: str, data: dict[str, Any]) -> None:
        self._journal.append(name, "logged_out", data)
        self._journal.unlinked(name)
        self._kept()

    def _listener(self, name: str) -> Listener:
        told = Told(
            has=partial(self._journal.has, name),
            lost=partial(self._lost, name),
            accepted=partial(self._journal.accepted, name),
            refused=partial(self._journal.refused, name),
            failing=lambda: self._failing,
            fetching=lambda: bool(self._journal.histories(name)),
            failed=_not_heard,
            synced=partial(self._synced, name),
        )
        return Listener(
            happened=partial(self._happened, name),
            linked=partial(self._linked, name),
            shows=partial(self._shows, name),
            log=library_log,
            told=told,
        )

    def _happened(self, name: str, events: list[Happened]) -> None:
        for event in events:
            if event.kind in TRANSIENT:
                self._passing(name, event.kind, event.data)
        kept = [(one.kind, one.data) for one in events if one.kind not in TRANSIENT]
        if not kept:
            return
        histories = {
            str(one.data["id"]): notification
            for one in events
            if (notification := notification_of(one)) is not None
        }
        self._keep(lambda: self._journal.append_all(name, kept, histories))
        kinds = {kind for kind, _ in kept}
        if histories or "connected" in kinds:
            self._loop.call_soon_threadsafe(self._fetch_histories, name)
        if "logged_out" in kinds:
            self._journal.unlinked(name)

    def _linked(self, name: str, own: Own) -> None:
        account = Linked(name, own.jid, own.lid, True)
        self._keep(lambda: self._journal.linked(account, [("linked", asdict(own))]))

    def _synced(self, name: str, collection: str) -> None:
        self._happened(name, [Happened("app_state", {"collection": collection})])

    def _shows(self, name: str, what: str, text: str) -> None:
        if what == "qr":
            self._loop.call_soon_threadsafe(self._codes[name].set)
            self._passing(name, "qr", {"code": text})
        elif text != "success":
            self._keep(lambda: self._journal.append(name, "link_ended", {"reason": text}))

    def _lost(self, name: str, stanza: Stanza) -> bool:
        if (name, stanza.id) in self._healed:
            # Beginning anew did not help. A gap that is seen is better than trying for ever.
            self._happened(name, [undecryptable(stanza)])
            return False
        self._healed.add((name, stanza.id))
        self._loop.call_soon_threadsafe(self._begin_anew, name, stanza)
        return True

    def _keep(self, write: Callable[[], object]) -> None:
        """Write to the journal, however long it takes: until then nothing is confirmed."""
        while True:
            try:
                write()
            except sqlite3.Error as error:
                self._failing = True
                self._log.error("the journal cannot be written", reason=str(error))
                time.sleep(_JOURNAL_PAUSE)
            else:
                self._failing = False
                self._kept()
                return

    def _fetch_histories(self, name: str) -> None:
        device = self._devices.get(name)
        if device is not None and device.known:
            self._histories.fetch(name, device)

    def _begin_anew(self, name: str, stanza: Stanza) -> None:
        self._healing.add(task := asyncio.ensure_future(self._heal(name, stanza)))
        task.add_done_callback(self._healing.discard)

    async def _heal(self, name: str, stanza: Stanza) -> None:
        """Have a message that was opened but not kept sent again: its sender is asked when the
        message comes anew and cannot be decrypted."""
        async with self._one_at_a_time:
            account = self._journal.account(name)
            if account is None or name not in self._devices:
                return
            self._log.warning("a message was lost at a crash; its sender is asked for it")
            await self._end(name)
            names = ("from", "participant", "sender_lid", "sender_pn", "participant_lid")
            senders = {one for one in map(stanza.get, (*names, "participant_pn")) if one}
            await self._store.forget_sessions(account.jid, senders, stanza.get("from"))
            await self._begin({name: account.jid})


def _start(devices: Sequence[Device]) -> None:
    for device in devices:
        device.start()
    for device in devices:
        device.entered()


def _not_heard(_: Stanza) -> None:
    """A device hears of refused connections itself."""
