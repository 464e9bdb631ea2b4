# SPDX-License-Identifier: AGPL-3.0-or-later
"""What calls have in common: their arguments, and the words of the library's errors."""

import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from attrs import frozen

from bridges.whatsapp.worker import jids
from bridges.whatsapp.worker.device import Device
from bridges.whatsapp.worker.journal import Journal
from bridges.whatsapp.worker.library import Foreign, Library
from bridges.whatsapp.worker.plain import BadMessageError, message_proto
from bridges.whatsapp.worker.refusals import RefusedError, bad_argument
from bridges.whatsapp.worker.store import KeyStore

T = TypeVar("T")

_STATUS = re.compile(r"status (?:code )?(?P<code>\d{3})|returned error (?P<error>\d{3})")
_NO_CONNECTION = ("not connected", "not logged in", "disconnected before", "timed out")


@frozen
class Request:
    """One call about a connected device.

    Attributes:
        account: the account's name.
        store: the library's own store.
        files: the folder both processes can see.
    """

    account: str
    arguments: Mapping[str, Any]
    device: Device
    library: Library
    journal: Journal
    store: KeyStore
    files: Path

    @property
    def client(self) -> Foreign:
        """The library's client of the device, to be got anew for each question.

        Raises `RefusedError` once the device has been let go.
        """
        if not self.device.known:
            raise RefusedError("NOT_CONNECTED", "this account is not connected")
        return self.device.client

    def text(self, name: str, default: str | None = None) -> str:
        """Return an argument that is text. Raises `RefusedError`."""
        return self._get(name, str, default)

    def texts(self, name: str) -> list[str]:
        """Return an argument that is a list of texts. Raises `RefusedError`."""
        values = self._get(name, list, None)
        if not all(isinstance(one, str) for one in values):
            raise bad_argument(name, values)
        return values

    def flag(self, name: str, default: bool | None = None) -> bool:
        """Return an argument that is true or false. Raises `RefusedError`."""
        return self._get(name, bool, default)

    def number(self, name: str, default: int | None = None) -> int:
        """Return an argument that is a whole number. Raises `RefusedError`."""
        return self._get(name, int, default)

    def jid(self, name: str) -> Foreign:
        """Return an argument that is an address. Raises `RefusedError`."""
        return self._address(self.text(name))

    def jids(self, name: str) -> list[Foreign]:
        """Return an argument that is a list of addresses. Raises `RefusedError`."""
        return [self._address(one) for one in self.texts(name)]

    def message(self, name: str = "message") -> Foreign:
        """Return an argument that is one of WhatsApp's messages. Raises `RefusedError`."""
        try:
            return message_proto(self.library, self._get(name, dict, None))
        except BadMessageError as error:
            raise RefusedError("BAD_MESSAGE", str(error)) from error

    def file(self, name: str = "file") -> Path:
        """Return a path inside the common folder. Raises `RefusedError`."""
        path = (self.files / self.text(name)).resolve()
        if not path.is_relative_to(self.files.resolve()):
            raise RefusedError("BAD_ARGUMENT", f"{name} is outside of the folder for files")
        return path

    def _get(self, name: str, kind: type[T], default: T | None) -> T:
        value = self.arguments.get(name, default)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise bad_argument(name, value)
        return value

    def _address(self, text: str) -> Foreign:
        try:
            return jids.to_proto(self.library, text)
        except jids.BadAddressError as error:
            raise RefusedError("BAD_ADDRESS", f"{text} is no address") from error


Handler = Callable[[Request], Awaitable[Any]]
"""Does a call and returns a JSON value; raises `RefusedError` or an error of the library."""


def refusal(error: Exception) -> RefusedError:
    """Say by a code what the library says in words."""
    if isinstance(error, RefusedError):
        return error
    text = str(error) or type(error).__name__
    found = _STATUS.search(text)
    if found is not None:
        return RefusedError(f"STATUS_{found['code'] or found['error']}", text)
    if any(words in text for words in _NO_CONNECTION):
        return RefusedError("NOT_CONNECTED", text)
    return RefusedError("FAILED", text)
