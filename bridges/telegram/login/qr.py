# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logging in with a QR code that a phone scans (https://core.telegram.org/api/qr-login)."""

import asyncio
import base64
from collections.abc import Mapping
from typing import Any

from telethon import errors as tg
from telethon import events
from telethon.tl.functions.auth import ExportLoginTokenRequest, ImportLoginTokenRequest
from telethon.tl.types import UpdateLoginToken, auth

from bridges.core.clock import Clock
from bridges.core.errors import BridgeError, LoginFailed, WrongInput
from bridges.core.login import (
    DisplayAndWait,
    DisplayKind,
    LoginFlow,
    LoginStep,
)
from bridges.core.text import user_text
from bridges.telegram.connection import guarded
from bridges.telegram.login.attempt import PASSWORD_FIELD, Attempt

QR_FLOW = LoginFlow(
    id="qr",
    name=user_text("QR code"),
    description=user_text("Log in by scanning a QR code with a phone that has Telegram."),
)

_INSTRUCTIONS = user_text(
    "On your phone, open Telegram, Settings, Devices, Link Desktop Device, and scan this code. It is "
    "renewed when it expires."
)
_GIVE_UP_AFTER = 600.0
_SHORTEST_WAIT = 1.0


class QrLogin:
    """A login process, see ``bridges.core.login.LoginProcess``."""

    def __init__(self, attempt: Attempt, clock: Clock) -> None:
        self._attempt = attempt
        self._clock = clock
        self._scanned = asyncio.Event()
        self._wait_seconds = 0.0
        self._waited = 0.0

    async def start(self) -> LoginStep:
        """Show the first code."""
        return await self._show()

    async def wait(self) -> LoginStep:
        """Wait until the code is scanned or has expired; then the next step, or a new code."""
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._scanned.wait()
        except TimeoutError:
            self._waited += self._wait_seconds
            if self._waited >= _GIVE_UP_AFTER:
                await self._attempt.close()
                raise LoginFailed("TELEGRAM.QR_NOT_SCANNED", _NOT_SCANNED) from None
        self._scanned.clear()
        return await self._show()

    async def submit(self, values: Mapping[str, str]) -> LoginStep:
        """Enter the password after the scan."""
        return await self._attempt.check_password(values.get(PASSWORD_FIELD, ""))

    async def cancel(self) -> None:
        """Disconnect."""
        await self._attempt.close()

    async def _on_scanned(self, _update: Any) -> None:
        self._scanned.set()

    async def _show(self) -> LoginStep:
        """Ask for a code; if the last one was accepted, Telegram logs in instead."""
        try:
            await self._listen()
            api_id, api_hash = self._attempt.api
            answer = await self._attempt.raw(ExportLoginTokenRequest(api_id, api_hash, []))
            if isinstance(answer, auth.LoginTokenMigrateTo):
                await self._move_to(answer.dc_id)
                answer = await self._attempt.raw(ImportLoginTokenRequest(answer.token))
        except tg.SessionPasswordNeededError:
            return await self._attempt.password_step()
        except tg.RPCError as error:
            raise _over(await self._attempt.explain(error)) from error
        except WrongInput as error:
            raise _over(error) from error
        if isinstance(answer, auth.LoginTokenSuccess):
            return await self._attempt.finish(answer.authorization.user)
        left = (answer.expires - self._clock.now()).total_seconds()
        self._wait_seconds = max(left, _SHORTEST_WAIT)
        token = base64.urlsafe_b64encode(answer.token).decode().rstrip("=")
        data = f"tg://login?token={token}"
        return DisplayAndWait("telegram.qr", _INSTRUCTIONS, DisplayKind.QR, data)

    async def _listen(self) -> None:
        """Be told about the scan, also if the connection is a new one."""
        await self._attempt.connect()
        client = self._attempt.client
        client.remove_event_handler(self._on_scanned)
        client.add_event_handler(self._on_scanned, events.Raw(UpdateLoginToken))

    async def _move_to(self, dc: int) -> None:
        """Go on at the data centre the account is at, as ``QRLogin.wait`` of Telethon does."""
        await guarded(self._attempt.client._switch_dc(dc))  # noqa: SLF001


_UNREACHABLE = user_text(
    "Telegram cannot be reached at the moment. Start the login again in a minute; if this goes on, "
    "tell the operator of this bridge."
)
_NOT_SCANNED = user_text("Nobody has scanned the code. Start the login again when you are ready.")


def _over(error: BridgeError) -> BridgeError:
    """Nothing can be entered again while a code is shown, so what would be wrong input is the end."""
    return LoginFailed(error.code, _UNREACHABLE) if isinstance(error, WrongInput) else error
