# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bad days: the database is away, the policy cannot be asked."""

from typing import Any

from attrs import define, field

from policy_module.audit.refusals import RefusalLog
from policy_module.egress.identity import InvitesByAddress
from policy_module.egress.judge import Judge
from policy_module.egress.pushers import RefusedPushers, Sweeping
from policy_module.live.holder import PolicyInForce
from policy_module.mishaps import contained, decline
from policy_module.rules.document import PolicyDocument
from policy_module.rules.policy import Policy
from tests.policy.audit.sinks import ListSink


def in_force(**sections: Any) -> PolicyInForce:
    document = PolicyDocument.model_validate(sections)
    return PolicyInForce(Policy.of("home.example", document), lambda: 0.0)


@define
class Pusher:
    """A row of Synapse's table."""

    data: Any
    kind: str = "http"
    app_id: str = "app"
    pushkey: str = "key"
    user_name: str = "@a:home.example"


@define
class Pool:
    """Synapse's pool, whose database is away at first."""

    failures: int = 0
    removed: list[str] = field(factory=list)

    async def remove_pusher(self, app_id: str, pushkey: str, user_id: str) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the database is away")
        self.removed.append(pushkey)


def sweeping(pool: Pool, sink: ListSink, *pushers: Pusher) -> Sweeping:
    judge = Judge(in_force(egress={"push": ["push.example"]}), RefusalLog(sink, lambda: 0.0))

    async def all_pushers() -> Any:
        return pushers

    return Sweeping(RefusedPushers(judge, sink, all_pushers, pool).delete)


def url(host: str) -> dict[str, str]:
    return {"url": f"https://{host}/_matrix/push/v1/notify"}


async def test_only_pushers_of_refused_gateways_are_deleted() -> None:
    pool, sink = Pool(), ListSink()
    work = sweeping(
        pool,
        sink,
        Pusher(url("push.example"), pushkey="kept"),
        Pusher(url("else.example"), pushkey="refused"),
        Pusher(None, pushkey="broken"),
        Pusher({"url": 7}, pushkey="nonsense"),
        Pusher({}, kind="email", pushkey="mail"),
    )
    await work.look()
    assert pool.removed == ["refused", "broken", "nonsense"]
    deleted = [record.details["server"] for record in sink.records if "pusher" in record.kind]
    assert deleted == ["else.example", "", ""]


async def test_what_could_not_be_deleted_is_deleted_later_and_once() -> None:
    pool = Pool(failures=2)
    work = sweeping(pool, ListSink(), Pusher(url("else.example")))
    for _ in range(5):
        await work.look()
    assert pool.removed == ["key"]
    policy = in_force().policy
    work.policy_changed(policy, policy)
    await work.look()
    assert pool.removed == ["key", "key"]


async def test_invites_by_address_need_an_identity_server_that_is_listed() -> None:
    listed = InvitesByAddress(in_force(egress={"identity": ["id.example"]}))
    assert await listed.check_threepid_can_be_invited("email", "a@b.example", {})
    assert not await InvitesByAddress(in_force()).check_threepid_can_be_invited(
        "email", "a@b.example", {}
    )


async def test_an_error_is_no_permission() -> None:
    broken: Any = object()
    check = contained(InvitesByAddress(broken).check_threepid_can_be_invited, decline)
    assert not await check("email", "a@b.example", {})
