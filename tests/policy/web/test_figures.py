# SPDX-License-Identifier: AGPL-3.0-or-later
"""Figures about the policy."""

import json
import re
from pathlib import Path

from prometheus_client import CollectorRegistry

from policy_module.audit.record import AuditRecord
from policy_module.live.holder import PolicyInForce
from policy_module.rules.document import Permission
from policy_module.rules.load import load
from policy_module.rules.policy import Policy
from policy_module.rules.requests import FederationRequest, PermissionRequest
from policy_module.web.figures import KINDS, CountingSink, PolicyFigures
from tests.policy.audit.sinks import ListSink

NOW = 1_800_000_000.0  # 2027-01-15
DASHBOARD = Path(__file__).parents[3] / "config" / "grafana" / "karvon-policy.json"


def policy(text: str = "") -> Policy:
    return load(text, "home.example", lambda name: "")


class World:
    """Figures of a policy, and what they are made from."""

    def __init__(self, text: str = "") -> None:
        self.now = NOW
        self.in_force = PolicyInForce(policy(text), lambda: self.now)
        self.behind = ListSink()
        self.sink = CountingSink(self.behind)
        figures = PolicyFigures(self.in_force, self.sink, lambda: self.now, NOW)
        self.in_force.observe(figures.decided)
        self.in_force.subscribe(figures.changed)
        self.registry = CollectorRegistry(auto_describe=True)
        self.registry.register(figures)

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"karvon_policy_{name}", labels)


def test_decisions_by_request_and_result() -> None:
    world = World("federation: {allow: [near.example]}")
    for server in ("near.example", "far.example", "far.example", None):
        world.in_force.decide(FederationRequest(server))
    world.in_force.decide(PermissionRequest("@a:home.example", Permission.BRIDGE))
    decided = "decisions_total"
    assert world.value(decided, request="federation", result="allowed") == 1
    assert world.value(decided, request="federation", result="not_listed") == 2
    assert world.value(decided, request="federation", result="no_server_name") == 1
    assert world.value(decided, request="permission", result="allowed") == 1


def test_the_policy() -> None:
    world = World(
        "federation: {allow: [a.example, {server: b.example, until: 2027-01-20},"
        " {server: c.example, until: 2027-02-20}, {server: d.example, until: 2027-01-02}],"
        " deny: [e.example]}\n"
        "egress: {push: [{host: p.example, until: 2027-01-16}]}"
    )
    assert world.value("info", digest=world.in_force.policy.digest) == 1
    counts = [world.value("entries", list=one) for one in ("allow", "deny", "egress")]
    assert counts == [4, 1, 1]
    assert world.value("entries_expiring") == 2
    world.now += 60
    assert world.value("age_seconds") == 60
    world.in_force.replace(policy())
    assert world.value("age_seconds") == 0


def test_records() -> None:
    world = World()
    for record in (
        AuditRecord("policy_refused", {"problems": ["x"]}),
        AuditRecord("frozen", {"room": "!a"}),
        AuditRecord("frozen", {"room": "!b"}),
        AuditRecord("thawed", {"room": "!a"}),
        AuditRecord("thawed", {"room": "!never"}),
    ):
        world.sink.record(record)
    assert world.value("reload_failures_total") == 1
    assert world.value("frozen_rooms") == 1
    assert world.value("records_total", kind="thawed") == 2
    assert len(world.behind.records) == 5
    assert world.value("audit_healthy") == 1
    world.behind.healthy = False
    assert world.value("audit_healthy") == 0


def test_labels_are_bounded() -> None:
    world = World()
    for number in range(KINDS * 2):
        world.sink.record(AuditRecord(f"kind_{number}", {}))
    assert len(world.sink.kinds) == KINDS


def test_the_dashboard_asks_for_figures_that_exist() -> None:
    world = World("federation: {allow: [near.example]}")
    world.in_force.decide(FederationRequest("near.example"))
    world.sink.record(AuditRecord("frozen", {"room": "!a"}))
    known = {sample.name for metric in world.registry.collect() for sample in metric.samples}
    panels = json.loads(DASHBOARD.read_text())["panels"]
    asked = {
        name
        for panel in panels
        for target in panel["targets"]
        for name in re.findall(r"karvon_policy_\w+", target["expr"])
    }
    assert asked
    assert asked <= known
