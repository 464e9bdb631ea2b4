# SPDX-License-Identifier: AGPL-3.0-or-later
"""Remote events as JSON, the form they wait in."""

from typing import cast

from cattrs.preconf.json import make_converter
from cattrs.strategies import configure_tagged_union

from bridges.core.content import RemotePart
from bridges.core.events import RemoteEvent
from bridges.core.history.pages import PastMessage

_TAG = "_type"


class EventCodec:
    """Turns remote events into JSON and back."""

    def __init__(self) -> None:
        self._converter = make_converter()
        configure_tagged_union(RemotePart, self._converter, tag_name=_TAG)
        configure_tagged_union(RemoteEvent, self._converter, tag_name=_TAG)

    def encode(self, event: RemoteEvent) -> str:
        """Write an event; lone surrogates survive as JSON escapes."""
        return self._converter.dumps(event, unstructure_as=RemoteEvent)

    def decode(self, payload: str) -> RemoteEvent:
        """Read what ``encode`` wrote."""
        return cast("RemoteEvent", self._converter.loads(payload, RemoteEvent))  # type: ignore[arg-type] # cattrs takes unions

    def encode_past(self, message: PastMessage) -> str:
        """Write a message of the past."""
        return self._converter.dumps(message)

    def decode_past(self, payload: str) -> PastMessage:
        """Read what ``encode_past`` wrote."""
        return self._converter.loads(payload, PastMessage)
