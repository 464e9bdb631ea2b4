# SPDX-License-Identifier: AGPL-3.0-or-later
"""The memory of refusals, and what of a policy is for everybody."""

import json
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from policy_module.audit.record import AuditRecord
from policy_module.rules.load import load
from policy_module.web.public import public
from policy_module.web.recent import (
    KEPT,
    MOST_UNSAVED,
    PER_PERSON,
    RecentRefusals,
    Refusal,
    Remembering,
    Transaction,
)
from tests.policy.audit.sinks import ListSink

ALICE = "@alice:home.example"


class Now:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def refused(user: str, server: str = "far.example") -> AuditRecord:
    details = {"action": "invite", "rule": "default deny", "server": server, "user": user}
    return AuditRecord("refused", {**details, "reason": "not_listed"})


@define
class Table:
    """A database that processes share; ``works`` says whether it answers."""

    connection: sqlite3.Connection = field(factory=lambda: sqlite3.connect(":memory:"))
    works: bool = True
    before: Callable[[str], Awaitable[None]] | None = None

    async def __call__(self, name: str, work: Callable[[Transaction], Any], /) -> Any:
        if not self.works:
            raise ConnectionError
        if self.before is not None:
            await self.before(name)
        with self.connection:
            return work(self.connection.cursor())

    def count(self) -> int:
        query = "SELECT COUNT(*) FROM karvon_policy_refusals"
        found: int = self.connection.execute(query).fetchone()[0]
        return found


async def test_a_day_is_remembered_newest_first() -> None:
    now, sink = Now(), ListSink()
    recent = RecentRefusals(Table(), now)
    remembering = Remembering(sink, recent)
    remembering.record(refused(ALICE, "one.example"))
    now.seconds += KEPT / 2
    await recent.save()
    remembering.record(refused(ALICE, "two.example"))
    assert [one.subject for one in await recent.of(ALICE)] == ["two.example", "one.example"]
    now.seconds += KEPT / 2 + 1
    assert [one.subject for one in await recent.of(ALICE)] == ["two.example"]
    assert await recent.of("@bob:home.example") == ()
    assert len(sink.records) == 2


async def test_another_process_can_be_asked() -> None:
    now, table = Now(), Table()
    one, other = RecentRefusals(table, now), RecentRefusals(table, now)
    one.remember(ALICE, "invite", "not_listed", "default deny", "far.example")
    await one.save()
    now.seconds += 1
    other.remember(ALICE, "join", None, "default deny", None)
    found = await other.of(ALICE)
    assert found == (
        Refusal(1001.0, "join", None, "default deny", None),
        Refusal(1000.0, "invite", "not_listed", "default deny", "far.example"),
    )


async def test_what_is_being_written_is_told_once() -> None:
    table = Table()
    during: list[Refusal] = []
    recent = RecentRefusals(table, Now())

    async def look(name: str) -> None:
        if name == "policy_refusals_save":
            table.before = None
            recent.remember(ALICE, "join", None, "rule", "far.example")
            during.extend(await recent.of(ALICE))

    recent.remember(ALICE, "invite", None, "rule", "far.example")
    table.before = look
    await recent.save()
    await recent.save()
    assert {one.action for one in during} == {"invite", "join"}
    assert {one.action for one in await recent.of(ALICE)} == {"invite", "join"}
    assert len(during) == table.count() == 2


async def test_what_cannot_be_written_is_written_later() -> None:
    table = Table(works=False)
    recent = RecentRefusals(table, Now())
    for server in ("one.example", "two.example"):
        recent.remember(ALICE, "invite", None, "rule", server)
        with pytest.raises(ConnectionError):
            await recent.save()
    table.works = True
    await recent.save()
    kept = await RecentRefusals(table, Now()).of(ALICE)
    assert {one.subject for one in kept} == {"one.example", "two.example"}


async def test_a_writing_that_fails_loses_nothing() -> None:
    table = Table()
    recent = RecentRefusals(table, Now())
    await recent.save()
    table.works = False
    recent.remember(ALICE, "invite", None, "rule", "far.example")
    with pytest.raises(ConnectionError):
        await recent.save()
    table.works = True
    await recent.save()
    assert table.count() == 1


@given(users=st.lists(st.integers(0, 20), max_size=200))
async def test_little_is_shown(users: list[int]) -> None:
    recent = RecentRefusals(Table(), Now())
    for user in users:
        recent.remember(str(user), "invite", None, f"rule {user}", None)
    assert all([len(await recent.of(str(user))) <= PER_PERSON for user in set(users)])


async def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policy_module.web.recent.MOST", 3)
    now, table = Now(), Table()
    recent = RecentRefusals(table, now)
    for number in range(2 * MOST_UNSAVED):
        recent.remember(ALICE, "invite", None, "rule", f"{number}.example")
    await recent.save()
    assert table.count() == MOST_UNSAVED
    for number in range(5):
        now.seconds += 1
        recent.remember(ALICE, "join", None, "rule", f"{number}.example")
    await recent.save()
    await recent.thin_out()
    assert table.count() == 4
    now.seconds += KEPT + 1
    await recent.thin_out()
    assert table.count() == 0


async def test_other_records_and_refusals_of_servers_pass_through() -> None:
    sink = ListSink()
    recent = RecentRefusals(Table(), Now())
    remembering = Remembering(sink, recent)
    server = AuditRecord("refused", {"action": "federate", "rule": "x", "server": "far.example"})
    remembering.record(server)
    remembering.record(AuditRecord("kicked", {"user": ALICE}))
    assert await recent.of(ALICE) == ()
    assert len(sink.records) == 2
    assert remembering.healthy


def test_what_everybody_may_know() -> None:
    policy = load(
        """
        federation:
          allow:
            - {server: near.example, until: 2027-06-30, note: SECRET, contact: SECRET}
          allow_files: [SECRET.txt]
        egress: {push: [{host: push.example, note: SECRET}]}
        groups: [{name: guests, members: ["@SECRET:home.example"], may: [bridge]}]
        """,
        "home.example",
        lambda name: "listed.example  # SECRET",
    )
    shown = public(policy)
    assert "SECRET" not in json.dumps(shown)
    assert shown["digest"] == policy.digest
    assert shown["policy"]["federation"]["allow"] == [
        {"server": "near.example", "direction": "both", "until": "2027-06-30T23:59:59+00:00"},
        {"server": "listed.example", "direction": "both", "until": None},
    ]
    assert shown["policy"]["groups"] == [{"name": "guests", "may": ["bridge"]}]
