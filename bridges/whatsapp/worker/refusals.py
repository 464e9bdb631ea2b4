# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calls that cannot be done."""

from typing import Any


class RefusedError(Exception):
    """A call failed: a stable code in capitals, and words for the log."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


def bad_argument(name: str, value: Any) -> RefusedError:
    """Return what a call with this argument is answered."""
    return RefusedError("BAD_ARGUMENT", f"{name} is a {type(value).__name__}")
