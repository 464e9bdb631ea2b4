# SPDX-License-Identifier: AGPL-3.0-or-later
"""Connections that wait to be linked to an account.

The server brings the two ends together. What proves one to the other is made by the phone
(`phone.py`) and by the client.
"""

import base64
from collections.abc import Callable

from attrs import define, frozen

from sandbox.whatsapp.jids import SERVER
from sandbox.whatsapp.keys import RandomBytes, verify
from sandbox.whatsapp.node import Node, leaf, node
from sandbox.whatsapp.records import Account
from sandbox.whatsapp.session import Session

_REFERENCES = 6
_SIGNED_BY_DEVICE = b"\x06\x01"


class LinkingError(Exception):
    """Nothing waits for that code, or it was refused; the text says which."""


@frozen
class Promise:
    """A device number promised to a connection, and what the device has to sign."""

    account: Account
    number: int
    details: bytes
    identity: bytes

    def is_kept(self, account_key: bytes, signature: bytes) -> bool:
        """Tell whether the device's signature is right."""
        message = _SIGNED_BY_DEVICE + self.details + self.identity + account_key
        return verify(self.identity, message, signature)


@define
class CodeRequest:
    """A client that shows its user a code of eight characters.

    `typed` is what the phone does, once somebody has typed the code there, with the client's
    answer: its sealed bundle and its identity key.
    """

    session: Session
    phone: str
    wrapped_key: bytes
    typed: Callable[[bytes, bytes], None] | None = None


class Linking:
    """The references handed out to unlinked connections; they end with the connection."""

    def __init__(self, random_bytes: RandomBytes) -> None:
        self._random = random_bytes
        self._scannable: dict[str, Session] = {}
        self._codes: dict[str, CodeRequest] = {}
        self._promises: dict[Session, Promise] = {}

    def invite(self, session: Session, stanza_id: str) -> Node:
        """Return the stanza with new references for a QR code."""
        references = [self._reference() for _ in range(_REFERENCES)]
        self._scannable |= dict.fromkeys(references, session)
        inside = node("pair-device", {}, *(leaf("ref", one.encode()) for one in references))
        attrs = {"from": str(SERVER), "type": "set", "id": stanza_id, "xmlns": "md"}
        return node("iq", attrs, inside)

    def scanned(self, reference: str) -> Session:
        """Return the connection a reference leads to. Raises `LinkingError`."""
        session = self._scannable.get(reference)
        if session is None:
            raise LinkingError("this QR code is no longer valid")
        return session

    def ask_code(self, session: Session, phone: str, wrapped_key: bytes) -> str:
        """Keep what a client said first when it shows a code; returns the reference."""
        reference = self._reference()
        self._codes[reference] = CodeRequest(session, phone, wrapped_key)
        return reference

    def code_request(self, reference: str) -> CodeRequest | None:
        """Return the request of a reference."""
        return self._codes.get(reference)

    def waiting_for_code(self, phone: str) -> tuple[str, CodeRequest]:
        """Return the newest request for an account, with its reference. Raises `LinkingError`."""
        for reference, request in reversed(self._codes.items()):
            if request.phone == phone:
                return reference, request
        raise LinkingError("no client has asked for a code for this number")

    def promise(self, session: Session, promise: Promise) -> None:
        """Expect a connection to sign for its device; its references are used up."""
        self.forget(session)
        self._promises[session] = promise

    def promised(self, session: Session) -> Promise | None:
        """Return, once, what was promised to a connection."""
        return self._promises.pop(session, None)

    def forget(self, session: Session) -> None:
        """Take back what a connection was given."""
        self._scannable = {k: v for k, v in self._scannable.items() if v is not session}
        self._codes = {k: v for k, v in self._codes.items() if v.session is not session}
        self._promises.pop(session, None)

    def _reference(self) -> str:
        return base64.urlsafe_b64encode(self._random(15)).decode()
