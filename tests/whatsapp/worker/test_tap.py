# SPDX-License-Identifier: AGPL-3.0-or-later
"""Nothing is confirmed before it is kept: the library's threads, played by ours."""

import threading
from collections.abc import Callable, Iterator

import pytest

from bridges.whatsapp.worker.stanzas import Stanza
from bridges.whatsapp.worker.tap import Tap, Told

_MESSAGE = '<message from="7:1@lid" id="{}" t="1"><enc type="msg" v="2">00</enc></message>'
_TWO_PARTS = (
    '<message from="1@g.us" id="{}" participant="7:1@lid">'
    '<enc type="msg"></enc><enc type="skmsg"></enc></message>'
)
_RECEIPT = '<receipt id="{}" to="7:1@lid"/>'


class Library:
    """A library whose stanzas pass a tap."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] = set()
        self.lost: list[Stanza] = []
        self.accepted: list[str] = []
        self.refused: list[str] = []
        self.failing = False
        self.heals = True
        self.fetching = False
        self.failed: list[Stanza] = []
        self.synced: list[str] = []
        told = Told(
            has=lambda sender, message: (sender, message) in self.seen,
            lost=self._lose,
            accepted=lambda message, _: self.accepted.append(message),
            refused=self.refused.append,
            failing=lambda: self.failing,
            fetching=lambda: self.fetching,
            failed=self.failed.append,
            synced=self.synced.append,
        )
        self.tap = Tap(told)
        self._threads: list[threading.Thread] = []

    def _lose(self, stanza: Stanza) -> bool:
        self.lost.append(stanza)
        return self.heals

    def receives(self, line: str) -> None:
        self.tap.logged("Client/Recv", line)

    def sends(self, line: str) -> Callable[[], bool]:
        """Send in a goroutine; returns how to ask whether it has left."""
        return self._background(lambda: self.tap.logged("Client/Send", line))

    def opens(self, sender: str) -> Callable[[], bool]:
        return self.says(f"Decrypting message from {sender} in 1@g.us")

    def says(self, line: str) -> Callable[[], bool]:
        return self._background(lambda: self.tap.logged("Client", line))

    def close(self) -> None:
        self.tap.end()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()

    def _background(self, action: Callable[[], None]) -> Callable[[], bool]:
        thread = threading.Thread(target=action, daemon=True)
        self._threads.append(thread)
        thread.start()

        def left() -> bool:
            thread.join(0.15)
            return not thread.is_alive()

        return left


@pytest.fixture
def library() -> Iterator[Library]:
    made = Library()
    yield made
    made.close()


def test_a_receipt_waits_for_the_journal(library: Library) -> None:
    library.receives(_MESSAGE.format("A"))
    left = library.sends(_RECEIPT.format("A"))
    assert not left()
    library.tap.kept("message", {"id": "A"})
    assert left()


def test_a_receipt_waits_for_every_part(library: Library) -> None:
    library.receives(_TWO_PARTS.format("A"))
    left = library.sends(_RECEIPT.format("A"))
    library.tap.kept("message", {"id": "A"})
    assert not left()
    library.tap.kept("message", {"id": "A"})
    assert left()


def test_a_message_that_cannot_be_read_is_confirmed_once_that_is_kept(library: Library) -> None:
    library.receives(_TWO_PARTS.format("A"))
    left = library.sends('<ack class="message" id="A" to="1@g.us"/>')
    assert not left()
    library.tap.kept("undecryptable", {"id": "A"})
    assert left()


def test_a_message_is_asked_for_again_once_its_place_is_kept(library: Library) -> None:
    library.receives(_MESSAGE.format("A"))
    asked = library.sends('<receipt id="A" to="7:1@lid" type="retry"/>')
    assert not asked()
    confirmed = library.sends('<ack class="message" id="A" to="7:1@lid"/>')
    library.tap.kept("undecryptable", {"id": "A"})
    assert asked()
    assert confirmed()
    assert not library.lost


def test_reading_a_message_is_told_at_once(library: Library) -> None:
    library.receives(_MESSAGE.format("A"))
    assert library.sends('<receipt id="A" t="1" to="7:1@lid" type="read"/>')()


def test_a_message_known_from_before_is_confirmed(library: Library) -> None:
    library.seen.add(("7@lid", "A"))
    library.receives(_MESSAGE.format("A"))
    library.tap.logged("Client", "Ignoring message A from 7:1@lid in 7@lid: old counter")
    assert library.sends(_RECEIPT.format("A"))()
    assert library.lost == []


def test_a_message_opened_but_never_kept_is_not_confirmed(library: Library) -> None:
    library.receives(_MESSAGE.format("A"))
    library.tap.logged("Client", "Ignoring message A from 7:1@lid in 7@lid: old counter")
    left = library.sends(_RECEIPT.format("A"))
    assert not left()
    assert [stanza.id for stanza in library.lost] == ["A"]
    library.tap.end()  # the connection is closed: it leaves into nothing
    assert left()


def test_a_message_that_cannot_be_had_again_is_confirmed(library: Library) -> None:
    library.heals = False
    library.receives(_MESSAGE.format("A"))
    library.tap.logged("Client", "Ignoring message A from 7:1@lid in 7@lid: old counter")
    assert library.sends(_RECEIPT.format("A"))()


def test_the_next_message_is_opened_when_the_last_is_safe(library: Library) -> None:
    library.receives(_MESSAGE.format("A"))
    library.receives(_MESSAGE.format("B"))
    assert library.opens("7:1@lid")()
    opened = library.opens("7:1@lid")
    assert not opened()
    library.tap.kept("message", {"id": "A"})
    assert opened()


def test_confirming_others_receipts_and_changes_waits_too(library: Library) -> None:
    library.receives('<receipt from="7:1@lid" id="S" t="1"/>')
    library.receives('<notification from="1@g.us" id="N" type="w:gp2"><subject/></notification>')
    receipt = library.sends('<ack class="receipt" id="S" to="7:1@lid"/>')
    change = library.sends('<ack class="notification" id="N" to="1@g.us" type="w:gp2"/>')
    assert not receipt()
    assert not change()
    library.tap.kept("receipt", {"ids": ["S"]})
    library.tap.kept("group_info", {})
    assert receipt()
    assert change()


def test_old_chats_are_not_deleted_before_they_are_kept(library: Library) -> None:
    library.fetching = True
    line = "Received history sync (type RECENT, chunk 1, progress 40)"
    deletes = library.says(line)
    assert not deletes()
    library.fetching = False
    assert any(deletes() for _ in range(20))


def test_an_own_message_is_known_before_it_leaves(library: Library) -> None:
    ids: list[str] = []
    library.tap.expect_send(ids.append)
    assert library.sends('<message id="OWN" to="7@lid" type="text"></message>')()
    assert library.sends('<message category="peer" id="KEYS" to="1@lid"></message>')()
    assert library.sends('<message id="OWN" to="7:2@lid" type="text"></message>')()
    library.receives('<ack class="message" from="7@lid" id="OWN" t="5"/>')
    library.receives('<ack class="message" error="479" from="7@lid" id="BAD" t="5"/>')
    assert (ids, library.accepted, library.refused) == (["OWN"], ["OWN"], ["BAD"])


def test_a_receipt_that_neonize_cannot_tell_of_is_confirmed_at_once(library: Library) -> None:
    library.receives('<receipt from="7:1@lid" id="S" t="1" type="server-error"/>')
    assert library.sends('<ack class="receipt" id="S" to="7:1@lid" type="server-error"/>')()


def test_a_refused_connection_is_told(library: Library) -> None:
    library.receives('<failure code="199" expire="60" location="x" reason="402"/>')
    assert [stanza.get("reason") for stanza in library.failed] == ["402"]
