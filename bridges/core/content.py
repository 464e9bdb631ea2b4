# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a message says, in a form every network and Matrix can be converted to and from.

Rich text is Matrix custom HTML (Matrix spec v1.11 §11.2.1.1) with neutral addresses, every component
percent-encoded. The core rewrites them to and from ``https://matrix.to``: ``karvon:user/ID`` for a
remote user, ``karvon:message/CHAT/MESSAGE`` for a remote message, ``karvon:chat/CHAT`` for a chat; and
``karvon:emoji/ID``, a custom emoji, to and from the ``mxc://`` address of its picture.
"""

from enum import StrEnum
from pathlib import Path

from attrs import field, frozen

from bridges.core.ids import RemoteUserID


@frozen
class FormattedText:
    """Plain text and, where formatting is needed, its HTML.

    ``mentions`` are the remote users the text addresses; they are told (``m.mentions``). ``everyone``:
    it addresses all who are in the chat.
    """

    body: str
    html: str | None = None
    mentions: frozenset[RemoteUserID] = field(default=frozenset())
    everyone: bool = False


class TextKind(StrEnum):
    """Which ``m.room.message`` msgtype a text is shown as."""

    TEXT = "m.text"
    EMOTE = "m.emote"
    NOTICE = "m.notice"


@frozen
class LinkPreview:
    """What a page that a text links to says about itself, as the network shows it."""

    url: str
    title: str
    description: str = ""
    site: str = ""


@frozen
class Text:
    """A message or message part that is text only.

    ``previews`` come with a message or not at all: they are no reason for an edit.
    """

    text: FormattedText
    kind: TextKind = TextKind.TEXT
    previews: tuple[LinkPreview, ...] = ()


class MediaKind(StrEnum):
    """What a file is shown as: the msgtype of ``m.room.message``, or the event type ``m.sticker``."""

    IMAGE = "m.image"
    VIDEO = "m.video"
    AUDIO = "m.audio"
    FILE = "m.file"
    STICKER = "m.sticker"


@frozen
class MediaInfo:
    """What is known about a file without opening it. Sizes in bytes and pixels, time in ms."""

    name: str
    mime: str = "application/octet-stream"
    size: int | None = None
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None


@frozen
class MediaLook:
    """How a file wants to be shown, beyond its kind.

    Attributes:
        voice: a voice message (MSC3245).
        waveform: loudness of a voice message over its length, each 0 to 1024 (MSC1767 audio).
        round: a video that is shown as a circle.
        animated: a short video without sound that repeats by itself, as a GIF does.
        spoiler: hidden until it is asked for (MSC3725, MSC4193).
    """

    voice: bool = False
    waveform: tuple[int, ...] = ()
    round: bool = False
    animated: bool = False
    spoiler: bool = False


PLAIN_LOOK = MediaLook()


@frozen
class RemoteThumbnail:
    """A small picture of a file, fetched like the file. Sizes in bytes and pixels."""

    reference: str
    mime: str
    size: int | None = None
    width: int | None = None
    height: int | None = None
    cache_key: str = ""


@frozen
class RemoteMedia:
    """A file that lies on the network, to be fetched when its message is delivered.

    Attributes:
        kind: as what it is shown if it stays as it is; the same goes for ``info``.
        reference: opaque: the session that announced it, or another login in the same chat, can
            fetch it.
        cache_key: equal keys that are not empty mean equal bytes, so the file is uploaded once.
        converter: what will make another file of it on the way, with a version; empty if nothing.
        link: where people can see it on the network if it cannot be carried.
    """

    kind: MediaKind
    info: MediaInfo
    reference: str
    cache_key: str = ""
    caption: FormattedText | None = None
    look: MediaLook = PLAIN_LOOK
    thumbnail: RemoteThumbnail | None = None
    converter: str = ""
    link: str = ""


@frozen
class Fetched:
    """What was fetched, where that is not what was announced.

    Attributes:
        kind: as what it is shown.
        converter: what has made another file of it; empty if it is still the original.
    """

    kind: MediaKind
    info: MediaInfo
    converter: str = ""


@frozen
class Unconvertible:
    """What was fetched is what was announced: the converter named here failed, and would again."""

    converter: str


@frozen
class LocalMedia:
    """A file from Matrix, already on our disk, on its way to the network.

    ``thumbnail`` is a small picture of it beside it, of any format. What a sticker shows is in the
    name.
    """

    kind: MediaKind
    info: MediaInfo
    path: Path
    caption: FormattedText | None = None
    look: MediaLook = PLAIN_LOOK
    thumbnail: Path | None = None


@frozen
class Location:
    """A place on the map (MSC3488).

    Attributes:
        geo_uri: RFC 5870, such as ``geo:38.56,68.78;u=10``.
        description: how the place is called; empty if it has no name.
        text: what clients show that draw no map; empty for a text of ours.
        is_own: where somebody is at the moment, not just any place.
    """

    geo_uri: str
    description: str = ""
    text: str = ""
    is_own: bool = False


@frozen
class PollAnswer:
    """A possible answer; ``id`` is its own within the poll."""

    id: str
    text: str


@frozen
class Poll:
    """A question with answers to choose from.

    Attributes:
        max_selections: how many answers one person may choose.
        disclosed: how people vote is shown before the poll ends.
        quiz: some answers are right and the others wrong.
    """

    question: str
    answers: tuple[PollAnswer, ...]
    max_selections: int = 1
    disclosed: bool = True
    quiz: bool = False


RemotePart = Text | RemoteMedia | Location | Poll
"""One part of a message from the network; each part becomes one Matrix event."""

OutgoingContent = Text | LocalMedia | Location | Poll
"""What a Matrix event asks a network to send."""
