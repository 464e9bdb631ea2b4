# SPDX-License-Identifier: AGPL-3.0-or-later
"""What WhatsApp itself writes into exports, in the languages of its apps.

The phrases are in ``phrases/*.toml``, one file for each language or group of languages whose words cannot
be mistaken for each other's. An export is in one of them, but says nowhere in which: all are known at once.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from enum import Enum, auto
from importlib.resources import files
from typing import Any

from attrs import field, frozen

from bridges.migration.archives.whatsapp.marks import canonical

_SAID = 400
_MARKS = 8
"""Signs that may stand around a phrase."""


class Said(Enum):
    """What a phrase says of a message."""

    MEDIA = auto()
    """It had a file of some kind."""
    IMAGE = auto()
    VIDEO = auto()
    VIDEO_NOTE = auto()
    AUDIO = auto()
    STICKER = auto()
    GIF = auto()
    CONTACT = auto()
    DOCUMENT = auto()
    UNAVAILABLE = auto()
    """Its contents are on the phone only, such as what may be seen once."""
    DELETED = auto()
    DELETED_BY_OWNER = auto()
    CALL = auto()
    LIVE_LOCATION = auto()


OMITTED = frozenset(
    {
        Said.MEDIA,
        Said.IMAGE,
        Said.VIDEO,
        Said.VIDEO_NOTE,
        Said.AUDIO,
        Said.STICKER,
        Said.GIF,
        Said.CONTACT,
        Said.DOCUMENT,
    }
)
"""Phrases that stand for a file that was left out."""

_KEYS = {
    "media": Said.MEDIA,
    "unavailable": Said.UNAVAILABLE,
    "deleted": Said.DELETED,
    "you_deleted": Said.DELETED_BY_OWNER,
    "calls": Said.CALL,
    "live_location": Said.LIVE_LOCATION,
}


@frozen
class Wording:
    """All phrases, in the form in which they are compared (``marks.canonical``).

    Attributes:
        said: what a whole message means that is nothing but a phrase.
        attached: the word in brackets at the name of a file.
        edited: what stands in brackets behind a text that was changed.
        you: what the app calls the person whose phone it is.
        group: parts of what it says of groups only; ``events`` of what it says of any chat.
        system: beginnings of what it says of any chat.
        titles: how export files are called, with the chat's name as the group of the pattern.
        day_first: phrases of languages in which all regions write the day before the month.
    """

    said: Mapping[str, Said] = field(repr=False)
    attached: frozenset[str] = field(repr=False)
    edited: frozenset[str] = field(repr=False)
    you: frozenset[str] = field(repr=False)
    group: tuple[str, ...] = field(repr=False)
    events: tuple[str, ...] = field(repr=False)
    system: tuple[str, ...] = field(repr=False)
    titles: tuple[re.Pattern[str], ...] = field(repr=False)
    day_first: frozenset[str] = field(repr=False)
    longest: int = 0

    def meaning(self, text: str) -> Said | None:
        """What a text means if it is nothing but a phrase."""
        if len(text) > self.longest:
            return None
        return self.said.get(phrase_key(text))

    def is_system(self, text: str) -> bool:
        """Whether a text is what WhatsApp says of a chat."""
        return canonical(text[:120]).startswith(self.system)

    def tells_of_group(self, text: str) -> bool:
        """Whether what WhatsApp says is only said in groups."""
        return _has_any(text, self.group)

    def tells_of_event(self, text: str) -> bool:
        """Whether a text is what WhatsApp says when something is done in a chat."""
        return _has_any(text, self.group) or _has_any(text, self.events)

    def title(self, name: str) -> str:
        """The chat's name in the name of an export file, without its extension; empty if there is none."""
        for pattern in self.titles:
            found = pattern.fullmatch(name)
            if found:
                return found[1].strip()
        return ""


def phrase_key(text: str) -> str:
    """The form in which whole phrases are compared: brackets and a full stop make no difference."""
    bare = canonical(text)
    if bare.startswith("<") and bare.endswith(">"):
        bare = bare[1:-1].strip()
    return bare.rstrip(".。।")


def load_wording() -> Wording:
    """Read the phrases of all languages."""
    folder = files(__package__) / "phrases"
    languages = [
        tomllib.loads(entry.read_text("utf-8"))
        for entry in sorted(folder.iterdir(), key=lambda one: one.name)
        if entry.name.endswith(".toml")
    ]
    said: dict[str, Said] = {}
    day_first, other = set[str](), set[str]()
    for language in languages:
        phrases = _phrases(language)
        said |= phrases
        ways = phrases.keys() | _keys(language["edited"])
        (day_first if language["day_first"] else other).update(ways)
    return Wording(
        said=said,
        attached=frozenset(canonical(text) for one in languages for text in one["attached"]),
        edited=frozenset(key for one in languages for key in _keys(one["edited"])),
        you=frozenset(canonical(text) for one in languages for text in one["you"]),
        group=_parts(text for one in languages for text in one["group"]),
        events=_parts(text for one in languages for text in one.get("events", ())),
        system=tuple(canonical(text) for one in languages for text in one["system"]),
        titles=_titles(text for one in languages for text in one["titles"]),
        day_first=frozenset(day_first - other),
        longest=max(map(len, said)) + _MARKS,
    )


def _has_any(text: str, parts: Iterable[str]) -> bool:
    ends = text if len(text) <= 2 * _SAID else f"{text[:_SAID]} {text[-_SAID:]}"
    said = f" {canonical(ends)} "
    return any(part in said for part in parts)


def _parts(texts: Iterable[str]) -> tuple[str, ...]:
    """Parts of sentences; one that begins with a space begins with a word."""
    return tuple(" " * text.startswith(" ") + canonical(text) for text in texts)


def _phrases(language: Mapping[str, Any]) -> dict[str, Said]:
    found = {
        phrase_key(phrase): meaning
        for key, meaning in _KEYS.items()
        for phrase in language.get(key, ())
    }
    for kind, written in language["omitted"].items():
        found |= dict.fromkeys(_keys(written), Said[kind.upper()])
    return found


def _keys(phrases: Iterable[str]) -> list[str]:
    return [phrase_key(phrase) for phrase in phrases]


def _titles(templates: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    """The longest beginnings first: they are the most exact."""
    ordered = sorted(set(templates), key=len, reverse=True)
    spaced = (re.escape(one).replace(r"\ ", "[ _]") for one in ordered)
    return tuple(re.compile(one.replace(r"\{\}", "(.+)"), re.IGNORECASE) for one in spaced)
