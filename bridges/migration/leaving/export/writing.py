# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes what was read as Telegram Desktop writes an account, a message at a time.

``result.json`` is what people and programs read; ``events/`` has every event as the homeserver gave it,
so that nothing is lost that Telegram's form has no place for.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

from attrs import frozen

from bridges.contacts.sources.model import Card, IdKind
from bridges.core.text import Translation, user_text
from bridges.migration.leaving.export.journal import Journal, ListedRoom
from bridges.migration.leaving.export.messages import Scene, message_of, time_of
from bridges.migration.leaving.export.people import Numbers
from bridges.migration.leaving.export.vcards import vcard

Json = dict[str, Any]

RESULT = "result.json"
CONTACTS = "contacts.vcf"
ACCOUNT = "account.json"
README = "README.txt"
EVENTS = "events"
PART = ".part"


@frozen
class Writing:
    """What is written, for whom and where.

    Attributes:
        is_voice: tells whether somebody is a program that speaks for chats, such as a bridge's bot.
        now: milliseconds since 1970.
    """

    journal: Journal
    folder: Path
    owner: str
    cards: tuple[Card, ...]
    numbers: Numbers
    is_voice: Callable[[str], bool]
    say: Translation
    now: int

    def write(self) -> dict[str, int]:
        """Write everything but the manifest and give how many messages each room has."""
        counts: dict[str, int] = {}
        with _whole(self.folder / RESULT) as file:
            self._result(file, counts)
        (self.folder / EVENTS).mkdir(exist_ok=True)
        for room in self.journal.rooms():
            with _whole(self.folder / events_of(self.numbers, room.room)) as file:
                for event in self.journal.events(room.room):
                    file.write(f"{event}\n")
        with _whole(self.folder / CONTACTS) as file:
            file.writelines(map(vcard, self.cards))
        with _whole(self.folder / ACCOUNT) as file:
            file.write(_json(self._account(), indent=1) + "\n")
        with _whole(self.folder / README) as file:
            file.writelines(f"{line}\n" for line in self._readme(counts))
        return counts

    # -- result.json

    def _result(self, file: IO[str], counts: dict[str, int]) -> None:
        about = self.say(
            user_text(
                "Everything {owner} has on this homeserver, as of {date} UTC.", **self._head()
            )
        )
        file.write(f'{{\n "about": {_json(about)},\n')
        file.write(f' "personal_information": {_json(self._person())},\n')
        file.write(' "contacts": {\n  "about": "",\n  "list": [')
        _items(file, (_json(self._contact(one)) for one in self.cards))
        file.write(']\n },\n "chats": {\n  "about": "",\n  "list": [')
        separator = "\n"
        for room in self.journal.rooms():
            if not room.details["space"]:
                file.write(separator)
                counts[room.room] = self._chat(file, room)
                separator = ",\n"
        file.write("]\n }\n}\n")

    def _chat(self, file: IO[str], room: ListedRoom) -> int:
        """Write a chat; gives how many messages it has."""
        members = self.journal.members(room.room)
        header = self._header(room, members)
        listed = [
            {
                "id": self.numbers.peer(mxid),
                "name": name,
                "matrix_id": mxid,
                "membership": membership,
            }
            for mxid, (name, membership) in members.items()
        ]
        file.write(f'{_json(header)[:-1]}, "members": {_json(listed)}, "messages": [')
        scene = Scene(
            me=self.owner,
            names={mxid: one[0] for mxid, one in members.items()},
            numbers=self.numbers,
            number_of=partial(self.journal.number_of, room.room),
            file_of=self.journal.file,
            is_voice=self.is_voice,
            say=self.say,
        )
        said = self.journal.messages(room.room)
        count = _items(file, (_json(message_of(one, scene)) for one in said))
        file.write("]}")
        return count

    def _header(self, room: ListedRoom, members: Iterable[str]) -> Json:
        """A chat with one other person is theirs; all others are groups."""
        others = [mxid for mxid in room.details["direct"] if mxid != self.owner]
        known = {*members}
        partner = next((mxid for mxid in others if mxid in known), next(iter(others), None))
        header: Json = {
            "name": room.details["name"],
            "type": "private_supergroup" if partner is None else "personal_chat",
            "id": self.numbers.room(room.room) if partner is None else self.numbers.person(partner),
            "matrix_room_id": room.room,
        }
        return header | {"left": room.details["membership"] == "leave"}

    def _person(self) -> Json:
        name = self.journal.document("profile").get("displayname")
        return {
            "user_id": self.numbers.person(self.owner),
            "first_name": name if isinstance(name, str) else self.owner,
            "last_name": "",
            "phone_number": "",
            "username": self.owner,
        }

    def _contact(self, card: Card) -> Json:
        contact: Json = {
            "first_name": card.name or next(iter(card.other_names), ""),
            "last_name": "",
            "phone_number": next(iter(card.phones), ""),
        }
        for one in card.ids:
            if one.kind is IdKind.TELEGRAM_USER:
                contact["user_id"] = int(one.value)
        return contact

    # -- The rest

    def _account(self) -> Json:
        return {
            "matrix_id": self.owner,
            "profile": self.journal.document("profile"),
            **self.journal.document("account_data"),
        }

    def _readme(self, counts: dict[str, int]) -> Iterator[str]:
        missing = self.journal.missing()
        lines = [
            user_text(
                "Everything {owner} has on this homeserver, as of {date} UTC.", **self._head()
            ),
            user_text(
                "Chats: {chats}. Messages: {messages}. Files: {files}. Contacts: {contacts}.",
                chats=len(counts),
                messages=sum(counts.values()),
                files=sum(1 for _ in self.journal.files()),
                contacts=len(self.cards),
            ),
            user_text(
                "{name}: all chats in the form Telegram Desktop exports them. "
                "'karvon migrate plan' reads it, and so do other programs for such exports.",
                name=RESULT,
            ),
            user_text("{name}: every event exactly as the homeserver keeps it.", name=EVENTS),
            user_text("{name}: your contacts, for any phone or mail program.", name=CONTACTS),
            user_text("{name}: your profile and settings.", name=ACCOUNT),
            user_text(
                "{name}: the SHA-256 of every file. 'karvon leave check' compares them.",
                name="manifest.json",
            ),
            user_text(
                "Names in here are those you see, some of them from your address book. "
                "Keep this folder as you would keep your phone."
            ),
        ]
        yield from map(self.say, lines)
        if missing:
            yield ""
            yield self.say(user_text("Files the homeserver could not give:"))
            yield from missing
        if incomplete := self.journal.incomplete():
            yield ""
            yield self.say(user_text("Chats the homeserver did not give, or not all of them:"))
            yield from (f"{room}: {why}" for room, why in incomplete.items())

    def _head(self) -> dict[str, str]:
        return {"owner": self.owner, "date": time_of(self.now)[0].replace("T", " ")}


def events_of(numbers: Numbers, room: str) -> str:
    """Give where the events of a room are."""
    return f"{EVENTS}/{numbers.room(room)}.jsonl"


def _items(file: IO[str], items: Iterable[str]) -> int:
    """Write the elements of a list, each on a line; gives how many."""
    count = 0
    for item in items:
        file.write(f"{',' if count else ''}\n   {item}")
        count += 1
    return count


def _json(value: object, indent: int | None = None) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    # A lone surrogate cannot be written as UTF-8; as an escape it is kept.
    return text if text.isascii() or _is_whole(text) else json.dumps(value, indent=indent)


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def _whole(path: Path) -> Iterator[IO[str]]:
    """Have a file that appears under its name when it is complete."""
    part = path.with_name(path.name + PART)
    with part.open("w", encoding="utf-8", newline="") as file:
        yield file
    part.replace(path)
