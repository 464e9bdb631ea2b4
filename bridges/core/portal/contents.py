# SPDX-License-Identifier: AGPL-3.0-or-later
"""The events that parts of messages become; fetches and uploads the files among them."""

from collections.abc import Iterable

import structlog
from attrs import evolve

from bridges.core.content import (
    FormattedText,
    Location,
    Poll,
    RemoteMedia,
    RemotePart,
    Text,
    TextKind,
)
from bridges.core.errors import NotConnected, Rejected
from bridges.core.matrix import event_types
from bridges.core.matrix.polls import poll_start_content
from bridges.core.matrix.rendering import Rendered, location_content, media_event, text_content
from bridges.core.matrix.senders import Senders
from bridges.core.media import MediaCourier
from bridges.core.sanitize import split_text
from bridges.core.sessions import ActiveLogin


def fitting(parts: Iterable[RemotePart]) -> list[RemotePart]:
    """Split what is too long for one event; formatting of such a giant is given up."""
    found: list[RemotePart] = []
    for part in parts:
        if isinstance(part, Text):
            pieces = list(split_text(part.text.body))
            if len(pieces) > 1:
                found += [evolve(part, text=FormattedText(piece)) for piece in pieces]
                continue
        found.append(part)
    return found


class Contents:
    """Makes events of parts."""

    def __init__(self, senders: Senders, courier: MediaCourier) -> None:
        self._log = structlog.get_logger("karvon.contents")
        self._senders = senders
        self._courier = courier

    async def of(self, part: RemotePart, login: ActiveLogin) -> Rendered:
        """The event of a part that ``fitting`` gave; ``login`` fetches its file.

        A file that cannot be had becomes a notice that says why. Raises the passing errors.
        """
        match part:
            case Text():
                return self._text(part)
            case Location():
                return Rendered(event_types.MESSAGE, location_content(part))
            case Poll():
                return Rendered(event_types.POLL_START_UNSTABLE, poll_start_content(part))
            case RemoteMedia():
                return await self._media(part, login)

    def _text(self, part: Text) -> Rendered:
        return Rendered(event_types.MESSAGE, text_content(part, self._senders.mxid_of))

    async def _media(self, part: RemoteMedia, login: ActiveLogin) -> Rendered:
        try:
            file = await self._courier.to_matrix(login.session, part)
        except Rejected as error:
            caption = f"\n{part.caption.body}" if part.caption is not None else ""
            body = f"📎 {part.info.name}: {error.text}{caption}"
            return self._text(Text(FormattedText(body), TextKind.NOTICE))
        except NotConnected:
            self._log.info("file waits for the connection", login=login.record.id)
            raise
        return media_event(part, file, self._senders.mxid_of)
