# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures in the documentation: each that is named is there, each that is there is named, none is large."""

import re
from pathlib import Path

from tests.browser.album import LARGEST

DOCS = Path(__file__).parents[2] / "docs"
_PICTURE = re.compile(r"!\[([^]]*)\]\(([^)#]+)\)")


def test_all_that_are_named_are_there_and_the_other_way_round() -> None:
    named: set[Path] = set()
    for page in DOCS.rglob("*.md"):
        for text, target in _PICTURE.findall(page.read_text("utf-8")):
            assert text, f"{page.name}: {target} says nothing to those who cannot see it"
            named.add((page.parent / target).resolve())
    assert named == {path.resolve() for path in (DOCS / "pictures").iterdir()}


def test_none_is_large() -> None:
    pictures = list((DOCS / "pictures").iterdir())
    assert pictures
    for picture in pictures:
        assert picture.read_bytes().startswith(b"\x89PNG"), picture
        assert picture.stat().st_size < LARGEST, picture
