# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the bridge can ask for, by subject."""

from collections.abc import Mapping

from bridges.whatsapp.worker.calls import (
    chats,
    files,
    groups,
    messages,
    newsletters,
    people,
    pictures,
    sealed,
)
from bridges.whatsapp.worker.calls.base import Handler

HANDLERS: Mapping[str, Handler] = {
    **messages.HANDLERS,
    **chats.HANDLERS,
    **files.HANDLERS,
    **groups.HANDLERS,
    **people.HANDLERS,
    **pictures.HANDLERS,
    **newsletters.HANDLERS,
    **sealed.HANDLERS,
}
"""Every call about a connected device, by name."""
