# SPDX-License-Identifier: AGPL-3.0-or-later
"""The journal: what is in it after a death."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bridges.whatsapp.worker.journal import Journal, Linked

_MONTH = 31 * 86400


class Clock:
    """Unix time that stands still."""

    now = 1_795_337_934.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def opened(tmp_path: Path, clock: Clock) -> Iterator[Callable[[], Journal]]:
    """Open the same journal, as a new run of the worker would."""
    journals: list[Journal] = []

    def open_again() -> Journal:
        journals.append(Journal(tmp_path / "journal.db", clock))
        return journals[-1]

    yield open_again
    for journal in journals:
        journal.close()


def _message(sender: str, message_id: str) -> dict[str, str]:
    return {"sender": sender, "id": message_id}


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "journal.db")):
        assert (tmp_path / "journal.db").stat().st_mode & 0o777 == 0o600


def test_events_stay_until_they_are_acknowledged(opened: Callable[[], Journal]) -> None:
    journal = opened()
    first = journal.append("a", "connected", {"x": "ў"})
    second = journal.append("b", "connected", {})
    again = opened()
    assert [(one.seq, one.data) for one in again.after(0, 9, "a")] == [(first, {"x": "ў"})]
    assert sorted(again.waiting()) == ["a", "b"]
    again.acknowledge("b", first)  # not b's
    again.acknowledge("a", first)
    assert again.waiting() == ["b"]
    assert [one.seq for one in again.after(0, 9, "b")] == [second]
    assert again.name == journal.name


def test_numbers_are_never_used_again(opened: Callable[[], Journal]) -> None:
    journal = opened()
    first = journal.append("a", "connected", {})
    journal.acknowledge("a", first)
    assert opened().append("a", "connected", {}) > first


def test_a_message_is_kept_once(opened: Callable[[], Journal]) -> None:
    journal = opened()
    assert journal.append("a", "undecryptable", _message("7@lid", "A"))
    kept = journal.append("a", "message", _message("7@lid", "A"))
    assert kept
    journal.acknowledge("a", kept)
    assert journal.has("a", "7@lid", "A")
    assert journal.append("a", "message", _message("7@lid", "A")) == 0
    assert journal.append("a", "undecryptable", _message("7@lid", "A")) == 0


def test_nobody_can_take_somebody_elses_id(opened: Callable[[], Journal]) -> None:
    journal = opened()
    assert journal.append("a", "message", _message("8@lid", "A"))
    assert journal.append("a", "message", _message("7@lid", "A"))
    assert journal.append("b", "message", _message("7@lid", "A"))


def test_ids_are_forgotten_when_nothing_can_come_again(
    opened: Callable[[], Journal], clock: Clock
) -> None:
    opened().append("a", "message", _message("7@lid", "A"))
    clock.now += _MONTH
    assert not opened().has("a", "7@lid", "A")


def test_what_was_sent_under_a_key(opened: Callable[[], Journal]) -> None:
    journal = opened()
    journal.sending("a", "k", "ID")
    first = journal.sent("a", "k")
    assert first is not None
    assert (first.accepted, first.this_run) == (False, True)
    again = opened()
    second = again.sent("a", "k")
    assert second is not None
    assert not second.this_run
    again.accepted("a", "ID", 77)
    third = again.sent("a", "k")
    assert third is not None
    assert (third.id, third.at, third.accepted) == ("ID", 77, True)
    assert again.sent("b", "k") is None


def test_a_refused_key_is_free(opened: Callable[[], Journal]) -> None:
    journal = opened()
    journal.sending("a", "k", "ID")
    journal.refused("a", "ID")
    assert journal.sent("a", "k") is None


def test_forgetting_an_account_leaves_nothing_of_it(opened: Callable[[], Journal]) -> None:
    journal = opened()
    journal.linked(Linked("a", "1:2@s.whatsapp.net", "", True), [("linked", {})])
    journal.append("a", "message", _message("7@lid", "A"))
    journal.sending("a", "k", "ID")
    journal.forget("a")
    assert journal.accounts() == []
    assert journal.waiting() == []
    assert journal.sent("a", "k") is None
    assert not journal.has("a", "7@lid", "A")
