# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which events messages become: files with what was seen in them, and words in place of missing ones."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from mautrix.types import UserID

from bridges.core.content import MediaInfo, MediaKind, MediaLook
from bridges.core.conversion.measures import Measures
from bridges.core.history.writer import PastEvent
from bridges.core.matrix.client import MatrixSender
from bridges.core.text import UserText
from bridges.migration.archives.model import ArchivedFile, ArchivedMessage
from bridges.migration.run.composing import Cast, Composer, Files
from bridges.migration.run.journal import Journal, KnownUpload
from bridges.migration.run.uploads import as_uploaded

SOMEBODY = UserID("@somebody:home.example")
CAST = Cast(lambda _: MatrixSender(SOMEBODY), lambda _: SOMEBODY)
PHOTO = Measures(640, 480, mime="image/jpeg")
FILM = Measures(320, 240, 7_000)
TOLD = {"mimetype": "told/told"}


def composed(part: ArchivedFile, files: Files) -> dict[str, object]:
    message = ArchivedMessage("1", "a", datetime(2024, 3, 8, tzinfo=UTC), (part,))
    (event,) = Composer("chat", CAST, str).events(message, None, files)
    assert isinstance(event, PastEvent)
    return event.rendered.content


def file(kind: MediaKind, look: MediaLook | None = None, **info: object) -> ArchivedFile:
    named = MediaInfo(**{"name": "it", "mime": "told/told", **info})  # type: ignore[arg-type]
    return ArchivedFile(kind, named, "it", look=look or MediaLook())


@pytest.mark.parametrize(
    ("part", "seen", "info"),
    [
        (file(MediaKind.IMAGE), PHOTO, {"mimetype": "image/jpeg", "w": 640, "h": 480}),
        (file(MediaKind.IMAGE, width=1, height=2), Measures(), {**TOLD, "w": 1, "h": 2}),
        (file(MediaKind.IMAGE), FILM, TOLD),
        (file(MediaKind.VIDEO), FILM, {**TOLD, "w": 320, "h": 240, "duration": 7_000}),
        (file(MediaKind.VIDEO, duration_ms=9), PHOTO, {**TOLD, "w": 640, "h": 480, "duration": 9}),
        (file(MediaKind.AUDIO), FILM, {**TOLD, "duration": 7_000}),
        (file(MediaKind.FILE), FILM, TOLD),
    ],
)  # fmt: skip
def test_a_file_has_the_measures_that_were_seen(
    part: ArchivedFile, seen: Measures, info: dict[str, object]
) -> None:
    known = as_uploaded(KnownUpload("mxc://home.example/x", 5, measures=seen))
    assert composed(part, {"it": known})["info"] == {"size": 5, **info}


@pytest.mark.parametrize(
    ("part", "body"),
    [
        (file(MediaKind.FILE), "📎 it: gone"),
        (file(MediaKind.FILE, name=""), "📎 gone"),
        (file(MediaKind.IMAGE, name=""), "🖼️ gone"),
        (file(MediaKind.AUDIO, MediaLook(voice=True), name=""), "🎤 gone"),
    ],
)
def test_a_file_that_is_not_there_is_told_of(part: ArchivedFile, body: str) -> None:
    content = composed(part, {"it": UserText("gone")})
    assert (content["msgtype"], content["body"]) == ("m.notice", body)


def test_measures_are_noted_with_the_file(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal") as journal:
        for digest, seen in (("one", FILM), ("other", Measures())):
            known = KnownUpload(f"mxc://home.example/{digest}", 5, measures=seen)
            journal.note_upload(digest, known)
            journal.note_file("a", digest, digest)
            assert journal.upload(digest) == journal.file("a", digest) == known
