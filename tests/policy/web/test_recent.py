# SPDX-License-Identifier: AGPL-3.0-or-later
"""The memory of refusals, and what of a policy is for everybody."""

import json

from hypothesis import given
from hypothesis import strategies as st

from policy_module.audit.record import AuditRecord
from policy_module.rules.load import load
from policy_module.web.public import public
from policy_module.web.recent import KEPT, PER_PERSON, RecentRefusals, Remembering
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


def test_a_day_is_remembered_newest_first() -> None:
    now, sink = Now(), ListSink()
    recent = RecentRefusals(now)
    remembering = Remembering(sink, recent)
    remembering.record(refused(ALICE, "one.example"))
    now.seconds += KEPT / 2
    remembering.record(refused(ALICE, "two.example"))
    assert [one.subject for one in recent.of(ALICE)] == ["two.example", "one.example"]
    now.seconds += KEPT / 2 + 1
    assert [one.subject for one in recent.of(ALICE)] == ["two.example"]
    assert recent.of("@bob:home.example") == ()
    assert len(sink.records) == 2


@given(users=st.lists(st.integers(0, 20), max_size=200))
def test_it_is_bounded(users: list[int]) -> None:
    recent = RecentRefusals(Now())
    for user in users:
        recent.remember(str(user), "invite", None, "rule", None)
    assert all(len(recent.of(str(user))) <= PER_PERSON for user in set(users))


def test_other_records_and_refusals_of_servers_pass_through() -> None:
    sink = ListSink()
    recent = RecentRefusals(Now())
    remembering = Remembering(sink, recent)
    server = AuditRecord("refused", {"action": "federate", "rule": "x", "server": "far.example"})
    remembering.record(server)
    remembering.record(AuditRecord("kicked", {"user": ALICE}))
    assert recent.of(ALICE) == ()
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
