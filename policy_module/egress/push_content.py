# SPDX-License-Identifier: AGPL-3.0-or-later
"""What push gateways are told about an event.

Without ``push.include_content`` Synapse leaves out the content of an event, and still tells the
sender's name and the room's. What a device asks for with the format ``event_id_only`` (Push Gateway
API) tells neither, so that format is what the policy puts in force for all.
"""

from typing import TYPE_CHECKING, Any

import attr
from synapse.push.httppusher import HttpPusher

from policy_module.live.holder import PolicyInForce
from policy_module.rules.document import PushContent

if TYPE_CHECKING:
    from synapse.push import PusherConfig
    from synapse.push.pusher import PusherFactory
    from synapse.server import HomeServer

FORMAT = "format"
EVENT_ID_ONLY = "event_id_only"


class PusherData(dict[str, Any]):
    """The ``data`` of a pusher, whose format follows the policy: Synapse asks for each push."""

    def __init__(self, data: dict[str, Any], in_force: PolicyInForce) -> None:
        super().__init__(data)
        self._in_force = in_force

    def get(self, key: str, default: Any = None) -> Any:
        """Give a value as asked for by the device, unless the policy says less."""
        if key == FORMAT and self._in_force.policy.document.push.content is PushContent.NONE:
            return EVENT_ID_ONLY
        return super().get(key, default)


def limit_push_content(factory: "PusherFactory", in_force: PolicyInForce) -> None:
    """Have all pushers made from now on follow the policy."""

    def make(hs: "HomeServer", config: "PusherConfig") -> HttpPusher:
        if config.data is not None:
            config = attr.evolve(config, data=PusherData(config.data, in_force))
        return HttpPusher(hs, config)

    factory.pusher_types["http"] = make
