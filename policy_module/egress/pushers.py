# SPDX-License-Identifier: AGPL-3.0-or-later
"""Push gateways: refused when a device asks for them, forgotten when the policy drops them.

The guard around the client that pushes already keeps everything back. But a pusher that is kept
remembers how far it got, and once its gateway is allowed again it delivers what it missed, with the
content of that time. So a pusher whose gateway is refused is deleted; the device asks again for its
pusher the next time it starts, and gets the reason.
"""

import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from attrs import define, field, frozen
from synapse.api.errors import Codes, SynapseError
from synapse.types import JsonDict

from policy_module.audit.record import AuditRecord, AuditSink
from policy_module.egress.judge import Judge
from policy_module.egress.target import target_of_text
from policy_module.rules.document import Purpose
from policy_module.rules.policy import Policy
from policy_module.rules.requests import Deny, sentence

if TYPE_CHECKING:
    from synapse.push import PusherConfig
    from synapse.push.pusherpool import PusherPool

logger = logging.getLogger(__name__)


class Deletes(Protocol):
    """The part of Synapse's ``PusherPool`` that deletes, on every process."""

    async def remove_pusher(self, app_id: str, pushkey: str, user_id: str) -> None:
        """Stop a pusher wherever it runs, and forget it."""


@frozen(eq=False)
class RefusedPushers:
    """Deletes the pushers whose gateways the policy refuses.

    ``all_pushers`` reads those that are enabled from the database: one that is not has nothing to
    deliver, and is refused when it is enabled.
    """

    _judge: Judge
    _audit: AuditSink
    _all_pushers: Callable[[], Coroutine[Any, Any, "Iterable[PusherConfig]"]]
    _pool: Deletes

    async def delete(self) -> None:
        """Delete them; raises what the database raises."""
        for pusher in await self._all_pushers():
            if pusher.kind != "http":
                continue
            denial = refusal_of_gateway(self._judge, pusher.data)
            if denial is not None:
                await self._pool.remove_pusher(pusher.app_id, pusher.pushkey, pusher.user_name)
                self._audit.record(
                    AuditRecord(
                        "pusher_deleted",
                        {"user": pusher.user_name, "server": denial.subject, "rule": denial.rule},
                    )
                )


@define
class Sweeping:
    """Has work done after each change of the policy, and again until it succeeds."""

    _work: Callable[[], Coroutine[Any, Any, None]]
    _due: bool = field(default=True, init=False)
    _running: bool = field(default=False, init=False)

    def policy_changed(self, before: Policy, now: Policy) -> None:
        """Remember that there is work to do (subscriber of the policy)."""
        self._due = True

    async def look(self) -> None:
        """Do the work if there is any, and leave it for the next look if it fails."""
        if not self._due or self._running:
            return
        self._due, self._running = False, True
        try:
            await self._work()
        except Exception:
            self._due = True
            logger.exception("Pushers of refused gateways could not be deleted; trying again")
        finally:
            self._running = False


def refusal_of_gateway(judge: Judge, data: object) -> Deny | None:
    """Give why the gateway in a pusher's ``data`` may not be used; ``None`` if it may."""
    url = data.get("url") if isinstance(data, dict) else None
    return judge.refusal((Purpose.PUSH,), target_of_text(url).host)


def refuse_new_pushers(pool: "PusherPool", judge: Judge) -> None:
    """Answer 403 with the reason to a device that asks for a gateway that is refused.

    Raises (the method replaced):
        SynapseError: 403 with the sentence of the decision.
    """
    add: Any = pool.add_or_update_pusher

    async def add_if_allowed(*, kind: str, data: JsonDict, **rest: Any) -> Any:
        denial = refusal_of_gateway(judge, data) if kind == "http" else None
        if denial is not None:
            raise SynapseError(403, sentence(denial), Codes.FORBIDDEN)
        return await add(kind=kind, data=data, **rest)

    guarded: Any = add_if_allowed
    pool.add_or_update_pusher = guarded  # type: ignore[method-assign]
