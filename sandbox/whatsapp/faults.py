# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faults that wait to strike: refused logins, and files that are gone."""

from enum import Enum

from attrs import define, frozen

from sandbox.whatsapp.node import Node, node
from sandbox.whatsapp.records import Account


class Ban(Enum):
    """Why an account is banned for a while."""

    TOO_MANY_PEOPLE = 101
    BLOCKED_BY_USERS = 102
    CREATED_TOO_MANY_GROUPS = 103
    TOO_MANY_SAME_MESSAGE = 104
    BROADCAST_LIST = 106


@frozen
class Refusal:
    """What a client is told instead of being let in."""

    reason: int
    code: int | None = None
    expire: int | None = None

    def stanza(self) -> Node:
        """Return the stanza that says so."""
        return node(
            "failure",
            {
                "reason": str(self.reason),
                "code": None if self.code is None else str(self.code),
                "expire": None if self.expire is None else str(self.expire),
            },
        )


LOGGED_OUT = Refusal(401)
MAIN_DEVICE_GONE = Refusal(403)
CLIENT_OUTDATED = Refusal(405)
UNAVAILABLE = Refusal(503)


def temporary_ban(ban: Ban, seconds: int) -> Refusal:
    """Return the refusal of a banned account."""
    return Refusal(402, ban.value, seconds)


@define
class LoginFault:
    """Logins to be refused; `count` None means until the faults are cleared."""

    refusal: Refusal
    phone: str | None
    count: int | None
    struck: int = 0


class Faults:
    """The faults that wait."""

    def __init__(self) -> None:
        self._logins: list[LoginFault] = []
        self._media: list[int] = []

    def clear(self) -> None:
        """Take all waiting faults back."""
        self._logins.clear()
        self._media.clear()

    def refuse_login(
        self, refusal: Refusal, account: Account | None = None, *, count: int | None = 1
    ) -> LoginFault:
        """Refuse the next logins, of one account or of all."""
        fault = LoginFault(refusal, account.phone if account else None, count)
        self._logins.append(fault)
        return fault

    def lose_media(self, status: int = 404, *, count: int = 1) -> None:
        """Answer the next downloads with 404 (gone) or 410 (expired)."""
        self._media += [status] * count

    def login(self, account: Account) -> Refusal | None:
        """Return what a login is to suffer."""
        for fault in self._logins:
            if fault.phone in {None, account.phone}:
                fault.struck += 1
                if fault.count is not None:
                    fault.count -= 1
                    if fault.count <= 0:
                        self._logins.remove(fault)
                return fault.refusal
        return None

    def media(self) -> int | None:
        """Return what a download is to suffer."""
        return self._media.pop(0) if self._media else None
