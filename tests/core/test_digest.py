# SPDX-License-Identifier: AGPL-3.0-or-later
"""What counts as a change of a message."""

import subprocess
import sys

import pytest
from attrs import evolve
from hypothesis import given

from bridges.core.content import (
    FormattedText,
    Location,
    MediaInfo,
    MediaKind,
    MediaLook,
    RemoteMedia,
    RemotePart,
    Text,
)
from bridges.core.portal.digest import digest
from tests.core.strategies import any_text, locations, media, texts

PHOTO = RemoteMedia(
    MediaKind.IMAGE, MediaInfo("p.jpg"), "old reference", "key", FormattedText("caption")
)


@given(texts | media | locations)
def test_equal_parts_have_equal_digests(part: RemotePart) -> None:
    assert digest(part) == digest(evolve(part))


@given(media, any_text)
def test_a_renewed_reference_is_no_change(part: RemoteMedia, reference: str) -> None:
    known = evolve(part, cache_key="key")
    assert digest(evolve(known, reference=reference, thumbnail=None)) == digest(known)


@pytest.mark.parametrize(
    "other",
    [
        evolve(PHOTO, caption=FormattedText("caption", "<b>caption</b>")),
        evolve(PHOTO, cache_key="another"),
        evolve(PHOTO, kind=MediaKind.FILE),
        evolve(PHOTO, look=MediaLook(spoiler=True)),
        evolve(PHOTO, cache_key="", reference="one"),
        evolve(PHOTO, cache_key="", reference="another"),
    ],
)
def test_whatever_people_see_is_a_change(other: RemoteMedia) -> None:
    assert digest(other) != digest(PHOTO)


def test_parts_of_different_kinds_differ() -> None:
    parts: list[RemotePart] = [
        Text(FormattedText("")),
        Location(""),
        evolve(PHOTO, caption=None),
        PHOTO,
    ]
    assert len({digest(part) for part in parts}) == len(parts)


def test_the_digest_is_the_same_in_every_process() -> None:
    """Sets have another order in each; a digest is compared with one from an earlier run."""
    program = (
        "from bridges.core.content import FormattedText, Text\n"
        "from bridges.core.portal.digest import digest\n"
        "print(digest(Text(FormattedText('x', None, frozenset('abcdefgh')))))\n"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in (1, 2, 3)
    ]
    assert len(set(runs)) == 1
