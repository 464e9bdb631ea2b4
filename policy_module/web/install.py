# SPDX-License-Identifier: AGPL-3.0-or-later
"""Puts the pages on the homeserver."""

import logging
import time

from prometheus_client import REGISTRY
from synapse.module_api import ModuleApi

from policy_module.inside import homeserver_of
from policy_module.live.holder import PolicyInForce
from policy_module.rooms.knowledge import Rooms
from policy_module.web.figures import CountingSink, PolicyFigures
from policy_module.web.pages import PolicyPage, WhyPage
from policy_module.web.recent import SAVING, THINNING, RecentRefusals

PATH = "/_karvon/policy"

logger = logging.getLogger(__name__)


def install_pages(api: ModuleApi, in_force: PolicyInForce, recent: RecentRefusals) -> None:
    """Serve the policy in force, and to each person why something was refused by any process."""
    api.looping_background_call(
        recent.save, SAVING * 1000, desc="policy_refusals", run_on_all_instances=True
    )
    api.looping_background_call(recent.thin_out, THINNING * 1000, desc="policy_refusals_thin_out")
    rooms = Rooms(api, homeserver_of(api), in_force)
    why = WhyPage(api, rooms, recent)
    api.register_web_resource(PATH, PolicyPage(api, in_force, why))


def install_figures(in_force: PolicyInForce, sink: CountingSink) -> None:
    """Show figures on the homeserver's page for Prometheus."""
    figures = PolicyFigures(in_force, sink, time.time, time.time())
    in_force.observe(figures.decided)
    in_force.subscribe(figures.changed)
    try:
        REGISTRY.register(figures)
    except ValueError:
        # There is one page in a process: a second homeserver there, as in tests, has no place on it.
        logger.info("Figures of another homeserver are shown in this process already")
