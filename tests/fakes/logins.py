# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logging in to FakeNetwork: by phone number, code and password, and by QR code."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from bridges.core.errors import LoginFailed, WrongInput
from bridges.core.login import (
    Complete,
    DisplayAndWait,
    DisplayKind,
    Field,
    FieldKind,
    LoggedIn,
    LoginFlow,
    LoginStep,
    UserInput,
)
from bridges.core.text import user_text
from tests.fakes.world import LOGIN_CODE, Account, World

PHONE_FLOW = LoginFlow(
    "phone", user_text("Phone number"), user_text("With a code that is sent to your phone.")
)
QR_FLOW = LoginFlow("qr", user_text("QR code"), user_text("Scan a code with your phone."))

_TRIES = 3

Keep = Callable[[Account], Awaitable[None]]
"""Authorises a device of an account and stores its token."""


class _LastSteps:
    """What all flows end with: the password, if there is one, and the login itself."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._account: Account | None = None
        self._tries = 0

    async def cancel(self) -> None:
        """Nothing is left behind before the end."""

    async def _identified(self, account: Account) -> LoginStep:
        self._account = account
        if account.password is None:
            return await self._complete(account)
        return UserInput(
            "password",
            user_text("Enter your password."),
            (Field("password", FieldKind.PASSWORD, user_text("Password")),),
        )

    async def _password(self, account: Account, password: str) -> LoginStep:
        if password == account.password:
            return await self._complete(account)
        raise self._wrong("The password is wrong. Try again.")

    def _wrong(self, text: str) -> WrongInput | LoginFailed:
        self._tries += 1
        if self._tries < _TRIES:
            return WrongInput("FAKE.WRONG", user_text(text))
        return LoginFailed("FAKE.TOO_MANY_TRIES", user_text("That was wrong too often."))

    async def _complete(self, account: Account) -> LoginStep:
        await self._keep(account)
        login = LoggedIn(account.login, account.user, account.name)
        return Complete("complete", user_text("Done."), login)


class PhoneLogin(_LastSteps):
    """Number, code, password."""

    def __init__(self, world: World, keep: Keep) -> None:
        super().__init__(keep)
        self._world = world

    async def start(self) -> LoginStep:
        """Ask for the number."""
        return UserInput(
            "phone",
            user_text("Enter your phone number."),
            (Field("phone", FieldKind.PHONE_NUMBER, user_text("Phone number")),),
        )

    async def submit(self, values: Mapping[str, str]) -> LoginStep:
        """Take the number, the code or the password."""
        if "phone" in values:
            return self._number(values["phone"])
        assert self._account is not None
        with self._account.faults.around("login"):
            if "code" in values:
                return await self._code(self._account, values["code"])
            return await self._password(self._account, values["password"])

    async def wait(self) -> LoginStep:
        """Nothing is displayed in this flow."""
        raise AssertionError("no step to wait on")

    def _number(self, number: str) -> LoginStep:
        account = self._world.by_phone(number)
        if account is None:
            raise WrongInput(
                "FAKE.NO_SUCH_NUMBER", user_text("Nobody has that number. Try another one.")
            )
        with account.faults.around("login"):
            self._account = account
        return UserInput(
            "code",
            user_text("Enter the code you were sent."),
            (Field("code", FieldKind.CODE, user_text("Code")),),
        )

    async def _code(self, account: Account, code: str) -> LoginStep:
        if code != LOGIN_CODE:
            raise self._wrong("The code is wrong. Try again.")
        self._tries = 0
        return await self._identified(account)


class Scans:
    """The QR codes that are shown at the moment, and who has scanned them."""

    def __init__(self) -> None:
        self._shown: dict[str, asyncio.Future[Account | None]] = {}
        self._count = 0

    @property
    def latest(self) -> str:
        """What the QR code shown last says, empty if none is."""
        return next(reversed(self._shown), "")

    def show(self) -> tuple[str, asyncio.Future[Account | None]]:
        """Make a new code; the future ends with who has scanned it, or with None to renew it."""
        self._count += 1
        data = f"fake://login/{self._count}"
        self._shown[data] = asyncio.get_running_loop().create_future()
        return data, self._shown[data]

    def scan(self, data: str, account: Account | None) -> None:
        """Somebody scans a code; None lets it expire."""
        self._shown.pop(data).set_result(account)

    def forget(self, data: str) -> None:
        """A code is shown no more."""
        self._shown.pop(data, None)


class QrLogin(_LastSteps):
    """A QR code that somebody scans with a phone, and the password."""

    def __init__(self, scans: Scans, keep: Keep) -> None:
        super().__init__(keep)
        self._scans = scans
        self._data = ""
        self._scanned: asyncio.Future[Account | None] | None = None

    async def start(self) -> LoginStep:
        """Show a code."""
        self._data, self._scanned = self._scans.show()
        return DisplayAndWait(
            "scan", user_text("Scan this with your phone."), DisplayKind.QR, self._data
        )

    async def wait(self) -> LoginStep:
        """Wait for the scan; an expired code is replaced."""
        assert self._scanned is not None
        account = await asyncio.shield(self._scanned)
        if account is None:
            return await self.start()
        return await self._identified(account)

    async def submit(self, values: Mapping[str, str]) -> LoginStep:
        """Take the password."""
        assert self._account is not None
        return await self._password(self._account, values["password"])

    async def cancel(self) -> None:
        """Show the code no more."""
        self._scans.forget(self._data)
