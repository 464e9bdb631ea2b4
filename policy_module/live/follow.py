# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeping the policy of a running homeserver in step with its file."""

import logging
import time
from functools import partial

from attrs import frozen
from synapse.module_api import ModuleApi

from policy_module.audit.record import AuditRecord, AuditSink
from policy_module.config import PolicyConfig
from policy_module.lists.follower import ListFollower
from policy_module.lists.news import ListNews
from policy_module.lists.store import ListStore
from policy_module.live.clock import ForwardClock
from policy_module.live.fetch_lists import fetch_lists
from policy_module.live.holder import PolicyInForce
from policy_module.live.reloader import INTERVAL, Reloader
from policy_module.live.source import LastGood, PolicyFiles, Reading
from policy_module.live.start import begin
from policy_module.rules.load import PolicyRefusedError

logger = logging.getLogger(__name__)


@frozen
class _Reports:
    """Tells what came of a reading, and keeps a good one on the one process that may."""

    _last_good: LastGood
    _clock: ForwardClock
    _keeps: bool
    _sink: AuditSink

    def loaded(self, reading: Reading) -> None:
        if isinstance(reading.outcome, PolicyRefusedError):
            self.refused(reading.outcome)
            return
        logger.info("Policy in force: %s", reading.outcome.digest)
        self._sink.record(AuditRecord("policy_in_force", {"digest": reading.outcome.digest}))
        if not self._keeps:
            return
        try:
            self._last_good.keep(reading.texts, self._clock())
        except OSError as error:
            logger.error("The last good policy cannot be kept: %s", error)

    def refused(self, error: PolicyRefusedError) -> None:
        logger.error("The policy file is refused, the policy before stays in force: %s", error)
        problems = [str(problem) for problem in error.problems]
        self._sink.record(AuditRecord("policy_refused", {"problems": problems}))


def follow(api: ModuleApi, config: PolicyConfig, sink: AuditSink) -> PolicyInForce:
    """Load the policy and have it follow its files from now on, in every process.

    ``sink`` is told which policy comes into force, and what is refused.

    Raises:
        PolicyRefusedError: if it is bad and there is no good one from before.
    """
    clock = ForwardClock(time.time, partial(_went_back, sink))
    store, news = ListStore.of(config.state), ListNews(sink)
    lists = ListFollower(store, clock, news)
    files = PolicyFiles(config.policy, api.server_name, lists)
    last_good = LastGood.in_folder(config.state, api.server_name)
    beginning = begin(files, last_good)
    clock.latest = max(clock.latest, beginning.latest)
    in_force = PolicyInForce(beginning.policy, clock)
    keeps = api.should_run_background_tasks()
    reports = _Reports(last_good, clock, keeps, sink)
    reports.loaded(beginning.reading)
    reloader = Reloader(
        files,
        in_force,
        api.defer_to_thread,
        reports.loaded,
        reports.refused,
        beginning.reading.seen,
    )
    api.looping_background_call(
        reloader.look, INTERVAL * 1000, desc="policy_reload", run_on_all_instances=True
    )
    fetch_lists(api, in_force, lists, store, clock, news)
    return in_force


def _went_back(sink: AuditSink, seconds: float) -> None:
    sink.record(AuditRecord("clock_went_back", {"seconds": int(seconds)}))
    logger.error(
        "The clock has gone back by %d seconds; the policy goes on with the latest time it knows",
        seconds,
    )
