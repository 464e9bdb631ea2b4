# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a message says, with everything its conversion has to know looked up."""

from collections.abc import Mapping
from typing import Any

from bridges.core.content import FormattedText, RemotePart, Text
from bridges.core.network import BridgeHandle
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.envelope import Envelope
from bridges.whatsapp.linked.people import People


class Contents:
    """For one login."""

    def __init__(self, device: LinkedDevice, handle: BridgeHandle, people: People) -> None:
        self._device = device
        self._handle = handle
        self._people = people

    async def parts(
        self, content: Mapping[str, Any], envelope: Envelope, data: Mapping[str, Any]
    ) -> tuple[RemotePart, ...]:
        """The parts of a message; ``data`` are its event's. None if nothing is to be shown."""
        text = content.get("conversation") or content.get("extendedTextMessage", {}).get("text", "")
        return (Text(FormattedText(str(text))),) if text else ()
