# SPDX-License-Identifier: AGPL-3.0-or-later
"""What both ways to log in share: the connection, the password, and storing the result."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

from attrs import frozen
from telethon import TelegramClient, password
from telethon import errors as tg
from telethon.tl.functions.account import GetPasswordRequest
from telethon.tl.functions.auth import CheckPasswordRequest, LogOutRequest
from telethon.tl.functions.updates import GetStateRequest

from bridges.core.errors import BridgeError, LoginFailed
from bridges.core.ids import LoginID
from bridges.core.login import Claim, Complete, Field, FieldKind, LoggedIn, UserInput
from bridges.core.text import user_text
from bridges.telegram import ids
from bridges.telegram.connection import guarded
from bridges.telegram.errors import not_connected, to_bridge_error
from bridges.telegram.login.errors import login_error, wrong
from bridges.telegram.store.credentials import Credentials, CredentialStore
from bridges.telegram.store.cursors import Cursor, CursorStore
from bridges.telegram.user_info import full_name

_log = logging.getLogger(__name__)

_MOVED = (tg.PhoneMigrateError, tg.NetworkMigrateError, tg.UserMigrateError)
PASSWORD_FIELD = "password"  # noqa: S105 - the name of a field


@frozen
class LoginStores:
    """Where a successful login is kept."""

    credentials: CredentialStore
    cursors: CursorStore


class Attempt:
    """One attempt to log in, over a client of its own."""

    def __init__(
        self, make_client: Callable[[], TelegramClient], stores: LoginStores, claim: Claim
    ) -> None:
        self._make_client = make_client
        self._stores = stores
        self._claim = claim
        self._client: TelegramClient | None = None

    @property
    def api(self) -> tuple[int, str]:
        """The application's id and hash."""
        client = self._connected()
        return client.api_id, client.api_hash

    @property
    def client(self) -> TelegramClient:
        """The connected client."""
        return self._connected()

    async def connect(self) -> None:
        """Connect, unless that is done. Raises the errors of a login process."""
        if self._client is not None and self._client.is_connected():
            return
        await self.close()
        client = self._make_client()
        self._client = client
        try:
            await guarded(client.connect())
        except BridgeError as error:
            await self.close()
            raise login_error(error) from error

    async def call(self, request: Any) -> Any:
        """Send a request. Raises the errors of a login process."""
        await self.connect()
        try:
            return await guarded(self._ask(request))
        except BridgeError as error:
            raise await self.end_if_over(login_error(error)) from error

    async def raw(self, request: Any) -> Any:
        """Send a request. Raises Telethon's own errors for what Telegram answers."""
        await self.connect()

        async def ask() -> tuple[Any, BaseException | None]:
            try:
                return await self._ask(request), None
            except Exception as error:  # noqa: BLE001 - sorted out below
                return None, error

        try:
            answer, refusal = await guarded(ask())
        except BridgeError as error:
            raise await self.end_if_over(login_error(error)) from error
        if refusal is not None:
            raise refusal
        return answer

    async def _ask(self, request: Any) -> Any:
        """Ask again when Telethon has gone to the data centre of the account for it."""
        client = self._connected()
        with contextlib.suppress(*_MOVED):
            return await client(request)
        return await client(request)

    async def explain(self, error: BaseException) -> BridgeError:
        """What an error of Telethon's means for the login, which is closed if it is over."""
        return await self.end_if_over(login_error(to_bridge_error(error)))

    async def end_if_over(self, error: BridgeError) -> BridgeError:
        """Disconnect if ``error`` ends the login; returns it."""
        if isinstance(error, LoginFailed):
            await self.close()
        return error

    async def password_step(self) -> UserInput:
        """Ask for the password of the two-step verification."""
        asked = await self.call(GetPasswordRequest())
        hint = str(asked.hint or "")
        instructions = (
            user_text(
                "This account has two-step verification. Enter its password (hint: {hint}).",
                hint=hint,
            )
            if hint
            else user_text("This account has two-step verification. Enter its password.")
        )
        field = Field(PASSWORD_FIELD, FieldKind.PASSWORD, user_text("Password"))
        return UserInput("telegram.password", instructions, (field,))

    async def check_password(self, entered: str) -> Complete:
        """Log in with the password (https://core.telegram.org/api/srp)."""
        if not entered:
            raise wrong("PASSWORD_EMPTY")
        asked = await self.call(GetPasswordRequest())
        proof = await asyncio.to_thread(password.compute_check, asked, entered)
        authorization = await self.call(CheckPasswordRequest(proof))
        return await self.finish(authorization.user)

    async def finish(self, user: Any) -> Complete:
        """Store the login of ``user`` and disconnect."""
        session = self._connected().session
        login = ids.login_id(user.id)
        await self._make_sure_it_may_be_kept(login)
        await self._stores.credentials.save(
            login,
            Credentials(session.dc_id, session.server_address, session.port, session.auth_key.key),
        )
        await self._begin_receiving(login)
        await self.close()
        name = full_name(user) or str(user.id)
        shown = f"{name} (@{user.username})" if user.username else name
        return Complete(
            "telegram.complete",
            user_text("You are logged in to Telegram as {name}.", name=shown),
            LoggedIn(login, ids.user_id(user.id), shown),
        )

    async def _make_sure_it_may_be_kept(self, login: LoginID) -> None:
        try:
            await self._claim(login)
        except LoginFailed:
            with contextlib.suppress(BridgeError):
                await self.call(LogOutRequest())
            await self.close()
            raise

    async def _begin_receiving(self, login: LoginID) -> None:
        """Note where updates begin; what comes before the session connects is caught up then.

        Without that note the session begins when it connects.
        """
        try:
            state = await self.call(GetStateRequest())
        except BridgeError as error:
            _log.info("The state of updates is not known: %s", error.code)
            return
        date = int(state.date.timestamp())
        await self._stores.cursors.start(login, Cursor(state.pts, state.qts, date, state.seq))

    async def close(self) -> None:
        """Disconnect; harmless if there is no connection."""
        client, self._client = self._client, None
        if client is not None:
            await client.disconnect()

    def _connected(self) -> TelegramClient:
        if self._client is None:
            raise login_error(not_connected())
        return self._client
