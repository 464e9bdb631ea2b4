# SPDX-License-Identifier: AGPL-3.0-or-later
"""Damaged exports by the million: ``python -m tests.migration.archives.whatsapp.fuzz --inputs 1000000``.

Inputs are the exports under ``tests/data/whatsapp_export`` and made ones of every dialect, with lines
repeated, exchanged or taken away, characters changed, and signs and words of the format put in. Each is
read completely; it may be refused, but nothing may be raised, no line may get lost without a word, and
nothing may take longer than five seconds of processor time. What fails is printed with its number
and can be made again by ``--only``. Exit code 1 if anything failed.
"""

import random
import sys
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from bridges.migration.archives.model import ArchivedMessage
from bridges.migration.archives.whatsapp import Answers, DateQuestion, open_whatsapp
from bridges.migration.archives.whatsapp.date_order import DayReader
from bridges.migration.archives.whatsapp.lines import text_lines
from bridges.migration.archives.whatsapp.reading import Record, records
from bridges.migration.archives.whatsapp.survey import survey
from bridges.migration.archives.whatsapp.wording import Wording, load_wording
from tests.migration.archives.fuzzing import main
from tests.migration.archives.in_memory import OneFile
from tests.migration.archives.whatsapp.chats import TODAY
from tests.migration.archives.whatsapp.dialects import ALL, Said

EXPORTS = Path(__file__).parents[3] / "data" / "whatsapp_export"
ZONE = ZoneInfo("Europe/Berlin")
_TEXTS = (
    *("Salom", "", " ", "\u200e", "Reja:\n\n1. bir\n* ikki", "*a* _b_ ```c```", "x" * 300, ": "),
    *("<Media omitted>", "\u200eimage omitted", "reja.pdf • \u200e2 pages \u200edocument omitted"),
    *("\u200e<attached: 00000035-PHOTO-2022-03-27-21-41-55.jpg>", "../x.jpg (file attached)"),
    *("IMG-20240301-WA0001.jpg (file attached)\nBog‘", "https://maps.google.com/?q=1.5,-2.5"),
    *(
        "POLL:\nQachon?\nOPTION: Bugun (1 vote)\nOPTION: Ertaga (0 votes)",
        "Siz xabarni o‘chirdingiz",
    ),
    *("You deleted this message", "Ha <This message was edited>", "Missed voice call"),
)
_WORDS = (
    *(
        "\u200e",
        "\u200f",
        "\u202f",
        "\u00a0",
        "\ufeff",
        "\r",
        "\n",
        "\x00",
        "\ud83d",
        "\u2028",
        "٣",
        "०",
    ),
    *(
        "[",
        "]",
        " - ",
        ": ",
        ", ",
        "/",
        ".",
        "-",
        "<",
        ">",
        "(",
        ")",
        "“",
        '"',
        "~",
        "+992 900 00 00 01",
    ),
    *(
        "AM",
        "م",
        "午後",
        "klo",
        "BE",
        "R4",
        "令和",
        "年",
        "999999999",
        "00",
        "31",
        "1/2/24, 10:00 - ",
    ),
    *("[01.02.24, 10:00:00] ", "<attached: ", " (file attached)", "[" * 500, "1" * 500, " " * 500),
    *("*_~`" * 50, "<a:" * 200, "\u200e" * 200, ": " * 200, "“" * 200, "1/1/1" * 100),
)


class Mutations:
    """Makes inputs; the same number and seed make the same one."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._exports = [path.read_bytes().decode() for path in sorted(EXPORTS.glob("*/*.txt"))]

    def make(self, number: int) -> bytes:
        source = random.Random(f"{self._seed}/{number}")
        text = source.choice(self._exports) if source.random() < 0.1 else _written(source)
        for _ in range(source.choice([0, 1, 1, 2, 4, 8])):
            text = _mutated(text, source)
        data = bytearray(text.encode(source.choice(["utf-8"] * 19 + ["utf-16"]), "surrogatepass"))
        if data and source.random() < 0.1:
            data[source.randrange(len(data))] = source.randrange(256)
        return bytes(data)


def _written(source: random.Random) -> str:
    """A chat in one dialect, sometimes with a piece of another."""
    _, dialect = source.choice(ALL)
    now = datetime(2023, 1, 1) + timedelta(minutes=source.randrange(1_500_000))
    lines = []
    for _ in range(source.randint(1, 6)):
        now += timedelta(seconds=source.choice([-90_000, -60, 0, 5, 3_600, 100_000]))
        sender = source.choice(["Anor", "Behi", "Anor: ish", "~Olma", "+992 900 00 00 01", None])
        said = Said(now, sender, source.choice(_TEXTS))
        used = source.choice(ALL)[1] if source.random() < 0.05 else dialect
        lines.append(used.written([said]))
    return "".join(lines)


def _mutated(text: str, source: random.Random) -> str:
    at = source.randrange(len(text) + 1)
    end = min(len(text), at + source.choice([1, 1, 4, 30, 200]))
    match source.randrange(6):
        case 0:
            return text[:at] + text[end:]
        case 1:
            return text[:at] + text[at:end] * source.choice([2, 3, 20]) + text[end:]
        case 2:
            return text[:at] + source.choice(_WORDS) + text[at:]
        case 3:
            return text[:at] + source.choice(_WORDS) + text[end:]
        case 4:
            lines = text.split("\n")
            source.shuffle(lines)
            return "\n".join(lines)
        case _:
            return text[:at] if source.random() < 0.2 else text


def read_all(data: bytes, wording: Wording) -> None:
    """Read everything in an export, in every order of its dates that it leaves open."""
    every_line_is_somewhere(data, wording)
    name = "WhatsApp Chat with Behi.txt"
    container = OneFile(name, data, ("jpg",))
    archive = open_whatsapp(container, name, Answers(ZONE), TODAY, wording)
    (chat,) = archive.chats()
    question = archive.questions().get(chat.id)
    assert len(list(archive.people(chat.id))) < 1000
    answered = [archive]
    if question:
        answers = [Answers(ZONE, one.order) for one in question.readings]
        answered = [open_whatsapp(container, name, one, TODAY, wording) for one in answers]
    for one_way in answered:
        ids = set()
        for one in one_way.messages(chat.id):
            if isinstance(one, ArchivedMessage):
                assert one.parts
                assert one.sent_at.utcoffset() is not None
                assert one.id not in ids
                ids.add(one.id)
            else:
                assert str(one.reason)


def every_line_is_somewhere(data: bytes, wording: Wording) -> None:
    """Each line that is not empty belongs to a message, or is told to belong to none."""
    found = survey(lambda: text_lines(BytesIO(data)), wording, TODAY)
    order = found.order.readings[0].order if isinstance(found.order, DateQuestion) else found.order
    seen: set[int] = set()
    for one in records(text_lines(BytesIO(data)), found, DayReader(order, TODAY), wording):
        if isinstance(one, Record):
            seen |= set(range(one.line, one.line + one.text.count("\n") + 1))
        else:
            first, _, last = one.where.split()[1].partition("–")
            seen |= set(range(int(first), int(last or first) + 1))
    lost = [one for one in text_lines(BytesIO(data)) if one.text.strip() and one.number not in seen]
    assert not lost, lost


if __name__ == "__main__":
    sys.exit(main(__doc__, Mutations, partial(read_all, wording=load_wording())))
