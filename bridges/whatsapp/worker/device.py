# SPDX-License-Identifier: AGPL-3.0-or-later
"""One linked device: a thread that stays inside the library, and what the library calls back.

The callbacks come from the library's threads. What happened is in the journal when a callback
returns; nothing of it waits for the event loop.
"""

import asyncio
import ctypes
import threading
import weakref
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from attrs import evolve, frozen

from bridges.whatsapp.worker import events, jids
from bridges.whatsapp.worker.events import Happened
from bridges.whatsapp.worker.failures import logged_out, unknown_failure
from bridges.whatsapp.worker.library import Foreign, Library
from bridges.whatsapp.worker.stanzas import Stanza
from bridges.whatsapp.worker.tap import Tap, Told

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_PATIENCE = 10.0
_GRACE = 2.0
"""Seconds for neonize to tell by itself."""
_OWN_DEVICE = 0
_LOG_LEVEL = b"DEBUG"
"""The tap needs the lines that show stanzas; what is written down is chosen in `logs`."""


class State(StrEnum):
    """How a device stands."""

    CONNECTING = "connecting"
    LINKING = "linking"
    CONNECTED = "connected"
    WAITING = "waiting"
    """The connection is lost; the library or this worker tries again."""
    STOPPED = "stopped"
    """It will not be tried again by itself."""


_STATES = {
    "connected": State.CONNECTED,
    "disconnected": State.WAITING,
    "connect_failure": State.STOPPED,
    "logged_out": State.STOPPED,
    "stream_replaced": State.STOPPED,
    "temporary_ban": State.STOPPED,
    "client_outdated": State.STOPPED,
}


@frozen
class Way:
    """What all devices of a worker share.

    Attributes:
        store: the library's store, a path or a PostgreSQL address.
        device_name: what people read in the phone's list of linked devices.
        proxy: on the way to WhatsApp; empty: none.
    """

    store: str
    device_name: str
    proxy: str


@frozen
class Own:
    """Who a device is: addresses with the device's number, and the account's names."""

    jid: str
    lid: str
    push_name: str
    business_name: str
    platform: str


@frozen
class Listener:
    """Whom a device tells, from the library's threads.

    Attributes:
        happened: keep what happened; returns when it is safe.
        linked: a new device was accepted by the phone.
        shows: a QR code, or the end of linking.
        log: level, module and text of the library's log.
        told: what the tap asks and tells, but for refused connections.
    """

    happened: Callable[[list[Happened]], None]
    linked: Callable[[Own], None]
    shows: Callable[[str, str], None]
    log: Callable[[str, str, str], None]
    told: Told


class Device:
    """A linked device, or one that is to be linked (`jid` empty).

    The library keeps its clients in a map, looks a client up again after its first connection, and ends
    the process if it is not there. So every device has a `handle` of its own, used once, and is taken
    off the map only after the library has served it (`_served`) or has let go; see `gate`.
    """

    def __init__(
        self, library: Library, way: Way, handle: str, jid: str, listener: Listener
    ) -> None:
        self._library = library
        self._way = way
        self._jid = jid
        self._listener = listener
        self._ending = threading.Event()
        self._entered = threading.Event()
        self._served = threading.Event()
        self._answers = threading.Event()
        self._changes = False
        self._on_map = False
        self._leaving = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"device {handle}", daemon=True)
        self._callbacks = _callbacks(library, weakref.ref(self))
        self._handle = handle.encode()
        self.state = State.CONNECTING if jid else State.LINKING
        self.own: Own | None = None
        self.client = library.client(way.store, uuid=handle)
        # It would take the device off the map whenever Python sweeps up.
        self.client._stop_finalizer.detach()  # noqa: SLF001
        self.tap = Tap(evolve(listener.told, failed=self._failed))
        self.sending = asyncio.Lock()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def entered(self) -> None:
        """Wait until the library knows the device."""
        self._entered.wait(_PATIENCE)

    def stop(self) -> None:
        """End the connection; returns when it has ended, or will without further help."""
        self._ending.set()
        self.state = State.STOPPED
        if self._served.is_set():
            self.tap.settle()
            if self._leave():
                self._thread.join(_PATIENCE)
        elif self._entered.is_set():
            self._disconnect()
        self.tap.end()

    def _leave(self) -> bool:
        """Take the device off the map, unless a call about it stays inside for too long."""
        gate = self._library.gate
        with self._leaving:
            if not self._on_map:
                return True
            self._disconnect()
            self.tap.end()
            if not gate.emptied(self._handle, _PATIENCE):
                return False
            with gate.changing():
                self._library.core.Stop(self._handle)
            self._on_map = False
            return True

    def _disconnect(self) -> None:
        """Have calls end that wait for an answer of the service; no new ones begin."""
        gate = self._library.gate
        gate.shut(self._handle)
        with gate.looking(self._handle, last=True):
            self._library.core.Disconnect(self._handle)

    @property
    def known(self) -> bool:
        """Whether the library may be asked about this device; otherwise it ends the process."""
        return self._answers.is_set() and not self._ending.is_set()

    @property
    def proxy(self) -> str:
        """The proxy on its way to WhatsApp; empty: none, or that of the environment."""
        return self._way.proxy

    @property
    def alive(self) -> bool:
        """Whether it is connected, or will be without being asked to."""
        return self.state in {State.CONNECTING, State.CONNECTED, State.WAITING}

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._ending.is_set():
            self._served.clear()
            error = self._connect()
            if self._ending.is_set() or self.state is State.STOPPED:
                return
            if self._served.is_set():
                pause = _FIRST_PAUSE
                # An event the library could not write down has ended its loop, not the connection.
                self._answers.clear()
                self._leave()
                self.tap = Tap(evolve(self._listener.told, failed=self._failed))
            self._listener.happened([Happened("disconnected", {"reason": error})])
            self.state = State.WAITING
            self._ending.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _connect(self) -> str:
        """Stay inside the library until the device is stopped or its first connection fails."""
        library, way = self._library, self._way
        jid = jids.to_proto(library, self._jid).SerializeToString() if self._jid else b""
        props = library.device_props(
            os=way.device_name, platformType=library.device_props.DESKTOP
        ).SerializeToString()
        kinds = bytes(events.KINDS)
        proxy = library.binder.ProxySettings(way.proxy)._to_c_struct() if way.proxy else None  # noqa: SLF001
        self._begin_change()
        try:
            if self._ending.is_set():
                return "it is not wanted any more"
            error = library.core.Neonize(
                way.store.encode(),
                self._handle,
                jid,
                len(jid),
                int(not jid),
                _LOG_LEVEL,
                *self._callbacks,
                kinds,
                len(kinds),
                props,
                len(props),
                b"",
                0,
                ctypes.byref(proxy) if proxy else None,
            )
        finally:
            self._end_change()
            library.gate.end_connecting(self._handle)
        return bytes(error).decode(errors="replace")

    def _begin_change(self) -> None:
        self._library.gate.begin_change()
        self._changes = True

    def _end_change(self) -> None:
        if self._changes:
            self._changes = False
            self._library.gate.end_change()

    def _enter(self) -> None:
        """The device is on the map; what it does next is to connect."""
        self._on_map = True
        self._end_change()
        self._library.gate.open(self._handle)
        self._entered.set()
        self._library.gate.begin_connecting(self._handle)

    def _show_code(self, text: str) -> None:
        # From here on it waits for somebody with a phone.
        self._library.gate.end_connecting(self._handle)
        self._listener.shows("qr", text)

    def _show_end(self, reason: str) -> None:
        self._library.gate.begin_connecting(self._handle)
        if reason != "success":
            self.state = State.STOPPED
        self._listener.shows("link_ended", reason)

    def _take(self, data: bytes, code: int) -> None:
        kind = self._library.events.get(code)
        if kind is None:
            return
        event = kind.FromString(data)
        if code == _OWN_DEVICE:
            self._know(event)
            return
        name = events.KINDS[code]
        self.state = _STATES.get(name, self.state)
        self._listener.happened(events.read(name, event))
        self.tap.kept(name, _named(name, event))

    def _know(self, device: Foreign) -> None:
        self._library.gate.end_connecting(self._handle)
        self._served.set()
        if self._ending.is_set():
            self._leave()
            return
        self.own = Own(
            jids.to_text(device.JID, device=True),
            jids.to_text(device.LID, device=True),
            device.PushName,
            device.BussinessName,
            device.Platform,
        )
        if not self._jid:
            self._jid = self.own.jid
            self.state = State.CONNECTING
            self._listener.linked(self.own)
        self._answers.set()

    def _failed(self, stanza: Stanza) -> None:
        event = unknown_failure(stanza)
        if event is not None:
            self.state = State.STOPPED
            self._listener.happened([event])
        event = logged_out(stanza)
        if event is not None:
            threading.Timer(_GRACE, self._tell_unless_served, [event]).start()

    def _tell_unless_served(self, event: Happened) -> None:
        if not self._served.is_set() and not self._ending.is_set():
            self.state = State.STOPPED
            self._listener.happened([event])

    def _log(self, data: bytes) -> None:
        entry = self._library.proto.LogEntry.FromString(data)
        is_own = threading.current_thread() is self._thread
        if self._changes and is_own and entry.Name.startswith("Client"):
            self._enter()
        self._listener.log(entry.Level, entry.Name, entry.Message)
        self.tap.logged(entry.Name, entry.Message)


def _callbacks(library: Library, device: "weakref.ref[Device]") -> tuple[Foreign, ...]:
    """Return what the library calls: code, end of linking, event, line of log.

    Goroutines of a client that is gone may still have something to say, so these are never freed; they
    hold no device.
    """

    def show_code(_: int, text: int) -> None:
        if (one := device()) is not None:
            one._show_code(ctypes.string_at(text).decode())  # noqa: SLF001

    def show_end(_: int, text: int) -> None:
        if (one := device()) is not None:
            one._show_end(ctypes.string_at(text).decode())  # noqa: SLF001

    def take(_: bytes, data: int, size: int, code: int) -> None:
        if (one := device()) is not None:
            one._take(ctypes.string_at(data, size), code)  # noqa: SLF001

    def log(data: int, size: int) -> None:
        if size > 0 and (one := device()) is not None:
            one._log(ctypes.string_at(data, size))  # noqa: SLF001

    made = (
        library.binder.func_string(show_code),
        library.binder.func_string(show_end),
        library.binder.func_callback_bytes(take),
        library.binder.func_callback_bytes2(log),
    )
    library.kept.append(made)
    return made


def _named(kind: str, event: Foreign) -> dict[str, Any]:
    """Return the ids by which the tap knows a stanza."""
    if kind in {"message", "undecryptable"}:
        return {"id": event.Info.ID}
    return {"ids": list(event.MessageIDs)} if kind == "receipt" else {}
