# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names that move abroad are noticed, once, also across a restart; a bad moment is not a move."""

from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar

import pytest
from attrs import define, field
from prometheus_client import CollectorRegistry
from synapse.push import PusherConfig

from policy_module.audit.record import LEFT_OUT, AuditRecord, bounded
from policy_module.residency.audit import Auditor
from policy_module.residency.endpoints import Endpoint, Local, Purpose, Remote
from policy_module.residency.memory import Memory
from policy_module.residency.pushers import push_gateways
from policy_module.residency.resolve import Answer
from policy_module.residency.storage import Disks
from policy_module.residency.watch import (
    RETRY,
    ResidencyWatch,
    Surroundings,
    refusal,
    residency_metrics,
)
from policy_module.rules.load import load
from policy_module.rules.policy import Policy
from tests.policy.audit.sinks import ListSink

T = TypeVar("T")

POLICY = """\
territories: {home: {networks: [192.0.2.0/24]}}
residency: {territory: home, interval: 100}
"""
MAIL = Endpoint(Purpose.MAIL, "homeserver.yaml: email.smtp_host", Remote("mail.test", 25))
DATABASE = Endpoint(Purpose.DATABASE, "homeserver.yaml: database.args", Local("/run/postgresql"))


async def at_once(work: Callable[[], T]) -> T:
    return work()


class Sink(ListSink):
    """Takes only what an audit log would keep as it is."""

    def record(self, record: AuditRecord) -> None:
        assert LEFT_OUT not in bounded(record).details
        super().record(record)


@define
class World:
    """A homeserver, its resolver and its clock."""

    folder: Path
    now: float = 1_800_000_000.0
    policy: Policy = field(factory=lambda: load(POLICY, "home.test", str))
    names: dict[str, list[str]] = field(factory=lambda: {"mail.test": ["192.0.2.25"]})
    endpoints: Sequence[Endpoint] = (MAIL, DATABASE)
    sink: Sink = field(factory=Sink)
    registry: CollectorRegistry = field(factory=CollectorRegistry)
    watch: ResidencyWatch = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        around = Surroundings(lambda: self.policy, self.gather, at_once, lambda: self.now)
        auditor = Auditor(self.resolve, Disks, lambda: self.now)
        metrics = residency_metrics(self.registry)
        memory = Memory(self.folder / "state" / "residency.json")
        self.watch = ResidencyWatch(around, auditor, self.sink, metrics, memory)

    def gather(self) -> Awaitable[Sequence[Endpoint]]:
        async def gathered() -> Sequence[Endpoint]:
            return self.endpoints

        return gathered()

    def resolve(self, host: str) -> Answer:
        found = self.names.get(host)
        if found is None:
            return Answer(problem="Name or service not known")
        return Answer(tuple(map(ip_address, found)))

    async def later(self, seconds: float = 100) -> None:
        self.now += seconds
        await self.watch.look()

    def kinds(self) -> list[str]:
        return [record.kind for record in self.sink.records]

    def gauge(self, verdict: str) -> float | None:
        return self.registry.get_sample_value("karvon_residency_endpoints", {"verdict": verdict})


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_a_check_is_recorded_and_counted(world: World) -> None:
    await world.watch.look()
    [record] = world.sink.records
    assert record.kind == "residency_checked"
    assert record.details["territory"] == "home"
    assert record.details["inside"] == 1
    assert record.details["here"] == 1
    assert record.details["outside"] == 0
    assert record.details["outside_targets"] == []
    assert (world.gauge("inside"), world.gauge("outside")) == (1, 0)
    checked = world.registry.get_sample_value("karvon_residency_checked_timestamp_seconds")
    assert checked == world.now


async def test_it_checks_in_intervals_and_after_a_change(world: World) -> None:
    await world.watch.look()
    await world.later(99)
    assert len(world.sink.records) == 1
    await world.later(1)
    assert len(world.sink.records) == 2
    await world.later(1)
    assert len(world.sink.records) == 2
    world.watch.hurry()
    await world.later(1)
    assert len(world.sink.records) == 3


async def test_a_name_that_moves_abroad_is_noticed_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.watch.look()
    world.names["mail.test"] = ["192.0.2.25", "198.51.100.25"]
    await world.later()
    assert world.kinds() == ["residency_checked", "residency_checked", "residency_moved"]
    assert world.sink.records[-1].details == {
        "purpose": "mail",
        "where_configured": "homeserver.yaml: email.smtp_host",
        "destination": "mail.test:25",
        "before": "inside",
        "before_addresses": ["192.0.2.25"],
        "after": "outside",
        "after_addresses": ["192.0.2.25", "198.51.100.25"],
        "rule": "not in territory home: 198.51.100.25",
    }
    assert "Was inside before: mail.test:25 (mail, homeserver.yaml: email.smtp_host)" in caplog.text
    assert world.gauge("outside") == 1
    await world.later()
    assert world.kinds().count("residency_moved") == 1
    world.names["mail.test"] = ["192.0.2.26"]
    await world.later()
    assert world.sink.records[-1].details["after"] == "inside"


async def test_new_addresses_at_home_are_no_move(world: World) -> None:
    await world.watch.look()
    world.names["mail.test"] = ["192.0.2.77"]
    await world.later()
    assert "residency_moved" not in world.kinds()


async def test_a_name_without_an_answer_is_no_move_and_hides_none(world: World) -> None:
    await world.watch.look()
    del world.names["mail.test"]
    await world.later()
    assert world.gauge("unresolved") == 1
    world.names["mail.test"] = ["192.0.2.25"]
    await world.later()
    assert "residency_moved" not in world.kinds()
    del world.names["mail.test"]
    await world.later()
    world.names["mail.test"] = ["198.51.100.25"]
    await world.later()
    assert world.kinds().count("residency_moved") == 1


async def test_a_move_while_the_homeserver_is_down_is_noticed(world: World) -> None:
    await world.watch.look()
    world.names["mail.test"] = ["198.51.100.25"]
    world.start()
    await world.watch.look()
    assert world.kinds().count("residency_moved") == 1


async def test_damaged_memory_is_no_memory(world: World) -> None:
    await world.watch.look()
    (world.folder / "state" / "residency.json").write_text('{"x": 5}')
    world.start()
    await world.watch.look()
    assert world.kinds() == ["residency_checked"] * 2


async def test_memory_that_cannot_be_kept_is_said(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    (world.folder / "state").write_text("a file where a folder should be")
    await world.watch.look()
    assert world.kinds() == ["residency_checked"]
    assert "What was found about residency cannot be kept" in caplog.text


async def test_a_new_policy_that_judges_the_same_addresses_anew_is_no_move(world: World) -> None:
    await world.watch.look()
    world.policy = load(POLICY.replace("192.0.2.0", "198.51.100.0"), "home.test", str)
    world.watch.hurry()
    await world.later()
    assert world.kinds() == ["residency_checked"] * 2
    assert world.gauge("outside") == 1


async def test_without_a_territory_nothing_is_looked_at(world: World) -> None:
    world.policy = load("{}", "home.test", str)
    await world.watch.look()
    assert world.sink.records == []


async def test_a_check_that_fails_is_tried_again_soon(world: World) -> None:
    good, world.endpoints = world.endpoints, 5  # type: ignore[assignment]
    with pytest.raises(TypeError):
        await world.watch.look()
    world.endpoints = good
    await world.later(RETRY - 1)
    assert world.sink.records == []
    await world.later(1)
    assert world.kinds() == ["residency_checked"]


def test_the_refusal_says_what_and_what_to_do(world: World) -> None:
    auditor = Auditor(world.resolve, Disks, lambda: world.now)
    assert refusal(auditor.audit(world.policy, world.endpoints)) is None
    world.names["mail.test"] = ["198.51.100.25"]
    assert refusal(auditor.audit(world.policy, world.endpoints)) == (
        "the policy refuses to start with destinations outside the territory"
        " (residency.on_violation): mail.test:25 (mail, homeserver.yaml: email.smtp_host) is"
        " outside: not in territory home: 198.51.100.25; move them, or list them under egress with"
        " abroad: true"
    )


def pusher(number: int, url: str | None, kind: str = "http") -> PusherConfig:
    data = None if url is None else {"url": url}
    return PusherConfig(
        id=number,
        user_name=f"@person{number}:home.test",
        profile_tag="",
        kind=kind,
        app_id="app",
        app_display_name="app",
        device_display_name="device",
        pushkey=f"key{number}",
        ts=0,
        lang=None,
        data=data,
        last_stream_ordering=0,
        last_success=None,
        failing_since=None,
        enabled=True,
        device_id=None,
        access_token=None,
    )


def test_push_gateways_are_named_once_without_people() -> None:
    gateways = push_gateways(
        [
            pusher(1, "https://push.test/_matrix/push/v1/notify"),
            pusher(2, "https://push.test/_matrix/push/v1/notify"),
            pusher(3, "https://other.test:8443/_matrix/push/v1/notify"),
            pusher(4, None),
            pusher(5, "https://mail.test", "email"),
        ]
    )
    assert [(one.shown, one.where_configured) for one in gateways] == [
        ("other.test:8443", "push gateway of 1 device"),
        ("push.test:443", "push gateway of 2 devices"),
    ]
    assert "person" not in repr(gateways)
