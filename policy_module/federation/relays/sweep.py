# SPDX-License-Identifier: AGPL-3.0-or-later
"""Removing the people of refused servers from the rooms they share with us.

Done by the local member with most power, on the one process that runs background tasks: at the start,
on every change of the policy, and whenever a room's members change. What fails is tried again later.
"""

import logging
from collections.abc import Callable, Iterable, Sequence

from attrs import define, field, frozen
from synapse.module_api import ModuleApi
from synapse.storage.databases.main.state_deltas import StateDelta
from synapse.util.async_helpers import Linearizer, concurrently_execute

from policy_module.audit.record import AuditRecord, AuditSink
from policy_module.federation.gate import refused_by
from policy_module.federation.relays.acl import denied_by_us, server_acl
from policy_module.federation.relays.power import Powers
from policy_module.federation.relays.rooms import ACL, Rooms
from policy_module.federation.relays.servers import RoomServers
from policy_module.live.holder import PolicyInForce
from policy_module.rules.names import server_of
from policy_module.rules.policy import Policy

logger = logging.getLogger(__name__)

AT_ONCE = 4
"""Rooms worked on at the same time."""

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 600.0
"""Seconds until a room is tried again, doubled each time it fails."""


@frozen
class _Retry:
    due: float
    pause: float


@define(eq=False)
class Sweeper:
    """Keeps refused servers out of the rooms of this homeserver.

    ``clock`` gives seconds on a monotonic clock.
    """

    _api: ModuleApi
    _in_force: PolicyInForce
    _rooms: Rooms
    _servers: RoomServers
    _sink: AuditSink
    _clock: Callable[[], float]
    _one_at_a_time: Linearizer
    _retries: dict[str, _Retry] = field(factory=dict, init=False)
    _powerless: set[str] = field(factory=set, init=False)
    _sweeping: bool = field(default=False, init=False)
    _again: bool = field(default=False, init=False)

    def changed(self, before: Policy, now: Policy) -> None:
        """Look at all rooms, now that another policy is in force."""
        self._retries.clear()
        self._powerless.clear()
        self._api.run_as_background_process("policy_sweep", self.everywhere)

    async def everywhere(self) -> None:
        """Put all rooms in order; one call at a time, what is asked meanwhile is done once after."""
        self._again = True
        if self._sweeping:
            return
        self._sweeping = True
        try:
            while self._again:
                self._again = False
                members = await self._rooms.members_of(self._refused_now())
                with_acl = await self._rooms.with_our_acl()
                await self.rooms({*members, *with_acl})
        finally:
            self._sweeping = False

    async def follow(self, deltas: Iterable[StateDelta]) -> None:
        """Look at rooms where somebody of a refused server has come, or somebody may have got power."""
        is_refused = self._refused_now()
        await self.rooms(
            {
                delta.room_id
                for delta in deltas
                if delta.room_id in self._powerless
                or (delta.event_type == "m.room.member" and _is_of(delta.state_key, is_refused))
            }
        )

    async def due(self) -> None:
        """Try again the rooms whose pause is over."""
        now = self._clock()
        await self.rooms([room for room, retry in self._retries.items() if retry.due <= now])

    async def rooms(self, rooms: Iterable[str]) -> None:
        """Put rooms in order, several at a time."""
        await concurrently_execute(self._room, rooms, AT_ONCE)

    async def _room(self, room_id: str) -> None:
        try:
            async with self._one_at_a_time.queue(room_id):
                done = await self._put_in_order(room_id)
        except Exception:
            logger.exception("Could not put %s in order", room_id)
            done = False
        if done:
            self._retries.pop(room_id, None)
            return
        last = self._retries.get(room_id)
        pause = FIRST_PAUSE if last is None else min(2 * last.pause, LONGEST_PAUSE)
        self._retries[room_id] = _Retry(self._clock() + pause, pause)

    async def _put_in_order(self, room_id: str) -> bool:
        """Remove whoever has to go and keep the list of servers; tell whether nothing is left."""
        found = await self._rooms.members_of(self._refused_now(), room_id)
        targets = found.get(room_id, ())
        locals_here = list(await self._rooms.local_members(room_id))
        if not locals_here:
            return True
        if not targets:
            self._powerless.discard(room_id)
        powers = await self._rooms.powers(room_id)
        actor = powers.strongest(locals_here)
        left = [user for user in targets if not await self._remove(room_id, powers, actor, user)]
        await self._update_acl(room_id, powers, actor, targets)
        return not left

    async def _remove(self, room_id: str, powers: Powers, actor: str | None, target: str) -> bool:
        if actor is None or not powers.may_remove(actor, target):
            self._note_no_power(room_id, target)
            # Trying again would not help; the members of the room are followed.
            return True
        details = {"room": room_id, "target": target, "server": server_of(target), "user": actor}
        try:
            await self._rooms.remove(room_id, actor, target, _reason(target))
        except Exception as error:
            logger.exception("Could not remove %s from %s", target, room_id)
            self._sink.record(
                AuditRecord("kick_failed", {**details, "error": type(error).__name__})
            )
            return False
        self._sink.record(AuditRecord("kicked", details))
        return True

    def _note_no_power(self, room_id: str, target: str) -> None:
        if room_id in self._powerless:
            return
        self._powerless.add(room_id)
        details = {"room": room_id, "target": target, "server": server_of(target)}
        self._sink.record(AuditRecord("no_power", details))

    async def _update_acl(
        self, room_id: str, powers: Powers, actor: str | None, removed: Sequence[str]
    ) -> None:
        is_refused = self._refused_now()
        current = await self._rooms.acl(room_id)
        denied_before = denied_by_us(current or {})
        servers = {server for user in removed if (server := server_of(user)) is not None}
        refused = filter(is_refused, servers.union(denied_before))
        joined = await self._servers.joined(room_id)
        staying = [server for server in joined if not is_refused(server)]
        content = server_acl(current, refused, staying)
        if content is None or actor is None or not powers.may_set(actor, ACL):
            return
        await self._rooms.set_state(room_id, actor, ACL, content)
        self._sink.record(
            AuditRecord(
                "acl_set", {"room": room_id, "servers": denied_by_us(content), "user": actor}
            )
        )

    def _refused_now(self) -> Callable[[str], bool]:
        return refused_by(self._in_force.policy, moment=self._in_force.now)


def _is_of(user: str, is_refused: Callable[[str], bool]) -> bool:
    server = server_of(user)
    return server is not None and is_refused(server)


def _reason(target: str) -> str:
    return f"This homeserver does not talk to {server_of(target)} any more"
