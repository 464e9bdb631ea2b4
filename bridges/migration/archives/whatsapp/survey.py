# SPDX-License-Identifier: AGPL-3.0-or-later
"""The first reading of a file: what can only be known of it as a whole.

It is read line by line; what is kept does not grow with the number of messages.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from itertools import islice

from attrs import define, frozen

from bridges.core.chat import ChatKind
from bridges.core.text import user_text
from bridges.migration.archives.errors import ArchiveRefused
from bridges.migration.archives.whatsapp.date_order import DateEvidence, DateOrder, DateQuestion
from bridges.migration.archives.whatsapp.headers import (
    Header,
    HeaderReader,
    Shape,
    find_header,
    readers,
)
from bridges.migration.archives.whatsapp.lines import TextLine
from bridges.migration.archives.whatsapp.marks import GENERATED
from bridges.migration.archives.whatsapp.media import day_sent, day_stored
from bridges.migration.archives.whatsapp.senders import Line, Names, clean_sender, split_line
from bridges.migration.archives.whatsapp.understanding import Attached, LeftOut, Words, understand
from bridges.migration.archives.whatsapp.wording import Wording, phrase_key

_LOOKED_AT = 2_000
"""Lines in which the shape of headers is looked for."""
_ENOUGH_PHRASES = 1

Lines = Callable[[], Iterator[TextLine]]
"""Reads the file anew."""


@frozen
class Survey:
    """What a file is.

    Attributes:
        order: how its dates are to be read, or what has to be asked for that.
        longer: whole names of those with a colon in theirs.
        known: those who have written more than once.
        senders: all who have written, in order of appearance, and who has not in a chat of two.
        speaker: the name under which WhatsApp speaks in the file, None if there is none.
        owner: whose archive it is, None if it does not tell.
    """

    shape: Shape
    order: DateOrder | DateQuestion
    kind: ChatKind
    longer: Mapping[str, str]
    known: frozenset[str]
    senders: tuple[str, ...]
    speaker: str | None
    owner: str | None

    @property
    def iphone(self) -> bool:
        """Whether an iPhone has written it: only there WhatsApp marks what it says."""
        return self.shape.bracket


def find_shape(lines: Iterable[TextLine]) -> Shape | None:
    """How a file's headers are written: as the first line, or else as most of the first lines are."""
    shapes: Counter[Shape] = Counter()
    layouts = readers()
    for line in islice(lines, _LOOKED_AT):
        header = find_header(line.text, layouts)
        if header is not None:
            if line.number == 1:
                return header.shape
            shapes[header.shape] += 1
    return shapes.most_common(1)[0][0] if shapes else None


def survey(
    lines: Lines,
    wording: Wording,
    latest: date,
    *,
    title: str = "",
    order: DateOrder | None = None,
    first_year: int | None = None,
    owner: str | None = None,
) -> Survey:
    """Read a file for the first time.

    Args:
        latest: the day on which it is read; no message is younger.
        title: the chat's name, if the file's name tells it.
        order: somebody's answer about dates, for a file that says nothing certain.
        first_year: somebody's answer for a file whose dates have no year.
        owner: somebody's answer about whose archive it is: a name in the file.

    Raises:
        ArchiveRefused: it is no export of a chat, or its dates cannot be read.
    """
    shape = find_shape(lines())
    if shape is None:
        raise ArchiveRefused(
            user_text(
                "This file has no messages as WhatsApp exports them. In WhatsApp, open the chat, "
                "choose Export chat in its menu, and give the file that comes out of it unchanged."
            )
        )
    collected = _Collected(
        wording, DateEvidence(shape, latest, first_year), Names(wording), shape.bracket
    )
    headers = HeaderReader(shape.layout, shape)
    for line in lines():
        header = headers.find(line.text)
        if header is not None:
            collected.add(header, line.text[header.length :].removeprefix(" "))
    return collected.result(title, order, owner)


@define
class _Collected:
    wording: Wording
    dates: DateEvidence
    names: Names
    iphone: bool
    group_said: bool = False
    day_first_phrases: int = 0

    def add(self, header: Header, rest: str) -> None:
        line = split_line(rest, {})
        what = understand(line.text, self.wording, iphone=self.iphone).what
        file = what.name if isinstance(what, Attached) else ""
        sent, stored = (day_sent(file), day_stored(file)) if file else (None, None)
        self.dates.add(header, [sent] if sent else (), [stored] if stored else ())
        self.names.add(
            line,
            generated=line.text.startswith(GENERATED),
            has_file=isinstance(what, Attached | LeftOut),
            deleted_by_owner=isinstance(what, Words) and what.deleted_by_owner,
        )
        if not isinstance(what, Words) or what.notice:
            self.day_first_phrases += phrase_key(line.text) in self.wording.day_first
        if isinstance(what, Words) and not self.group_said:
            self._listen(line)

    def _listen(self, line: Line) -> None:
        is_said = line.sender is None or (self.iphone and line.text.startswith(GENERATED))
        self.group_said = is_said and self.wording.tells_of_group(line.text)

    def result(self, title: str, order: DateOrder | None, owner: str | None) -> Survey:
        self._refuse()
        decided = self.dates.decide(
            language_has_day_first=self.day_first_phrases >= _ENOUGH_PHRASES
        )
        speaker = self.names.speaker_of_chat(iphone=self.iphone)
        senders = tuple(name for name in self.names.senders() if name != speaker)
        others = len(senders) > 2 or (speaker is not None and len(senders) == 2)
        is_group = self.group_said or (others and clean_sender(title) not in senders)
        return Survey(
            shape=self.dates.shape,
            order=_answered(decided, order),
            kind=ChatKind.GROUP if is_group else ChatKind.DIRECT,
            longer=self.names.longer(),
            known=self.names.known(),
            senders=senders if is_group or speaker is None else (speaker, *senders),
            speaker=speaker,
            owner=self.names.owner(title, owner),
        )

    def _refuse(self) -> None:
        if self.names.overflown:
            raise ArchiveRefused(
                user_text("This is no chat: more people write in it than WhatsApp allows.")
            )
        if self.dates.islamic:
            raise ArchiveRefused(
                user_text(
                    "The dates are of the Islamic calendar, whose days cannot be worked out for sure. "
                    "Set the phone to the Gregorian calendar and export the chat again."
                )
            )
        if self.dates.yearless:
            raise ArchiveRefused(
                user_text(
                    "The dates have no year, as old versions of WhatsApp have written them. "
                    "Export the chat again with a new one, or say in which year it begins."
                )
            )


def _answered(
    decided: DateOrder | DateQuestion, answer: DateOrder | None
) -> DateOrder | DateQuestion:
    """An answer counts where there is a question that it answers."""
    if isinstance(decided, DateOrder):
        return decided
    return answer if answer in {one.order for one in decided.readings} and answer else decided
