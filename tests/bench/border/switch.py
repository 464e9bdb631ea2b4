# SPDX-License-Identifier: AGPL-3.0-or-later
"""A Synapse module that takes all callbacks of other modules away and gives them back.

Comparing two servers would compare two machines' moods; this compares one server with itself.
"""

from collections.abc import Iterator
from typing import Any

from synapse.module_api import ModuleApi
from twisted.web.resource import Resource
from twisted.web.server import Request

PATH = "/_bench/callbacks"


class Switch:
    """Loaded after the policy module; ``POST /_bench/callbacks/on`` and ``…/off``."""

    def __init__(self, config: dict[str, Any], api: ModuleApi) -> None:
        callbacks = api._hs.get_module_api_callbacks()
        lists = [*_lists(callbacks.spam_checker), *_lists(callbacks.third_party_event_rules)]
        root = Resource()
        root.putChild(b"on", _Put(lists, [list(entries) for entries in lists]))
        root.putChild(b"off", _Put(lists, [[] for _ in lists]))
        api.register_web_resource(PATH, root)

    @staticmethod
    def parse_config(config: dict[str, Any]) -> dict[str, Any]:
        return config


class _Put(Resource):
    isLeaf = True  # noqa: N815 - Twisted's name

    def __init__(self, lists: list[list[Any]], contents: list[list[Any]]) -> None:
        super().__init__()
        self._lists, self._contents = lists, contents

    def render_POST(self, request: Request) -> bytes:  # noqa: N802 - Twisted's name
        for entries, content in zip(self._lists, self._contents, strict=True):
            entries[:] = content
        return str(sum(map(len, self._lists))).encode()


def _lists(part: object) -> Iterator[list[Any]]:
    for name, value in vars(part).items():
        if name.endswith("_callbacks") and isinstance(value, list):
            yield value
