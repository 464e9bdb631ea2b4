# SPDX-License-Identifier: AGPL-3.0-or-later
"""The JSON body of a request to the control API, field by field."""

import base64
import binascii
from typing import Any

from attrs import frozen


class BadBodyError(ValueError):
    """A field is missing or has the wrong type; the text names it."""


@frozen
class Body:
    """The fields of a request."""

    fields: dict[str, Any]

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; ids may be numbers. Raises `BadBodyError`."""
        value = self.fields.get(name, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            raise BadBodyError(f"{name!r} must be a text")
        return value

    def maybe_text(self, name: str) -> str | None:
        """Return a text or None."""
        return None if self.fields.get(name) is None else self.text(name)

    def number(self, name: str, default: int | None = None) -> int:
        """Return a whole number."""
        value = self.fields.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise BadBodyError(f"{name!r} must be a whole number")
        return value

    def maybe_number(self, name: str, default: int | None = None) -> int | None:
        """Return a whole number or None, which a null in the request means too."""
        if name in self.fields and self.fields[name] is None:
            return None
        return default if name not in self.fields else self.number(name)

    def seconds(self, name: str, default: float | None = None) -> float:
        """Return a number of seconds."""
        value = self.fields.get(name, default)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise BadBodyError(f"{name!r} must be a number of seconds")
        return float(value)

    def decimal(self, name: str) -> float:
        """Return a number, for example of degrees."""
        value = self.fields.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise BadBodyError(f"{name!r} must be a number")
        return float(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return true or false."""
        value = self.fields.get(name, default)
        if not isinstance(value, bool):
            raise BadBodyError(f"{name!r} must be true or false")
        return value

    def names(self, name: str) -> list[str]:
        """Return a list of names or ids; none if the field is missing."""
        value = self.fields.get(name, [])
        if not isinstance(value, list):
            raise BadBodyError(f"{name!r} must be a list")
        return [str(one) for one in value]

    def objects(self, name: str) -> list[dict[str, Any]]:
        """Return a list of objects; none if the field is missing."""
        value = self.fields.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise BadBodyError(f"{name!r} must be a list of objects")
        return value

    def data(self, name: str) -> bytes:
        """Return bytes given in base64."""
        try:
            return base64.b64decode(self.text(name), validate=True)
        except binascii.Error as error:
            raise BadBodyError(f"{name!r} must be base64") from error
