# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which events a message of an archive becomes; pure, so that it can be said again to compare."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from urllib.parse import unquote

from attrs import evolve, frozen
from mautrix.types import EventID

from bridges.core.content import (
    FormattedText,
    Location,
    MediaInfo,
    MediaKind,
    Poll,
    RemoteMedia,
    Text,
    TextKind,
)
from bridges.core.formatting.addresses import emoji_of_address
from bridges.core.history.writer import EventKey, PastEvent, PastReaction
from bridges.core.matrix import event_types
from bridges.core.matrix.client import MatrixSender
from bridges.core.matrix.polls import poll_start_content
from bridges.core.matrix.rendering import (
    EMOJI_PICTURE,
    MxidOf,
    Names,
    ReactionKey,
    Rendered,
    Uploaded,
    location_content,
    media_event,
    text_content,
)
from bridges.core.portal.contents import fitting
from bridges.core.text import Translation, UserText, user_text
from bridges.migration.archives.model import ArchivedFile, ArchivedMessage, ArchivedPart

FIRST = "0"
"""The part of a message that others answer and react to."""

Files = Mapping[str, "Uploaded | UserText"]
"""The files of a message by their paths: as they are on the homeserver, or why they are not."""


@frozen
class Cast:
    """Who speaks for whom in a room.

    Attributes:
        sender_of: by the archive's id; None is the chat itself.
        mxid_of: how those are called who are named in texts.
    """

    sender_of: Callable[[str | None], MatrixSender]
    mxid_of: MxidOf


@frozen
class Composer:
    """Makes events. ``say`` puts sentences of ours into the owner's language."""

    chat: str
    cast: Cast
    say: Translation

    def events(
        self, message: ArchivedMessage, answered: EventID | EventKey | None, files: Files
    ) -> Iterator[PastEvent | PastReaction]:
        """Give the events of a message, the first one first, then the reactions to it.

        ``answered``: what it answers, if that is there.
        """
        sender = self.cast.sender_of(message.sender)
        sent_at = milliseconds(message.sent_at)
        first = EventKey(self.chat, message.id, FIRST)
        for number, rendered in enumerate(self._rendered(message, files)):
            if message.edited_at is not None:
                edited = {event_types.EDITED_AT: milliseconds(message.edited_at)}
                rendered = evolve(rendered, content=rendered.content | edited)
            yield PastEvent(
                key=evolve(first, part=str(number)),
                sender=sender,
                sent_at=sent_at,
                rendered=rendered,
                reply_to=None if number else answered,
            )
        yield from self._reactions(message, files)

    def _reactions(self, message: ArchivedMessage, files: Files) -> Iterator[PastReaction]:
        first = EventKey(self.chat, message.id, FIRST)
        seen = set()
        for person, emoji in sorted({(one.person or "", one.emoji) for one in message.reactions}):
            key = _picture(emoji, files) or _plain_emoji(emoji)
            if not person or (person, key) in seen:
                continue
            seen.add((person, key))
            yield PastReaction(
                key=evolve(first, part=f"{emoji} {person}"),
                sender=self.cast.sender_of(person),
                sent_at=milliseconds(message.sent_at),
                target=first,
                reaction=ReactionKey(key),
            )

    def _rendered(self, message: ArchivedMessage, files: Files) -> Iterator[Rendered]:
        for part in message.parts:
            yield from self._part(part, files)

    def _part(self, part: ArchivedPart, files: Files) -> Iterator[Rendered]:
        match part:
            case Text():
                for one in fitting([part]):
                    assert isinstance(one, Text)
                    yield self._text(one, files)
            case ArchivedFile():
                yield self._file(part, files)
            case Location():
                yield Rendered(event_types.MESSAGE, location_content(part))
            case Poll():
                yield Rendered(event_types.POLL_START_UNSTABLE, poll_start_content(part))

    def _text(self, part: Text, files: Files) -> Rendered:
        names = self._names(part.text, files)
        return Rendered(event_types.MESSAGE, text_content(part, names))

    def _file(self, part: ArchivedFile, files: Files) -> Rendered:
        found = None if part.path is None else files.get(part.path)
        if not isinstance(found, Uploaded):
            why = found or part.missing or user_text("The file is not in the archive.")
            return self._text(self._told(part, why), files)
        thumbnail = None if part.thumbnail is None else files.get(part.thumbnail)
        info = _as_seen(part, found.info)
        shown = Uploaded(
            found.uri, part.kind, info, thumbnail if isinstance(thumbnail, Uploaded) else None
        )
        media = RemoteMedia(part.kind, info, reference="", caption=part.caption, look=part.look)
        caption = part.caption or FormattedText("")
        return media_event(media, shown, self._names(caption, files))

    def _told(self, part: ArchivedFile, why: UserText) -> Text:
        """What is said in place of a file; its caption is kept."""
        told = ": ".join(filter(None, (part.info.name, self.say(why))))
        lines = [f"{_sign(part)} {told}"]
        if part.caption is not None:
            lines.append(part.caption.body)
        return Text(FormattedText("\n".join(lines)), TextKind.NOTICE)

    def _names(self, text: FormattedText, files: Files) -> Names:
        emoji = {}
        for path in _emoji_in(text):
            found = files.get(path)
            if isinstance(found, Uploaded):
                emoji[path] = found.uri
        return Names(self.cast.mxid_of, emoji)


def files_of(message: ArchivedMessage) -> Iterator[tuple[str, str, str]]:
    """Give the files a message needs, each once: path, MIME type and name."""
    needed: dict[str, tuple[str, str]] = {}
    for part in message.parts:
        match part:
            case ArchivedFile():
                if part.path is not None:
                    needed[part.path] = (part.info.mime, part.info.name)
                if part.thumbnail is not None:
                    needed.setdefault(part.thumbnail, ("image/jpeg", "thumbnail"))
                texts = [part.caption]
            case Text():
                texts = [part.text]
            case _:
                texts = []
        for text in texts:
            for path in _emoji_in(text):
                needed.setdefault(path, _EMOJI)
    for reaction in message.reactions:
        path_of = emoji_of_address(reaction.emoji)
        if path_of is not None and reaction.person is not None:
            needed.setdefault(path_of, _EMOJI)
    return ((path, *what) for path, what in needed.items())


def milliseconds(moment: datetime) -> int:
    """Give a time as Matrix has it; before 1970 there was none."""
    return max(0, int(moment.timestamp() * 1000))


def _as_seen(part: ArchivedFile, seen: MediaInfo) -> MediaInfo:
    """What is known of a file: what was seen in it before what the archive says."""
    told = evolve(part.info, size=seen.size)
    match part.kind:
        case MediaKind.IMAGE | MediaKind.STICKER if seen.mime.startswith("image/"):
            return evolve(told, mime=seen.mime, width=seen.width, height=seen.height)
        case MediaKind.VIDEO if seen.width is not None:
            told = evolve(told, width=seen.width, height=seen.height)
        case MediaKind.IMAGE | MediaKind.STICKER | MediaKind.FILE:
            return told
    return evolve(told, duration_ms=seen.duration_ms or told.duration_ms)


def _sign(part: ArchivedFile) -> str:
    return "🎤" if part.look.voice else _SIGNS.get(part.kind, "📎")


_SIGNS: Mapping[MediaKind, str] = {
    MediaKind.IMAGE: "🖼️",
    MediaKind.VIDEO: "🎬",
    MediaKind.AUDIO: "🎵",
}
"""What stands before a file that is not there, whose name may not tell what it was."""
_EMOJI = ("image/webp", "emoji")
_SOME_EMOJI = "🖼️"


def _emoji_in(text: FormattedText | None) -> Iterator[str]:
    if text is not None and text.html is not None:
        for found in EMOJI_PICTURE.finditer(text.html):
            yield unquote(found[1])


def _picture(emoji: str, files: Files) -> str | None:
    """The address of a reaction's picture, if it is one and is on the homeserver."""
    path = emoji_of_address(emoji)
    found = None if path is None else files.get(path)
    return found.uri if isinstance(found, Uploaded) else None


def _plain_emoji(emoji: str) -> str:
    return emoji if emoji_of_address(emoji) is None else _SOME_EMOJI
