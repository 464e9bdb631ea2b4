# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pictures of people and groups."""

from bridges.core.chat import NO_AVATAR, Avatar
from bridges.core.errors import BridgeError
from bridges.whatsapp.ids import Jid
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.refusals import guarded

PREFIX = "picture:"
"""What references to pictures begin with."""


class Pictures:
    """Asks for one login; with ``minimal`` nobody has a picture."""

    def __init__(self, device: LinkedDevice, *, minimal: bool) -> None:
        self._device = device
        self._minimal = minimal

    async def of(self, jid: Jid, *, community: bool = False) -> Avatar | None:
        """Somebody's picture; none if it is hidden from us. None if it cannot be asked for now."""
        if self._minimal and jid.is_person:
            return NO_AVATAR
        try:
            found = await guarded(
                self._device.worker.picture(self._device.name, str(jid), community=community)
            )
        except BridgeError:
            return None
        return NO_AVATAR if found is None else Avatar(found.id, f"{PREFIX}{jid}")
