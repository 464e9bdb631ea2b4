# SPDX-License-Identifier: AGPL-3.0-or-later
"""A Synapse module that takes all callbacks of other modules away and gives them back.

Comparing two servers would compare two machines' moods; this compares one server with itself.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, cast

from synapse.http.server import DirectServeJsonResource
from synapse.http.site import SynapseRequest
from synapse.module_api import ModuleApi
from twisted.web.resource import IResource

PATH = "/_bench/callbacks"


class Switch:
    """Loaded after the policy module; ``POST /_bench/callbacks/on`` and ``…/off``."""

    def __init__(self, config: dict[str, Any], api: ModuleApi) -> None:
        callbacks = api._hs.get_module_api_callbacks()
        lists = [*_lists(callbacks.spam_checker), *_lists(callbacks.third_party_event_rules)]
        for side, contents in (("on", [list(entries) for entries in lists]), ("off", [])):
            resource = _Put(api, lists, contents or [[] for _ in lists])
            api.register_web_resource(f"{PATH}/{side}", cast("IResource", resource))

    @staticmethod
    def parse_config(config: dict[str, Any]) -> dict[str, Any]:
        return config


class _Put(DirectServeJsonResource):
    def __init__(self, api: ModuleApi, lists: list[list[Any]], contents: list[list[Any]]) -> None:
        super().__init__(clock=api._hs.get_clock())
        self._lists, self._contents = lists, contents

    async def _async_render_POST(  # noqa: N802 - Synapse's name
        self, request: SynapseRequest
    ) -> tuple[int, dict[str, Any]]:
        for entries, content in zip(self._lists, self._contents, strict=True):
            entries[:] = content
        return HTTPStatus.OK, {"callbacks": sum(map(len, self._lists))}


def _lists(part: object) -> Iterator[list[Any]]:
    for name, value in vars(part).items():
        if name.endswith("_callbacks") and isinstance(value, list):
            yield value
