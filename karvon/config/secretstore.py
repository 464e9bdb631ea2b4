# SPDX-License-Identifier: AGPL-3.0-or-later
"""Secrets that nobody chose: made at their first use and kept in the data folder."""

import base64
import secrets
from collections.abc import Callable
from pathlib import Path

from karvon.files import make_private_folder
from policy_module.files import create_once


class SecretStore:
    """One file per secret, readable for its owner only."""

    def __init__(
        self, folder: Path, *, random_bytes: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._folder = folder
        self._random_bytes = random_bytes

    def token(self, name: str) -> str:
        """Give the secret ``name``: 32 random bytes as base64 that is safe in URLs and YAML."""
        return self._kept(
            name, lambda: base64.urlsafe_b64encode(self._random_bytes(32)).rstrip(b"=")
        )

    def key(self, name: str) -> str:
        """Give the key ``name``: 32 random bytes as padded base64."""
        return self._kept(name, lambda: base64.b64encode(self._random_bytes(32)))

    def password(self, name: str) -> str:
        """Give the password ``name``: 12 letters and digits that are easy to type and tell apart."""
        alphabet = b"abcdefghijkmnpqrstuvwxyz23456789"
        return self._kept(
            name, lambda: bytes(alphabet[one % len(alphabet)] for one in self._random_bytes(12))
        )

    def _kept(self, name: str, make: Callable[[], bytes]) -> str:
        path = self._folder / name
        if path.exists():
            return path.read_text().strip()
        make_private_folder(self._folder)
        return create_once(path, make() + b"\n").decode().strip()
