# SPDX-License-Identifier: AGPL-3.0-or-later
"""Linking an account: by a QR code the phone scans, or by a code that is typed into the phone."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta

from attrs import frozen

from bridges.core.clock import Clock
from bridges.core.errors import BridgeError, LoginFailed, WrongInput
from bridges.core.login import (
    Claim,
    Complete,
    DisplayAndWait,
    DisplayKind,
    Field,
    FieldKind,
    LoggedIn,
    LoginStep,
    UserInput,
)
from bridges.core.text import UserText, user_text
from bridges.whatsapp.ids import Jid, login_id, maybe_jid, user_id
from bridges.whatsapp.linked.client import WorkerClient
from bridges.whatsapp.linked.consent import RISK
from bridges.whatsapp.linked.hub import Hub
from bridges.whatsapp.linked.refusals import guarded
from bridges.whatsapp.store.accounts import Account, AccountStore
from bridges.whatsapp.wire.messages import WorkerEvent

_PHONE = "phone"
_NUMBER = re.compile(r"\+[0-9]{7,15}")
_SEPARATORS = re.compile(r"[\s().-]")
_FIRST_CODE = 45.0
_ALL_CODES = 200.0
"""Seconds: WhatsApp gives six codes, the first for a minute and the others for twenty seconds."""

_SCAN = user_text(
    "On your phone, open WhatsApp, Settings, Linked devices, Link a device, and scan this code. It is "
    "renewed when it expires."
)
_ASK_NUMBER = user_text("What is the phone number of your WhatsApp account, with country code?")
_TYPE = user_text(
    "On your phone, open WhatsApp, Settings, Linked devices, Link a device, Link with phone number "
    "instead, and type this code."
)
_NOT_SCANNED = user_text("Nobody has used the code. Start the login again when you are ready.")
_NO_CODE = user_text(
    "WhatsApp gives no code at the moment. Start the login again in a minute; if this goes on, tell "
    "the operator of this bridge."
)
_BAD_NUMBER = user_text(
    "That is no phone number with country code. It begins with a plus, such as +992 …"
)
_PASSKEY = user_text(
    "WhatsApp did not let the phone link this bridge. Where an account is protected by a passkey, "
    "WhatsApp links only devices that can check it, which this bridge cannot: remove the passkey in "
    "WhatsApp, Settings, Account, Passkeys, link the bridge, and add the passkey again. Otherwise "
    "see what the phone says."
)
_OUTDATED = user_text(
    "WhatsApp no longer accepts the version of its software in this bridge. Tell the operator of this "
    "bridge to update it."
)
_NO_LID = user_text(
    "WhatsApp has not told the address of this account. Update WhatsApp on your phone and start the "
    "login again."
)
_ENDINGS: Mapping[str, UserText] = {
    "timeout": _NOT_SCANNED,
    "err-client-outdated": _OUTDATED,
    "err-scanned-without-multidevice": user_text(
        "Update WhatsApp on your phone first: the version on it cannot link devices."
    ),
}


@frozen
class Linking:
    """What logins share."""

    worker: WorkerClient
    hub: Hub
    accounts: AccountStore
    clock: Clock
    new_device: Callable[[], str]
    """Makes a name for a device that the worker does not know."""


class LinkLogin:
    """A login process, see ``bridges.core.login.LoginProcess``; ``by_code`` asks for the number."""

    def __init__(self, linking: Linking, claim: Claim, *, by_code: bool) -> None:
        self._linking = linking
        self._claim = claim
        self._by_code = by_code
        self._device = linking.new_device()
        self._news: asyncio.Queue[WorkerEvent] = asyncio.Queue()
        self._is_linked = False
        self._kept = False

    async def start(self) -> LoginStep:
        """Show the first QR code, or ask for the phone number."""
        if self._by_code:
            name = user_text("Phone number")
            field = Field(_PHONE, FieldKind.PHONE_NUMBER, name, _ASK_NUMBER)
            return UserInput("whatsapp.phone", RISK, (field,))
        await self._begin()
        async with self._giving_up():
            await guarded(self._linking.worker.link(self._device))
            return await self._next(_FIRST_CODE)

    async def submit(self, values: Mapping[str, str]) -> LoginStep:
        """Take the phone number and show the code for it."""
        number = _SEPARATORS.sub("", values.get(_PHONE, ""))
        if _NUMBER.fullmatch(number) is None:
            raise WrongInput("WHATSAPP.BAD_NUMBER", _BAD_NUMBER)
        await self._begin()
        async with self._giving_up():
            code = await guarded(self._linking.worker.link_by_code(self._device, number))
        return DisplayAndWait("whatsapp.code", _TYPE, DisplayKind.CODE, code)

    async def wait(self) -> LoginStep:
        """Wait until the phone has accepted, or the code is replaced by a new one."""
        async with self._giving_up():
            return await self._next(_ALL_CODES)

    async def cancel(self) -> None:
        """Give up; a device that was linked and not kept is forgotten."""
        if not self._kept:
            self._kept = True
            await self._linking.hub.unregister(self._device)
            with contextlib.suppress(BridgeError, ConnectionError):
                await guarded(self._linking.worker.forget(self._device))

    async def _begin(self) -> None:
        await self._linking.hub.register(self._device, self._hear)
        self._linking.hub.start()

    async def _hear(self, event: WorkerEvent) -> None:
        if self._is_linked:
            # What comes now is for the session, which takes over from here.
            await asyncio.Event().wait()
        self._is_linked = event.kind == "linked"
        self._news.put_nowait(event)

    @contextlib.asynccontextmanager
    async def _giving_up(self) -> AsyncIterator[None]:
        """Free the device when the process ends within the block."""
        try:
            yield
        except LoginFailed:
            await self.cancel()
            raise
        except BridgeError as error:
            await self.cancel()
            raise LoginFailed(error.code, error.text) from error

    async def _next(self, seconds: float) -> LoginStep:
        """What is to be shown next."""
        deadline = self._linking.clock.now() + timedelta(seconds=seconds)
        while True:
            left = (deadline - self._linking.clock.now()).total_seconds()
            try:
                async with asyncio.timeout(max(left, 0.1)):
                    event = await self._news.get()
            except TimeoutError:
                text = _NOT_SCANNED if seconds == _ALL_CODES else _NO_CODE
                raise LoginFailed("WHATSAPP.NOT_LINKED", text) from None
            match event.kind:
                case "qr" if not self._by_code:
                    words = user_text("{how}\n\n{risk}", how=_SCAN, risk=RISK)
                    return DisplayAndWait(
                        "whatsapp.qr", words, DisplayKind.QR, str(event.data["code"])
                    )
                case "linked":
                    return await self._finish(event.data)
                case "link_ended":
                    raise _ended(str(event.data.get("reason", "")))
                case "client_outdated":
                    raise LoginFailed("WHATSAPP.OUTDATED", _OUTDATED)
                case _:
                    pass

    async def _finish(self, data: Mapping[str, str]) -> Complete:
        lid, number = maybe_jid(data.get("lid")), maybe_jid(data.get("jid"))
        if lid is None:
            raise LoginFailed("WHATSAPP.NO_LID", _NO_LID)
        login = login_id(lid)
        try:
            await self._claim(login)
        except LoginFailed:
            with contextlib.suppress(BridgeError):
                await guarded(self._linking.worker.logout(self._device))
            raise
        await self._keep(lid, number)
        name = data.get("push_name") or (f"+{number.user}" if number else lid.user)
        return Complete(
            "whatsapp.complete",
            user_text("Your WhatsApp account {name} is linked.", name=name),
            LoggedIn(login, user_id(lid), name),
        )

    async def _keep(self, lid: Jid, number: Jid | None) -> None:
        """Store the account; an earlier link of it ends."""
        login = login_id(lid)
        earlier = await self._linking.accounts.get(login)
        now = self._linking.clock.now()
        account = Account(login, self._device, number.user if number else "", now, now)
        await self._linking.accounts.save(account)
        self._kept = True
        if earlier is not None and earlier.device != self._device:
            with contextlib.suppress(BridgeError):
                await guarded(self._linking.worker.logout(earlier.device))


def _ended(reason: str) -> LoginFailed:
    return LoginFailed("WHATSAPP.NOT_LINKED", _ENDINGS.get(reason, _PASSKEY))
