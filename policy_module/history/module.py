# SPDX-License-Identifier: AGPL-3.0-or-later
"""The Synapse module: ``policy_module.history.module.HistoryModule`` in homeserver.yaml."""

import logging
from collections.abc import Mapping

from synapse.module_api import DirectServeJsonResource, ModuleApi
from synapse.util import SYNAPSE_VERSION

from policy_module.history.absence import NOT_HERE, NoHistory, unknown_version
from policy_module.inside import homeserver_of

PATH = "/_karvon/history"

logger = logging.getLogger(__name__)


class HistoryModule:
    """Serves ``/_karvon/history`` on the main process of a Synapse whose inside is known.

    Elsewhere requests are answered with the reason, and the homeserver works as ever.
    """

    def __init__(self, config: None, api: ModuleApi) -> None:
        hs = homeserver_of(api)
        reason = unknown_version(SYNAPSE_VERSION)
        if reason is not None:
            logger.error("%s", reason)
        else:
            # Another version of Synapse may not even have what is imported there.
            from policy_module.history.inside import show_siblings

            show_siblings(hs)
            reason = None if api.worker_name is None else NOT_HERE
        resource = _history(api) if reason is None else NoHistory(hs.get_clock(), reason)
        api.register_web_resource(PATH, resource)

    @staticmethod
    def parse_config(config: Mapping[str, object] | None) -> None:
        """Take the configuration, in which there is nothing to be set."""


def _history(api: ModuleApi) -> DirectServeJsonResource:
    # Another version of Synapse may not even have what is imported there.
    from policy_module.history.insertion import Insertion
    from policy_module.history.inside import Inside
    from policy_module.history.resource import HistoryResource
    from policy_module.history.store import HistoryStore

    hs = homeserver_of(api)
    inside = Inside(hs)
    insertion = Insertion(inside, HistoryStore(api.run_db_interaction))
    return HistoryResource(hs.get_clock(), inside, insertion)
