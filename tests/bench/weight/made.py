# SPDX-License-Identifier: AGPL-3.0-or-later
"""Made-up archives as large as those of people who have never deleted anything; the same each time."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from attrs import frozen

from tests.bench.weight.sparse import Hollow, pack, store, zip_with_holes

OWNER, OWNERS_NAME = 101, "Odam 00"
RESULT = "result.json"
WHATSAPP_TEXT = "WhatsApp Chat with Bog‘.txt"

_SEED = 1
_PEOPLE = 50
_BEGINNING = datetime(2014, 5, 13, tzinfo=UTC)
_BETWEEN = 40
"""Seconds between two messages."""
_VOCABULARY = """
    salom rahmat albatta keyinroq bugun ertaga choyxona bozor karvon yulduz quduq tog‘
    салом раҳмат албатта пагоҳ имрӯз бозор корвон ситора дар куҷо меоем барои нон чой
    спасибо конечно завтра сегодня встретимся рынок звезда колодец хорошо 🌙 🫖 ? ! ,
"""
_SOME = 1 << 16


@frozen
class Media:
    """Files of an archive: few huge, some large, many small.

    Attributes:
        huge, large, small: bytes of each of a kind.
        huges, larges, smalls: how many there are.
    """

    huge: int
    huges: int
    large: int
    larges: int
    small: int
    smalls: int

    def files(self, name: Callable[[int], str]) -> Iterator[Hollow]:
        """Give the files, called by their number; huge ones first, then large ones among small ones."""
        for number in range(self.huges):
            yield Hollow(name(number), self.huge)
        every = 1 + self.smalls // self.larges
        for number in range(self.larges + self.smalls):
            size = self.small if number % every else self.large
            yield Hollow(name(self.huges + number), size)


@frozen
class Sizes:
    """How large an archive is."""

    messages: int
    chats: int
    media: Media


@frozen
class Made:
    """An archive that was written.

    Attributes:
        bytes: of all files in it.
        text_bytes: of the file in which the messages are.
    """

    path: Path
    messages: int
    files: int
    bytes: int
    text_bytes: int


def telegram_folder(target: Path, sizes: Sizes) -> Made:
    """Write the export of an account; its chats become smaller, the last ones are nearly empty."""
    target.mkdir()
    files = list(sizes.media.files(_telegram_name))
    with (target / RESULT).open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_account(sizes, files))
    for one in files:
        one.write(target)
    return _made(target, target / RESULT, sizes, files)


def telegram_zip(target: Path, sizes: Sizes, folder: Path) -> Made:
    """Pack such an export, whose ``folder`` is there already."""
    files = list(sizes.media.files(_telegram_name))
    with zip_with_holes(target) as packed:
        pack(packed, folder / RESULT, RESULT)
        store(packed, files)
    return _made(target, folder / RESULT, sizes, files)


def whatsapp_zip(target: Path, sizes: Sizes) -> Made:
    """Write a group as a phone with Android exports it."""
    files = list(sizes.media.files(_whatsapp_name))
    text = target.with_suffix(".txt")
    with text.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_group(sizes, files))
    with zip_with_holes(target) as packed:
        pack(packed, text, WHATSAPP_TEXT)
        store(packed, files)
    made = _made(target, text, sizes, files)
    text.unlink()
    return made


def _made(path: Path, text: Path, sizes: Sizes, files: list[Hollow]) -> Made:
    length = text.stat().st_size
    return Made(path, sizes.messages, len(files), length + sum(one.size for one in files), length)


# -- Telegram


def _telegram_name(number: int) -> str:
    return f"files/document_{number}.bin"


def _account(sizes: Sizes, files: list[Hollow]) -> Iterator[str]:
    say, source = _Sayings(), random.Random(_SEED)
    at = _BEGINNING
    left = iter(files)
    yield f'{{\n "personal_information": {{"user_id": {OWNER}, "first_name": "{OWNERS_NAME}"}},\n'
    yield ' "chats": {\n  "about": "",\n  "list": ['
    for chat, count in enumerate(_shares(sizes)):
        people = [source.randrange(_PEOPLE) for _ in range(1 + chat % 20)] + [0]
        every = max(1, sizes.messages // len(files))
        yield "," if chat else ""
        yield f'\n   {{\n    "name": "Bog‘ {chat}",\n    "type": "private_supergroup",\n'
        yield f'    "id": {chat + 1},\n    "messages": ['
        for number in range(1, count + 1):
            at += timedelta(seconds=_BETWEEN)
            document = next(left, None) if number % every == 1 % every else None
            yield ",\n" if number > 1 else "\n"
            yield _telegram_message(number, people[number % len(people)], at, say.next(), document)
        yield "\n    ]\n   }"
    yield "\n  ]\n }\n}\n"


def _shares(sizes: Sizes) -> Iterator[int]:
    """How many messages each chat has: few people write most of what somebody reads."""
    weights = [1 / (2 + chat) for chat in range(sizes.chats)]
    shares = [int(sizes.messages * one / sum(weights)) for one in weights]
    yield shares[0] + sizes.messages - sum(shares)
    yield from shares[1:]


def _telegram_message(
    number: int, person: int, at: datetime, text: str, document: Hollow | None
) -> str:
    lines = [
        "     {",
        f'      "id": {number},',
        '      "type": "message",',
        f'      "date": "{at:%Y-%m-%dT%H:%M:%S}",',
        f'      "date_unixtime": "{int(at.timestamp())}",',
        f'      "from": "Odam {person:02}",',
        f'      "from_id": "user{OWNER + person}",',
    ]
    if document is not None:
        lines += [
            f'      "file": "{document.name}",',
            f'      "file_name": "{document.name[6:]}",',
            f'      "file_size": {document.size},',
            '      "mime_type": "application/octet-stream",',
        ]
    if number > 1 and number % 5 == 0:
        lines.append(f'      "reply_to_message_id": {number - 1 - number % 4},')
    lines += [
        f'      "text": "{text}",',
        f'      "text_entities": [{{"type": "plain", "text": "{text}"}}]',
        "     }",
    ]
    return "\n".join(lines)


# -- WhatsApp


def _whatsapp_name(number: int) -> str:
    return f"DOC-20140513-WA{number:05}.bin"


def _group(sizes: Sizes, files: list[Hollow]) -> Iterator[str]:
    say, source = _Sayings(), random.Random(_SEED)
    at = _BEGINNING
    every = max(1, sizes.messages // len(files))
    left = iter(files)
    for number in range(1, sizes.messages + 1):
        at += timedelta(seconds=_BETWEEN)
        document = next(left, None) if number % every == 1 % every else None
        text = say.next() if document is None else f"{document.name} (file attached)"
        yield f"{at:%d/%m/%Y, %H:%M} - Odam {source.randrange(_PEOPLE):02}: {text}\n"


class _Sayings:
    """Texts of 20 to 520 characters, with as many different words as packing needs to be work."""

    def __init__(self) -> None:
        self._source = random.Random(_SEED)
        words = self._source.choices(_VOCABULARY.split(), k=_SOME)
        self._all = " ".join(words)

    def next(self) -> str:
        begin = int(self._source.random() * (len(self._all) - 1_000))
        share = self._source.random()
        return self._all[begin : begin + 20 + int(500 * share * share)].strip()
