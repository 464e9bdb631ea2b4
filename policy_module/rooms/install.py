# SPDX-License-Identifier: AGPL-3.0-or-later
"""Connects the classes of rooms to a homeserver."""

import time

from synapse.module_api import ModuleApi

from policy_module.audit.record import AuditSink
from policy_module.audit.refusals import RefusalLog
from policy_module.federation.relays.servers import RoomServers
from policy_module.inside import homeserver_of
from policy_module.live.holder import PolicyInForce
from policy_module.mishaps import OnlyAtHome, contained, decline, refuse
from policy_module.rooms.aliases import hide_domestic_aliases
from policy_module.rooms.beginning import Beginnings, complete_beginnings
from policy_module.rooms.guard import RoomGuard
from policy_module.rooms.knowledge import Rooms


def install_rooms(api: ModuleApi, in_force: PolicyInForce, audit: AuditSink) -> None:
    """Hold all rooms of a homeserver to their class from now on."""
    hs = homeserver_of(api)
    rooms = Rooms(api, hs, in_force)
    guard = RoomGuard(in_force, rooms, RefusalLog(audit, time.monotonic))
    complete_beginnings(hs, Beginnings(in_force, rooms, guard, audit))
    hide_domestic_aliases(hs, rooms)
    at_home = OnlyAtHome(api.server_name, RoomServers(hs))
    api.register_spam_checker_callbacks(
        user_may_invite=contained(guard.user_may_invite, refuse),
        user_may_join_room=contained(guard.user_may_join_room, refuse),
        check_event_for_spam=contained(guard.check_event_for_spam, at_home.check_event_for_spam),
        user_may_publish_room=contained(guard.user_may_publish_room, refuse),
    )
    api.register_third_party_rules_callbacks(
        on_create_room=contained(guard.on_create_room, refuse),
        check_threepid_can_be_invited=contained(guard.check_threepid_can_be_invited, decline),
    )
