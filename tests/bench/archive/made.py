# SPDX-License-Identifier: AGPL-3.0-or-later
"""A made-up export of a group as Telegram Desktop writes it, and what has to come of it."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import field, frozen

PEOPLE = 20
OWNER = 0
"""Number of the person whose export it is."""

_FIRST_ID = 101
_BEGINNING = 1_400_000_000
_EMOJI = ("👍", "❤", "🔥", "😁")
_SAYINGS = ("ha", "yo‘q", "rahmat", "albatta, keyinroq")
_PICTURE_BYTES = 20_000


@frozen
class Said:
    """A message of it.

    Attributes:
        sender: number of a person.
        at: milliseconds since 1970.
        answers: number of the message it answers.
        reactions: numbers of people, and their emoji.
        picture: what is in the file that comes with it.
    """

    number: int
    sender: int
    at: int
    text: str
    answers: int | None
    reactions: tuple[tuple[int, str], ...]
    picture: bytes | None = field(repr=False)


@frozen
class MadeArchive:
    """One of so many messages, some of them pictures; the same seed makes the same one."""

    messages: int
    pictures: int
    seed: int = 1

    def said(self) -> Iterator[Said]:
        """Give its messages, the oldest first.

        People say the same thing twice within a second, answer things said long ago, and say
        several things at one time.
        """
        source = random.Random(self.seed)
        at = _BEGINNING
        every = max(1, self.messages // self.pictures) if self.pictures else self.messages + 1
        for number in range(1, self.messages + 1):
            at += source.choice((0, 0, 1, 5, 60, 900))
            text = f"{source.choice(_SAYINGS)}{'' if source.random() < 0.3 else f' {number}'}"
            answers = None
            if number > 1 and source.random() < 0.25:
                answers = number - source.randint(1, min(number - 1, source.choice((5, 100_000))))
            who = source.sample(range(PEOPLE), source.choice((*[0] * 17, 1, 1, 3)))
            is_picture = number % every == 0 and number // every <= self.pictures
            yield Said(
                number=number,
                sender=source.randrange(PEOPLE),
                at=1000 * at,
                text=text,
                answers=answers,
                reactions=tuple((one, source.choice(_EMOJI)) for one in who),
                picture=source.randbytes(_PICTURE_BYTES) if is_picture else None,
            )

    def write(self, folder: Path) -> Path:
        """Write it as an export of the whole account; returns its folder."""
        (folder / "photos").mkdir(parents=True)
        about = {"user_id": _FIRST_ID + OWNER, "first_name": name_of(OWNER)}
        with (folder / "result.json").open("w", encoding="utf-8") as file:
            file.write(f'{{"personal_information": {json.dumps(about)}, "chats": {{"list": [')
            file.write('{"name": "Bog‘", "type": "private_group", "id": 7, "messages": [')
            for one in self.said():
                file.write(",\n" if one.number > 1 else "\n")
                file.write(json.dumps(_as_exported(one, folder), ensure_ascii=False))
            file.write("]}]}}\n")
        return folder


def name_of(person: int) -> str:
    """How somebody is called in the export."""
    return f"Odam {person:02}"


def _as_exported(said: Said, folder: Path) -> dict[str, Any]:
    message: dict[str, Any] = {
        "id": said.number,
        "type": "message",
        "date": "2014-05-13T00:00:00",
        "date_unixtime": str(said.at // 1000),
        "from": name_of(said.sender),
        "from_id": f"user{_FIRST_ID + said.sender}",
        "text": said.text,
    }
    if said.answers is not None:
        message["reply_to_message_id"] = said.answers
    if said.reactions:
        message["reactions"] = [
            {
                "type": "emoji",
                "count": 1,
                "emoji": emoji,
                "recent": [{"from": name_of(who), "from_id": f"user{_FIRST_ID + who}"}],
            }
            for who, emoji in said.reactions
        ]
    if said.picture is not None:
        name = f"photos/photo_{said.number}.jpg"
        (folder / name).write_bytes(said.picture)
        message |= {"photo": name, "width": 10, "height": 10}
    return message
