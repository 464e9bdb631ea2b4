# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reactions: the export names some of the people, of the others their number."""

from collections.abc import Iterator

from bridges.core.formatting.addresses import emoji_address
from bridges.migration.archives.model import ArchivedReaction
from bridges.migration.archives.telegram.fields import Raw, mapping, name, several, size, words
from bridges.migration.archives.telegram.peers import person_of
from bridges.migration.archives.telegram.surroundings import Surroundings

_STAR = "⭐"
_SOME_PICTURE = "🖼️"
"""Stands for a custom emoji whose picture was not exported."""


def reactions_of(message: Raw, around: Surroundings) -> Iterator[ArchivedReaction]:
    """Give the reactions to a message; of an emoji first those of people who are named."""
    for one in several(message, "reactions"):
        raw = mapping(one)
        emoji = _emoji(raw, around)
        if not emoji:
            continue
        people = dict.fromkeys(
            person
            for each in several(raw, "recent")
            if (person := person_of(mapping(each), "from")) is not None
        )
        yield from (ArchivedReaction(emoji, person) for person in people)
        others = (size(raw, "count") or 0) - len(people)
        if others > 0:
            yield ArchivedReaction(emoji, None, others)


def _emoji(reaction: Raw, around: Surroundings) -> str:
    """The emoji, or the neutral address of the picture in the archive that is one."""
    match name(reaction, "type"):
        case "paid":
            return _STAR
        case "custom_emoji":
            picture = around.file(words(reaction, "document_id"))
            return _SOME_PICTURE if picture.path is None else emoji_address(picture.path)
    return name(reaction, "emoji")
