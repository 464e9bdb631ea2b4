# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pseudonyms for people: the same person has the same one, and nobody can tell who it is.

A pseudonym is HMAC-SHA256 (RFC 2104) of the Matrix id under a secret key, cut to 128 bits. Ids can
be guessed, so without the key a plain hash would hide nobody.
"""

import hashlib
import hmac
from collections.abc import Sequence

from attrs import field, frozen

from policy_module.audit.record import AuditRecord, Scalar, Value

PEOPLE = frozenset({"user", "target"})
"""Names of details that hold Matrix ids of people."""
PREFIX = "person:"
KEY_BYTES = 32
_DIGITS = 32


@frozen
class Pseudonyms:
    """Makes pseudonyms under one key of 32 bytes."""

    _key: bytes = field(repr=False)

    def of(self, mxid: str) -> str:
        """Give the pseudonym of a Matrix id."""
        digest = hmac.new(self._key, mxid.encode(errors="surrogatepass"), hashlib.sha256)
        return PREFIX + digest.hexdigest()[:_DIGITS]

    def hide(self, record: AuditRecord) -> AuditRecord:
        """Give the record with the people in it replaced."""
        if PEOPLE.isdisjoint(record.details):
            return record
        details = {
            name: self._hidden(value) if name in PEOPLE else value
            for name, value in record.details.items()
        }
        return AuditRecord(record.kind, details)

    def _hidden(self, value: Value) -> Value:
        if isinstance(value, Sequence) and not isinstance(value, str):
            return [self._hidden_one(item) for item in value]
        return self._hidden_one(value)

    def _hidden_one(self, value: Scalar) -> Scalar:
        return self.of(value) if isinstance(value, str) else value
