# SPDX-License-Identifier: AGPL-3.0-or-later
"""Connecting what keeps shared rooms in order to the homeserver."""

import time

from synapse.module_api import ModuleApi
from synapse.util.async_helpers import Linearizer

from policy_module.audit.record import AuditSink
from policy_module.audit.refusals import RefusalLog
from policy_module.federation.gate import Gate
from policy_module.federation.relays.changes import INTERVAL, StateChanges
from policy_module.federation.relays.creation import NewRooms
from policy_module.federation.relays.freeze import Freeze, OwnWork
from policy_module.federation.relays.moving import Moving
from policy_module.federation.relays.pages import PATH, RoomsPage
from policy_module.federation.relays.replacing import Replacing
from policy_module.federation.relays.rooms import Rooms
from policy_module.federation.relays.servers import RoomServers
from policy_module.federation.relays.staged import judge_staged
from policy_module.federation.relays.sweep import Sweeper
from policy_module.federation.relays.ways_out import WaysOut
from policy_module.inside import homeserver_of
from policy_module.live.holder import PolicyInForce
from policy_module.mishaps import OnlyAtHome, contained, refuse


def install_relays(api: ModuleApi, in_force: PolicyInForce, gate: Gate, sink: AuditSink) -> None:
    """Freeze rooms in every process, and put them in order in the one for background tasks."""
    hs = homeserver_of(api)
    own_work, servers = OwnWork(), RoomServers(hs)
    freeze = Freeze(
        api.server_name, gate, servers, own_work, RefusalLog(sink, time.monotonic), sink
    )
    at_home = OnlyAtHome(api.server_name, servers)
    api.register_spam_checker_callbacks(
        check_event_for_spam=contained(freeze.check_event_for_spam, at_home.check_event_for_spam)
    )
    judge_staged(hs, freeze.check_event_for_spam)
    new_rooms = NewRooms(
        api.server_name,
        hs.config.server.default_room_version.identifier,
        gate,
        RefusalLog(sink, time.monotonic),
    )
    api.register_third_party_rules_callbacks(
        on_create_room=contained(new_rooms.on_create_room, refuse)
    )
    api.register_spam_checker_callbacks(
        user_may_create_room=contained(new_rooms.user_may_create_room, refuse)
    )
    store = hs.get_datastores().main
    rooms = Rooms(api, hs, store, own_work)
    if hs.config.worker.worker_app is None:
        # One process, and one that every homeserver has: two that replace the same room would make two.
        ways_out = WaysOut(
            in_force,
            rooms,
            Replacing(Moving(api, hs, in_force, rooms)),
            Linearizer("policy_ways_out", hs.get_clock()),
            sink,
        )
        api.register_web_resource(PATH, RoomsPage(api, ways_out))
    if not api.should_run_background_tasks():
        return
    sweeper = Sweeper(
        api,
        in_force,
        rooms,
        servers,
        sink,
        time.monotonic,
        Linearizer("policy_rooms", hs.get_clock()),
    )
    changes = StateChanges(store, sweeper, store.get_room_max_stream_ordering())
    in_force.subscribe(sweeper.changed)
    api.delayed_background_call(0, sweeper.everywhere, desc="policy_sweep")
    api.looping_background_call(changes.look, INTERVAL * 1000, desc="policy_changes")
