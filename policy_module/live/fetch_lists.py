# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fetching signed lists with Synapse's own HTTP client, on the one process for such work."""

import random
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from synapse.module_api import ModuleApi

from policy_module.inside import homeserver_of
from policy_module.lists.follower import ListFollower, Report
from policy_module.lists.jws import MAX_DOCUMENT
from policy_module.lists.refresher import Fetched, Refresher
from policy_module.lists.source import is_url
from policy_module.lists.store import ListStore
from policy_module.live.holder import PolicyInForce

if TYPE_CHECKING:
    from synapse.server import HomeServer

INTERVAL = 1.0
"""Seconds between two looks at which lists are due."""


def fetch_lists(
    api: ModuleApi,
    in_force: PolicyInForce,
    follower: ListFollower,
    store: ListStore,
    now: Callable[[], float],
    report: Report,
) -> None:
    """Fetch the lists of the policy in force from now on; every process reads what is kept."""
    refresher = Refresher(
        _Fetcher(homeserver_of(api)),
        store,
        now=now,
        elapsed=time.monotonic,
        randomness=random.SystemRandom(),
        in_thread=api.defer_to_thread,
        report=report,
    )

    async def look() -> None:
        await refresher.look(_to_fetch(in_force, follower))

    if api.should_run_background_tasks():
        api.looping_background_call(look, INTERVAL * 1000, desc="policy_lists")


def _to_fetch(in_force: PolicyInForce, follower: ListFollower) -> Iterator[Fetched]:
    for section in in_force.policy.document.federation.lists:
        trust = follower.trusted(section)
        if trust is not None and is_url(section.source):
            yield Fetched(trust, section.source, section.refresh)


class _Fetcher:
    """Gets a document with the client whose destinations the policy decides.

    They are asked again for each redirect. The client gives up after a minute and a half.
    """

    def __init__(self, hs: "HomeServer") -> None:
        self._hs = hs

    async def __call__(self, url: str) -> bytes:
        body = BytesIO()
        # Built when first asked: what Synapse builds earlier would not be guarded.
        client = self._hs.get_proxied_http_client()
        await client.get_file(url, body, max_size=MAX_DOCUMENT)
        return body.getvalue()
