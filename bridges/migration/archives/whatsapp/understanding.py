# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the text of a message in an export is: words, a file, a place, a poll. Pure functions."""

import re

from attrs import frozen

from bridges.core.content import Poll, PollAnswer
from bridges.migration.archives.whatsapp.marks import (
    GENERATED,
    LEFT_TO_RIGHT,
    RIGHT_TO_LEFT,
    canonical,
    without_directions,
)
from bridges.migration.archives.whatsapp.media import is_file_name, own_name
from bridges.migration.archives.whatsapp.wording import OMITTED, Said, Wording, phrase_key

_ANY_MARK = "".join(GENERATED)
_BLANKS = _ANY_MARK + " "
_ATTACHED = re.compile(r"<([^<>:：\n]{1,40})[:：] ?([^<>\n]{1,300})>")
_FILE = re.compile(r"([^\n]{1,300}?\.\w{0,8}) \(([^()\n]{1,40})\)")
_EDITED = re.compile(rf"([{_ANY_MARK}]?)<([^<>:\n]{{3,80}})>")
_MAP = re.compile(
    r"https?://maps\.google\.com/\?q=(-?\d{1,3}(?:\.\d{1,20})?),(-?\d{1,3}(?:\.\d{1,20})?)"
)
_POLL_HEAD = re.compile(r"[^\W\d_][^\d\n:]{1,30}:")
_POLL_OPTION = re.compile(
    r"([^\W\d_][^\d\n:]{1,30}): (.+) \([^\d()\n]{0,20}(\d{1,7})[^\d()\n]{0,40}\)"
)
_DIGITS = frozenset("0123456789")
_MOST_OPTIONS = 12
_MOST_LINES = _MOST_OPTIONS + 20
_LONGEST_LABEL = 40


@frozen
class Words:
    """A text. ``notice``: WhatsApp has written it, not the sender."""

    text: str
    notice: bool = False
    deleted_by_owner: bool = False


@frozen
class Attached:
    """A file: its name in the archive, and the name its sender gave it."""

    name: str
    own_name: str
    caption: str = ""


@frozen
class LeftOut:
    """A file that was not exported; ``own_name`` is empty where it is not told."""

    said: Said
    own_name: str = ""
    caption: str = ""


@frozen
class Unavailable:
    """Nothing was exported of it: it could be seen once, or never reached the phone."""


@frozen
class Place:
    """A place in degrees, as written; ``text`` is the whole message."""

    latitude: str
    longitude: str
    description: str
    text: str


@frozen
class Votes:
    """A poll and how many votes each answer has, in their order."""

    poll: Poll
    votes: tuple[int, ...]


Understood = Words | Attached | LeftOut | Unavailable | Place | Votes


@frozen
class Understanding:
    """What a message is, and whether it was edited."""

    what: Understood
    edited: bool = False


def understand(text: str, wording: Wording, *, iphone: bool) -> Understanding:
    """Tell what a message is.

    ``text`` is everything behind the sender's name. ``iphone``: in exports of iPhones texts that WhatsApp
    has written begin with a mark.
    """
    rest, edited = _without_edited(text, wording) if text.endswith(">") else (text, False)
    bare = rest.lstrip(_BLANKS).rstrip()
    if not bare or not (bare.isascii() or without_directions(bare)):
        return Understanding(Unavailable(), edited)
    what = (
        (_attached(bare, wording) if "(" in bare or "<" in bare else None)
        or _phrase(bare, wording)
        or _place(bare)
        or _poll(bare)
        or _words(rest, bare, iphone=iphone)
    )
    return Understanding(what, edited)


def _without_edited(text: str, wording: Wording) -> tuple[str, bool]:
    start = text.rfind("<")
    if start > 0 and text[start - 1] in GENERATED:
        start -= 1
    found = _EDITED.fullmatch(text, max(start, 0))
    if not found:
        return text, False
    is_known = phrase_key(found[2]) in wording.edited
    is_unknown_language = bool(found[1]) and start > 0 and wording.meaning(found[2]) is None
    if not is_known and not is_unknown_language:
        return text, False
    return text[:start].rstrip(" " + _ANY_MARK), True


def _attached(bare: str, wording: Wording) -> Attached | None:
    first, _, rest = bare.partition("\n")
    if first.endswith(")"):
        found = _FILE.fullmatch(first)
        name = without_directions(found[1]) if found else ""
        if found and (is_file_name(name) or canonical(found[2]) in wording.attached):
            caption = "" if rest.strip() in (name, name.rpartition(".")[0]) else rest
            return Attached(name, name, caption)
    return _attached_by_iphone(bare, wording) if "<" in bare else None


def _attached_by_iphone(bare: str, wording: Wording) -> Attached | None:
    for found in _ATTACHED.finditer(bare):
        name = without_directions(found[2]).strip()
        ends_line = bare[found.end() :].lstrip(_BLANKS)[:1] in ("", "\n")
        if not ends_line or not (is_file_name(name) or canonical(found[1]) in wording.attached):
            continue
        before = bare[: found.start()].rstrip(_ANY_MARK + " \n")
        after = bare[found.end() :].strip(_ANY_MARK + " \n")
        title = _title(before, own_name(name))
        texts = [text for text in ("" if title else before, after) if text]
        return Attached(name, title or own_name(name), "\n".join(texts))
    return None


def _title(text: str, name: str) -> str:
    """The document's name, if that is all that a text says but for its number of pages."""
    shown = without_directions(text.partition("•")[0]).strip()
    return shown if shown and shown in (name, name.rpartition(".")[0]) else ""


def _phrase(bare: str, wording: Wording) -> Understood | None:
    said = wording.meaning(bare)
    if said in OMITTED:
        return LeftOut(said)
    if said is Said.UNAVAILABLE:
        return Unavailable()
    if said is not None:
        return Words(
            without_directions(bare), notice=True, deleted_by_owner=said is Said.DELETED_BY_OWNER
        )
    if bare.startswith("<"):
        first, _, rest = bare.partition("\n")
        if rest and wording.meaning(first) in OMITTED:
            return LeftOut(Said.MEDIA, caption=rest)
    return None if bare.isascii() else _left_out_at_end(bare, wording)


def _left_out_at_end(bare: str, wording: Wording) -> LeftOut | None:
    at = max(bare.rfind(LEFT_TO_RIGHT), bare.rfind(RIGHT_TO_LEFT))
    said = wording.meaning(bare[at:]) if at > 0 else None
    if said is None or said not in OMITTED:
        return None
    before = bare[:at].rstrip(_ANY_MARK + " \n")
    if said is Said.DOCUMENT:
        return LeftOut(said, own_name=without_directions(before.partition("•")[0]).strip())
    return LeftOut(said, caption=before)


def _place(bare: str) -> Place | None:
    if bare[-1] not in _DIGITS:
        return None
    start = bare.rfind("http")
    found = _MAP.fullmatch(bare, start) if start >= 0 else None
    if not found or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
        return None
    before = bare[:start].rstrip()
    if before and not before.endswith((":", "：")):
        return None
    lines = before.rstrip(":：").split("\n")
    label_only = len(lines) == 1 and " " not in lines[0].strip()
    named = lines[:-1] if len(lines) > 1 else ([] if label_only else lines)
    return Place(found[1], found[2], ", ".join(one.strip() for one in named), bare)


def _poll(bare: str) -> Votes | None:
    if ":" not in bare[:_LONGEST_LABEL]:
        return None
    lines = [without_directions(line) for line in bare.split("\n", _MOST_LINES)]
    if len(lines) < 4 or not _POLL_HEAD.fullmatch(lines[0]):
        return None
    options: list[re.Match[str]] = []
    while len(lines) > 2 and (found := _POLL_OPTION.fullmatch(lines[-1])):
        options.insert(0, found)
        lines.pop()
    labels = {option[1] for option in options}
    if len(options) < 2 or len(options) > _MOST_OPTIONS or len(labels) != 1:
        return None
    answers = tuple(PollAnswer(str(at), one[2]) for at, one in enumerate(options, start=1))
    question = "\n".join(lines[1:])
    return Votes(Poll(question, answers), tuple(int(one[3]) for one in options))


def _words(text: str, bare: str, *, iphone: bool) -> Words:
    if iphone and text.startswith(LEFT_TO_RIGHT):
        return Words(without_directions(bare), notice=True)
    return Words(text)
