# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faults that wait to strike: refusals, answers that get lost, and files that are gone."""

from enum import Enum

from attrs import define, frozen

from sandbox.whatsapp.node import Node, node
from sandbox.whatsapp.records import Account, Device


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


@frozen
class Strike:
    """Something one account asks for next, and what becomes of it."""

    phone: str
    what: str


_MESSAGE, _ANSWER, _CODE = "message", "answer", "code"


class Faults:
    """The faults that wait."""

    def __init__(self) -> None:
        self._logins: list[LoginFault] = []
        self._media: list[int] = []
        self._strikes: list[Strike] = []
        self._garbled: list[str] = []

    def clear(self) -> None:
        """Take all waiting faults back."""
        self._logins.clear()
        self._media.clear()
        self._strikes.clear()
        self._garbled.clear()

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

    def refuse_message(self, account: Account) -> None:
        """Refuse the next message of an account."""
        self._strikes.append(Strike(account.phone, _MESSAGE))

    def lose_answer(self, account: Account) -> None:
        """Take the next message of an account, and cut the connection instead of saying so."""
        self._strikes.append(Strike(account.phone, _ANSWER))

    def refuse_change(self, account: Account, change: str) -> None:
        """Refuse what an account next does to a group.

        `change` is the name of the change's element, such as ``subject``, or ``picture``.
        """
        self._strikes.append(Strike(account.phone, change))

    def refuse_code(self, account: Account) -> None:
        """Refuse the next wish for a code to link a device of an account with."""
        self._strikes.append(Strike(account.phone, _CODE))

    def garble(self, device: Device) -> None:
        """Change some of the next message for a device on its way, so that it cannot be opened."""
        self._garbled.append(device.key)

    def garbles(self, device: Device) -> bool:
        """Tell, once, whether a message for a device is to be changed."""
        if device.key not in self._garbled:
            return False
        self._garbled.remove(device.key)
        return True

    def refuses_message(self, account: Account) -> bool:
        """Tell, once, whether a message is to be refused."""
        return self.refuses_change(account, _MESSAGE)

    def loses_answer(self, account: Account) -> bool:
        """Tell, once, whether the answer to a message is to be lost."""
        return self.refuses_change(account, _ANSWER)

    def refuses_code(self, account: Account) -> bool:
        """Tell, once, whether no code is to be had."""
        return self.refuses_change(account, _CODE)

    def refuses_change(self, account: Account, change: str) -> bool:
        """Tell, once, whether a change is to be refused."""
        strike = Strike(account.phone, change)
        if strike not in self._strikes:
            return False
        self._strikes.remove(strike)
        return True

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
