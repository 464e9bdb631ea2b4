# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logins: authorisation keys, codes, QR tokens, password checks, ended sessions.

Source: https://core.telegram.org/api/auth, /api/qr-login and /api/srp.
"""

from collections.abc import Callable
from typing import Any

from attrs import define, frozen
from telethon.tl import types

from sandbox.telegram import srp, wire
from sandbox.telegram.accounts import Accounts, normal_phone
from sandbox.telegram.clock import Clock
from sandbox.telegram.limits import LOGIN_CODE, Limits
from sandbox.telegram.persistence import Store
from sandbox.telegram.records import Account, AuthKey
from sandbox.telegram.rpc import RpcFailureError, bad_request, unauthorized
from sandbox.telegram.small_records import Counter, LoginCode


@define
class QrToken:
    """A login token shown as a QR code, until somebody accepts it."""

    key: AuthKey
    expires: float
    accepted_by: int | None = None


@frozen
class Ticket:
    """An exported authorisation: the key it is of, and the data centre it is for."""

    key: int
    dc: int


class Logins:
    """Who may speak for which account."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        random_bytes: wire.RandomBytes,
        accounts: Accounts,
        limits: Callable[[], Limits],
    ) -> None:
        self._limits = limits
        self._store = store
        self._clock = clock
        self._random = random_bytes
        self._accounts = accounts
        self._keys = {key.id: key for key in store.load("auth_key", AuthKey)}
        self._codes = {code.phone: code for code in store.load("login_code", LoginCode)}
        counters = {c.name: c for c in store.load("login_counter", Counter)}
        self._numbers = counters.get("number", Counter("number", 1_000_001))
        self._tokens: dict[bytes, QrToken] = {}
        self._challenges: dict[int, srp.Challenge] = {}
        self._exported: dict[tuple[int, bytes], Ticket] = {}

    # -- keys

    def add_key(self, secret: bytes, dc: int) -> AuthKey:
        """Keep the result of a key exchange with a data centre."""
        key = AuthKey(wire.key_id(secret), secret, created=self._clock(), dc=dc)
        self._keys[key.id] = key
        self.save(key)
        return key

    def key(self, number: int, dc: int) -> AuthKey | None:
        """Find a key of a data centre by its id."""
        key = self._keys.get(number)
        return key if key is not None and key.dc == dc else None

    def save(self, key: AuthKey) -> None:
        """Keep a changed key."""
        self._store.save("auth_key", str(key.id), key)

    def require_alive(self, key: AuthKey) -> None:
        """Raise the error a dead key is answered with."""
        if key.broken is not None:
            code = 406 if key.broken == "AUTH_KEY_DUPLICATED" else 401
            raise RpcFailureError(code, key.broken)

    def require_login(self, key: AuthKey) -> Account:
        """Return the account behind a key; raises 401 errors."""
        self.require_alive(key)
        if key.account is None:
            raise unauthorized(
                "SESSION_PASSWORD_NEEDED" if key.pending else "AUTH_KEY_UNREGISTERED"
            )
        account = self._accounts.get(key.account)
        if account.deleted:
            raise unauthorized("USER_DEACTIVATED")
        return account

    def sessions(self, account: int) -> list[AuthKey]:
        """List the living sessions of an account, each once however many data centres it uses."""
        return [
            key
            for key in self._keys.values()
            if key.account == account and key.broken is None and key.parent is None
        ]

    def end(self, key: AuthKey, error: str) -> None:
        """End a session: from now on its requests get `error`."""
        for one in self._family(key):
            one.broken = error
            self.save(one)

    def log_out(self, key: AuthKey) -> None:
        """End a session by its own wish; the key may log in again."""
        for one in self._family(key):
            one.account = one.pending = one.parent = None
            self.save(one)

    def _family(self, key: AuthKey) -> list[AuthKey]:
        return [key, *(one for one in self._keys.values() if one.parent == key.id)]

    # -- codes

    def send_code(self, phone: str) -> LoginCode:
        """Make a code for a phone; raises PHONE_NUMBER_INVALID or PHONE_NUMBER_BANNED."""
        digits = normal_phone(phone)
        if not 7 <= len(digits) <= 15:
            raise bad_request("PHONE_NUMBER_INVALID")
        if digits in self._accounts.banned_phones:
            raise bad_request("PHONE_NUMBER_BANNED")
        expires = self._clock() + self._limits().code_seconds
        code = LoginCode(digits, self._random(9).hex(), expires)
        self._codes[digits] = code
        self._store.save("login_code", digits, code)
        return code

    def check_code(self, phone: str, code_hash: str, code: str) -> Account | None:
        """Return the account behind a right code, None if the phone has none.

        Raises PHONE_CODE_INVALID, PHONE_CODE_EMPTY or PHONE_CODE_EXPIRED.
        """
        sent = self._require_code(phone, code_hash)
        if not code:
            raise bad_request("PHONE_CODE_EMPTY")
        if code != LOGIN_CODE:
            raise bad_request("PHONE_CODE_INVALID")
        self.cancel_code(sent.phone, code_hash)
        return self._accounts.by_phone(phone)

    def resend_code(self, phone: str, code_hash: str) -> LoginCode:
        """Make a new code for a phone that has one; raises PHONE_CODE_EXPIRED."""
        self._require_code(phone, code_hash)
        return self.send_code(phone)

    def cancel_code(self, phone: str, code_hash: str) -> None:
        """Forget a code; raises PHONE_CODE_EXPIRED."""
        sent = self._require_code(phone, code_hash)
        del self._codes[sent.phone]
        self._store.delete("login_code", sent.phone)

    def _require_code(self, phone: str, code_hash: str) -> LoginCode:
        sent = self._codes.get(normal_phone(phone))
        if sent is None or sent.hash != code_hash or sent.expires <= self._clock():
            raise bad_request("PHONE_CODE_EXPIRED")
        return sent

    # -- finishing

    def enter(self, key: AuthKey, account: Account) -> None:
        """Log in, or ask for the password: raises 401 SESSION_PASSWORD_NEEDED."""
        if account.deleted:
            raise unauthorized("USER_DEACTIVATED")
        if account.password is not None:
            key.pending = account.id
            self.save(key)
            raise unauthorized("SESSION_PASSWORD_NEEDED")
        self.bind(key, account)

    def password_of(self, key: AuthKey) -> Account:
        """Return the account whose password this key is to give; raises 401."""
        self.require_alive(key)
        wanted = key.account if key.account is not None else key.pending
        if wanted is None:
            raise unauthorized("AUTH_KEY_UNREGISTERED")
        return self._accounts.get(wanted)

    def new_challenge(self, account: Account) -> srp.Challenge:
        """Start a password check."""
        assert account.password is not None
        challenge = srp.new_challenge(account.password, self._random)
        self._challenges[account.id] = challenge
        return challenge

    def check_password(self, key: AuthKey, check: Any) -> Account:
        """Finish a password check; raises SRP_ID_INVALID or PASSWORD_HASH_INVALID."""
        account = self.password_of(key)
        challenge = self._challenges.pop(account.id, None)
        if not isinstance(check, types.InputCheckPasswordSRP) or account.password is None:
            raise bad_request("PASSWORD_HASH_INVALID")
        if challenge is None or challenge.id != check.srp_id:
            raise bad_request("SRP_ID_INVALID")
        if not srp.is_right(account.password, challenge, check.A, check.M1):
            raise bad_request("PASSWORD_HASH_INVALID")
        self.bind(key, account)
        return account

    def bind(self, key: AuthKey, account: Account) -> None:
        """Let a key speak for an account."""
        key.account = account.id
        key.pending = None
        key.created = key.active = self._clock()
        self._numbers.value += 1
        self._store.save("login_counter", "number", self._numbers)
        key.number = self._numbers.value
        self.save(key)

    # -- QR

    def export_token(self, key: AuthKey) -> tuple[bytes, QrToken]:
        """Make a token for a QR code."""
        now = self._clock()
        self._tokens = {t: q for t, q in self._tokens.items() if q.expires > now - 60}
        token = self._random(24)
        self._tokens[token] = QrToken(key, now + self._limits().qr_seconds)
        return token, self._tokens[token]

    def accepted_token(self, key: AuthKey) -> tuple[bytes, Account] | None:
        """Return the token of this key that somebody accepted and who did, if one was."""
        for token, waiting in self._tokens.items():
            if waiting.key is key and waiting.accepted_by is not None:
                return token, self._accounts.get(waiting.accepted_by)
        return None

    def accepter(self, token: bytes) -> Account | None:
        """Return who accepted a token, if it was accepted."""
        waiting = self._tokens.get(token)
        if waiting is None or waiting.accepted_by is None:
            return None
        return self._accounts.get(waiting.accepted_by)

    def use_token(self, token: bytes, key: AuthKey, account: Account) -> None:
        """Log in with an accepted token, or ask for the password; the token is spent."""
        del self._tokens[token]
        self.enter(key, account)

    def token_owner(self, token: bytes) -> QrToken:
        """Return a token that is still good.

        Raises AUTH_TOKEN_INVALID, AUTH_TOKEN_EXPIRED or AUTH_TOKEN_ALREADY_ACCEPTED.
        """
        waiting = self._tokens.get(token)
        if waiting is None:
            raise bad_request("AUTH_TOKEN_INVALID")
        if waiting.accepted_by is not None:
            raise bad_request("AUTH_TOKEN_ALREADY_ACCEPTED")
        if waiting.expires <= self._clock():
            raise bad_request("AUTH_TOKEN_EXPIRED")
        return waiting

    # -- other data centres

    def export(self, key: AuthKey, account: int, dc: int) -> tuple[int, bytes]:
        """Make a ticket that shares a session with another data centre."""
        data = self._random(32)
        self._exported[account, data] = Ticket(key.id, dc)
        return account, data

    def import_(self, key: AuthKey, account: int, data: bytes) -> Account:
        """Use a ticket once, at its data centre; raises AUTH_BYTES_INVALID."""
        ticket = self._exported.pop((account, data), None)
        if ticket is None or ticket.dc != key.dc:
            raise bad_request("AUTH_BYTES_INVALID")
        key.account = account
        key.parent = ticket.key
        self.save(key)
        return self._accounts.get(account)
