# SPDX-License-Identifier: AGPL-3.0-or-later
"""Holding back what the library confirms until the journal has it.

whatsmeow could do so itself (``SynchronousAck``), but neonize offers no way to ask for it: events wait
in a queue in memory while receipts go out, and whoever is killed then has lost them. Its log however
is a function of ours that it calls just before a stanza is sent, from the goroutine that sends it,
and that it waits for. So here

* a receipt for a message waits until every part of the message is in the journal, or was read
  before; likewise the confirmations of others' receipts and of changes to groups and pictures;
* a request to send a message again waits until the journal has that it could not be read: what comes
  again comes later, and the place of the message would not be known;
* the next message is not opened before the last one is safe, so that at most one is in between;
* a message that was opened but not kept (killed in between: its key is used up) is noticed when it
  comes again, and its receipt never leaves: `lost` is told, which makes the sender encrypt it anew;
* the file with old chats is not deleted before its chats are safe;
* the id of an own message is known before it leaves.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import define, frozen

from bridges.whatsapp.worker.jids import bare
from bridges.whatsapp.worker.stanzas import (
    Stanza,
    has_fetched_history,
    ignored_message,
    read,
    sender_of_opened,
    synced_collection,
)

_PATIENCE = 3.0
"""Seconds for an event that may never come: not every stanza causes one."""
_FETCHING = 120.0
_STEP = 0.25
_REMEMBERED = 5000
_OWN_RECEIPTS = frozenset({"read", "read-self", "played", "played-self", "retry", "server-error"})
_KNOWN_RECEIPTS = frozenset(
    {
        *("", "sender", "retry", "read", "read-self", "played", "played-self"),
        *("inactive", "peer_msg", "hist_sync"),
    }
)
_NOTIFICATIONS: Final[Mapping[str, frozenset[str]]] = {
    "w:gp2": frozenset({"group_info", "joined_group"}),
    "picture": frozenset({"picture"}),
}

Data = Mapping[str, Any]


@frozen
class Told:
    """Whom a tap asks and tells, from the library's threads.

    Attributes:
        has: whether a message of a sender (without the device's number) is in the journal, or was.
        lost: a message was opened, but never kept; its stanza. Returns whether the connection ends
            because of it, so that the message comes again.
        accepted: the service has an own message; its id and Unix time.
        refused: the service has refused an own message.
        failing: whether events cannot be kept at the moment.
        fetching: whether old chats are still to be fetched.
        failed: the service has refused the connection; its stanza.
        synced: the library has the present state of a collection (contacts, settings of chats).
    """

    has: Callable[[str, str], bool]
    lost: Callable[[Stanza], bool]
    accepted: Callable[[str, int], None]
    refused: Callable[[str], None]
    failing: Callable[[], bool]
    fetching: Callable[[], bool]
    failed: Callable[[Stanza], None]
    synced: Callable[[str], None]


@define
class _Awaited:
    stanza: Stanza
    kept: int = 0
    ignored: int = 0
    opened: bool = False
    closed: bool = False

    @property
    def complete(self) -> bool:
        return self.closed or self.kept + self.ignored >= max(self.stanza.parts, 1)


class Tap:
    """One device's stanzas, from one connection to the next."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._change = threading.Condition(threading.RLock())
        self._awaited: OrderedDict[tuple[str, str], _Awaited] = OrderedDict()
        self._sent: OrderedDict[str, None] = OrderedDict()
        self._sending: Callable[[str], None] | None = None
        self._ended = False

    def settle(self) -> None:
        """Wait until what was opened is kept: what is not would have to be asked for again."""
        self._until(lambda: not self._unsafe())

    def end(self) -> None:
        """The connection is closed: nothing that is held back can leave any more."""
        with self._change:
            self._ended = True
            self._change.notify_all()

    def expect_send(self, sending: Callable[[str], None] | None) -> None:
        """Have the next own message told by its id before it leaves; None: no more."""
        self._sending = sending

    def logged(self, module: str, line: str) -> None:
        """Take a line of the library's log; may wait."""
        if module == "Client/Recv":
            stanza = read(line)
            if stanza is not None:
                self._received(stanza)
        elif module == "Client/Send":
            stanza = read(line)
            if stanza is not None:
                self._leaving(stanza)
        elif module == "Client":
            ignored = ignored_message(line)
            if ignored is not None:
                self._count(("message", ignored), ignored=1)
                return
            sender = sender_of_opened(line)
            if sender is not None:
                self._opening(sender)
            elif has_fetched_history(line):
                self._until(lambda: not self._unsafe())
                self._until(lambda: not self._told.fetching(), _FETCHING)
            else:
                collection = synced_collection(line)
                if collection is not None:
                    self._told.synced(collection)

    def kept(self, kind: str, data: Data) -> None:
        """An event is in the journal, or not worth keeping."""
        if kind in {"message", "undecryptable"}:
            # After a part that cannot be read the library does not try the others.
            self._count(("message", data["id"]), kept=1, closed=kind == "undecryptable")
        elif kind == "receipt":
            for one in data["ids"]:
                self._count(("receipt", one), kept=1)
        else:
            for name, kinds in _NOTIFICATIONS.items():
                if kind in kinds:
                    self._count_oldest(name)

    def _received(self, stanza: Stanza) -> None:
        if stanza.tag == "message":
            self._await(("message", stanza.id), stanza)
        elif stanza.tag == "receipt":
            # An event for any other would end neonize's loop; the stanza must not come again.
            if stanza.get("type") in _KNOWN_RECEIPTS:
                self._await(("receipt", stanza.id), stanza)
            self._told.accepted(stanza.id, 0)
        elif stanza.tag == "failure":
            self._told.failed(stanza)
        elif stanza.tag == "notification" and stanza.get("type") in _NOTIFICATIONS:
            self._await((stanza.get("type"), stanza.id), stanza)
        elif stanza.tag == "ack" and stanza.get("class") == "message":
            if stanza.get("error"):
                self._told.refused(stanza.id)
            else:
                self._told.accepted(stanza.id, _number(stanza.get("t")))

    def _leaving(self, stanza: Stanza) -> None:
        if stanza.tag == "receipt" and stanza.get("type") == "retry":
            awaited = self._awaited.get(("message", stanza.id))
            self._until(lambda: awaited is None or awaited.complete)
        elif stanza.tag == "receipt" and stanza.get("type") not in _OWN_RECEIPTS:
            self._hold(("message", stanza.id))
        elif stanza.tag == "ack":
            kind = stanza.get("class")
            self._hold((stanza.get("type") if kind == "notification" else kind, stanza.id))
        elif stanza.tag == "message" and stanza.get("category") != "peer":
            self._leaves(stanza.id)

    def _leaves(self, message_id: str) -> None:
        with self._change:
            again = message_id in self._sent
            _remember(self._sent, message_id, None)
        sending = self._sending
        if sending is not None and not again:
            sending(message_id)

    def _await(self, key: tuple[str, str], stanza: Stanza) -> None:
        with self._change:
            _remember(self._awaited, key, _Awaited(stanza))

    def _count(
        self, key: tuple[str, str], *, kept: int = 0, ignored: int = 0, closed: bool = False
    ) -> None:
        with self._change:
            awaited = self._awaited.get(key)
            if awaited is not None:
                awaited.kept += kept
                awaited.ignored += ignored
                awaited.closed = awaited.closed or closed
                self._change.notify_all()

    def _count_oldest(self, kind: str) -> None:
        with self._change:
            keys = [key for key, one in self._awaited.items() if key[0] == kind and not one.kept]
        if keys:
            self._count(keys[0], kept=1)

    def _hold(self, key: tuple[str, str]) -> None:
        awaited = self._awaited.get(key)
        if awaited is None:
            return
        self._until(lambda: awaited.complete)
        with self._change:
            self._awaited.pop(key, None)
            self._change.notify_all()
        stanza = awaited.stanza
        if not awaited.ignored or awaited.kept or self._told.has(bare(stanza.sender), stanza.id):
            return
        if self._told.lost(stanza):
            self._until_ended()

    def _opening(self, sender: str) -> None:
        """Wait until every message that was opened before is safe."""
        before = self._open(sender)
        self._until(lambda: all(one.complete for one in before))
        for one in before:
            # What did not come in time never will; it must not delay the next message too.
            one.closed = True

    def _open(self, sender: str) -> list[_Awaited]:
        """Note which message is opened: stanzas are worked on in the order they came."""
        with self._change:
            before = self._unsafe()
            messages = [one for key, one in self._awaited.items() if key[0] == "message"]
            this = next((m for m in messages if not m.opened and m.stanza.sender == sender), None)
            if this is not None:
                this.opened = True
        return before

    def _unsafe(self) -> list[_Awaited]:
        """Return messages that are opened but not kept."""
        with self._change:
            return [one for one in self._awaited.values() if one.opened and not one.complete]

    def _until(self, condition: Callable[[], bool], patience: float = _PATIENCE) -> None:
        """Wait; without end while the journal cannot be written."""
        deadline = time.monotonic() + patience
        with self._change:
            while not condition() and not self._ended:
                if time.monotonic() >= deadline and not self._told.failing():
                    return
                self._change.wait(_STEP)

    def _until_ended(self) -> None:
        with self._change:
            while not self._ended:
                self._change.wait(_STEP)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _remember(known: "OrderedDict[Any, Any]", key: Any, value: Any) -> None:
    """Put it last, and forget the oldest if there are too many."""
    known.pop(key, None)
    known[key] = value
    if len(known) > _REMEMBERED:
        known.popitem(last=False)
