# SPDX-License-Identifier: AGPL-3.0-or-later
"""Puts the pages on the homeserver."""

from synapse.module_api import ModuleApi

from policy_module.live.holder import PolicyInForce
from policy_module.rooms.knowledge import Rooms
from policy_module.web.pages import PolicyPage, WhyPage
from policy_module.web.recent import RecentRefusals

PATH = "/_karvon/policy"


def install_pages(api: ModuleApi, in_force: PolicyInForce, recent: RecentRefusals) -> None:
    """Serve the policy in force, and to each person why something was refused."""
    rooms = Rooms(api, api._hs)  # noqa: SLF001 - there is no public way to its registrations
    why = WhyPage(api, rooms, recent)
    api.register_web_resource(PATH, PolicyPage(api, in_force, why))
