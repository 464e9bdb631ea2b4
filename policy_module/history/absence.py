# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is answered where histories cannot be put into rooms; needs nothing private to Synapse."""

from http import HTTPStatus
from typing import Any

from synapse.api.errors import Codes, SynapseError
from synapse.http.site import SynapseRequest
from synapse.module_api import DirectServeJsonResource
from synapse.util.clock import Clock

KNOWN_VERSIONS = "1.163."
"""Beginning of the versions of Synapse whose inside is known."""


NOT_HERE = (
    "Histories are put into rooms by the homeserver's main process: have your reverse proxy send"
    " /_karvon/history there."
)


def unknown_version(version: str) -> str | None:
    """Say why histories cannot be put into rooms on a version of Synapse, None if they can."""
    if version.startswith(KNOWN_VERSIONS):
        return None
    return (
        f"Histories cannot be put into rooms silently on Synapse {version}: that is known for"
        f" {KNOWN_VERSIONS}x only. Everything else works."
    )


class NoHistory(DirectServeJsonResource):
    """Answers every request with the reason."""

    isLeaf = True  # noqa: N815 - Twisted's

    def __init__(self, clock: Clock, reason: str) -> None:
        super().__init__(clock=clock)
        self._reason = reason

    async def _async_render_GET(self, request: SynapseRequest) -> tuple[int, Any]:  # noqa: N802
        raise SynapseError(HTTPStatus.NOT_IMPLEMENTED, self._reason, Codes.UNRECOGNIZED)

    async def _async_render_POST(self, request: SynapseRequest) -> tuple[int, Any]:  # noqa: N802
        return await self._async_render_GET(request)
