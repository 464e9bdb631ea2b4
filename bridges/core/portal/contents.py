# SPDX-License-Identifier: AGPL-3.0-or-later
"""The events that parts of messages become; fetches and uploads the files among them."""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote

import structlog
from attrs import evolve

from bridges.core.abilities import HasCustomEmoji
from bridges.core.content import (
    FormattedText,
    Location,
    Poll,
    RemoteMedia,
    RemotePart,
    Text,
    TextKind,
)
from bridges.core.emoji import CustomEmoji
from bridges.core.errors import NotConnected, Rejected
from bridges.core.formatting.compose import stacked
from bridges.core.interpreter import Interpreter
from bridges.core.matrix import event_types
from bridges.core.matrix.polls import poll_start_content
from bridges.core.matrix.rendering import (
    EMOJI_PICTURE,
    Names,
    Rendered,
    location_content,
    media_event,
    text_content,
)
from bridges.core.matrix.senders import Senders
from bridges.core.media import MediaCourier
from bridges.core.sanitize import split_text
from bridges.core.sessions import ActiveLogin

_MOST_EMOJI = 30
"""Pictures looked for in one message; further emoji stay what they are without them."""


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


def in_view(parts: Sequence[RemotePart], answered: FormattedText) -> tuple[RemotePart, ...]:
    """The parts of a message, with what it answers told in the first one, or else after the last one."""
    first, *rest = parts
    match first:
        case Text():
            return (evolve(first, text=stacked(answered, first.text)), *rest)
        case RemoteMedia():
            return (evolve(first, caption=stacked(answered, first.caption)), *rest)
        case _:
            return (*parts, Text(answered, TextKind.NOTICE))


class Contents:
    """Makes events of parts."""

    def __init__(
        self,
        senders: Senders,
        courier: MediaCourier,
        emoji: CustomEmoji,
        interpreter: Interpreter,
    ) -> None:
        self._log = structlog.get_logger("karvon.contents")
        self._senders = senders
        self._courier = courier
        self._custom_emoji = emoji
        self._interpreter = interpreter

    async def of(self, part: RemotePart, login: ActiveLogin) -> Rendered:
        """The event of a part that ``fitting`` gave; ``login`` fetches its files.

        A file that cannot be had becomes a notice that says why. Raises the passing errors.
        """
        try:
            match part:
                case Text():
                    return await self._text(part, login)
                case Location():
                    return Rendered(event_types.MESSAGE, location_content(part))
                case Poll():
                    return Rendered(event_types.POLL_START_UNSTABLE, poll_start_content(part))
                case RemoteMedia():
                    return await self._media(part, login)
        except NotConnected:
            self._log.info("file waits for the connection", login=login.record.id)
            raise

    async def _text(self, part: Text, login: ActiveLogin) -> Rendered:
        names = await self._names(part.text, login)
        return Rendered(event_types.MESSAGE, text_content(part, names))

    async def _media(self, part: RemoteMedia, login: ActiveLogin) -> Rendered:
        try:
            file = await self._courier.to_matrix(login.session, part)
        except Rejected as refused:
            return await self._text(await self._refused(part, refused, login), login)
        return media_event(part, file, await self._names(part.caption, login))

    async def _refused(self, part: RemoteMedia, refused: Rejected, login: ActiveLogin) -> Text:
        """What is said in place of a file that cannot be had; its caption is kept."""
        translate = await self._interpreter.translation(login.record.owner)
        lines = [f"📎 {part.info.name}: {translate(refused.text)}", part.link]
        if part.caption is not None:
            lines.append(part.caption.body)
        return Text(FormattedText("\n".join(filter(None, lines))), TextKind.NOTICE)

    async def _names(self, text: FormattedText | None, login: ActiveLogin) -> Names:
        """How the people and the custom emoji in a text are called in Matrix."""
        emoji: Mapping[str, str] = {}
        if text is not None and text.html is not None:
            emoji = await self._emoji(text.html, login)
        return Names(self._senders.mxid_of, emoji)

    async def _emoji(self, html: str, login: ActiveLogin) -> Mapping[str, str]:
        session = login.session
        wanted = list(dict.fromkeys(unquote(found[1]) for found in EMOJI_PICTURE.finditer(html)))
        pictures: dict[str, str] = {}
        if not isinstance(session, HasCustomEmoji):
            return pictures
        for emoji in wanted[:_MOST_EMOJI]:
            try:
                pictures[emoji] = await self._custom_emoji.picture(session, emoji)
            except Rejected as refused:
                self._log.info("no picture of an emoji", error=str(refused))
        return pictures
