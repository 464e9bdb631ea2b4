# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who and what there is: numbers, customers, messages, files, templates."""

import base64
import hashlib
import hmac
import itertools
import secrets
from collections.abc import Callable
from typing import Any

from attrs import define, field

Json = dict[str, Any]

WINDOW = 24 * 3600.0
"""Seconds after a customer's message in which anything may be written to them."""

MEDIA_URL_LASTS = 300.0
"""Seconds."""


@define
class BusinessNumber:
    """A number of an organisation: Meta's ids, the secrets, and its templates."""

    id: str
    phone: str
    name: str
    business: str
    access_token: str = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)
    templates: list[Json] = field(factory=list)

    @property
    def proof(self) -> str:
        """What shows that somebody with the access token knows the app secret as well."""
        secret, token = self.app_secret.encode(), self.access_token.encode()
        return hmac.new(secret, token, hashlib.sha256).hexdigest()

    @property
    def display(self) -> str:
        """How it is written."""
        return f"+{self.phone[:3]} {self.phone[3:]}"


@define
class Received:
    """A message of a number as a customer has it; ``reaction`` is what the number put on one of theirs."""

    id: str
    number: str
    content: Json
    key: str = ""


@define
class Person:
    """A customer with WhatsApp on a phone. ``hides_number``: only the BSUID is told."""

    phone: str
    name: str
    bsuid: str
    hides_number: bool = False
    is_reachable: bool = True
    inbox: list[Received] = field(factory=list)
    reactions: dict[str, str] = field(factory=dict)
    wrote_at: dict[str, float] = field(factory=dict)
    """When they last wrote, by the number's id."""

    def contact(self) -> Json:
        """What stands about them beside messages and statuses."""
        contact: Json = {"profile": {"name": self.name}, "user_id": self.bsuid}
        return contact if self.hides_number else contact | {"wa_id": self.phone}


@define
class StoredFile:
    """A file at Meta."""

    id: str
    data: bytes = field(repr=False)
    mime: str
    name: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of the file, as webhooks have it."""
        return base64.b64encode(hashlib.sha256(self.data).digest()).decode()


class World:
    """Everything, in memory."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._clock = now
        self._ahead = 0.0
        self._count = itertools.count(1)
        self.numbers: dict[str, BusinessNumber] = {}
        self.people: dict[str, Person] = {}
        self.files: dict[str, StoredFile] = {}
        self.read_by_business: list[str] = []
        self.typing_shown: list[str] = []
        self._urls: dict[str, tuple[str, float]] = {}

    def now(self) -> float:
        """The time here, in seconds since the epoch."""
        return self._clock() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._ahead += seconds

    def message_id(self) -> str:
        """A new message's id."""
        return f"wamid.{next(self._count):06d}{secrets.token_hex(8).upper()}"

    def find(self, name: str) -> Person | None:
        """Somebody by number or BSUID."""
        digits = name.removeprefix("+")
        return self.people.get(digits) or next(
            (one for one in self.people.values() if one.bsuid == name), None
        )

    def keep_file(self, data: bytes, mime: str, name: str = "") -> StoredFile:
        """Store a file."""
        file = StoredFile(str(10**14 + next(self._count)), data, mime, name)
        self.files[file.id] = file
        return file

    def file_url(self, file: StoredFile) -> str:
        """Make a token under which a file can be fetched for five minutes."""
        token = secrets.token_urlsafe(18)
        self._urls[token] = (file.id, self.now() + MEDIA_URL_LASTS)
        return token

    def file_at(self, token: str) -> StoredFile | None:
        """The file behind a token, while that lasts."""
        file, until = self._urls.get(token, ("", 0.0))
        return self.files.get(file) if self.now() < until else None

    def is_open(self, number: str, person: Person) -> bool:
        """Whether anything may be written to somebody."""
        return self.now() - person.wrote_at.get(number, -WINDOW) < WINDOW
