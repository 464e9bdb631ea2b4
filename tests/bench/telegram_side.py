# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sandbox's Telegram in a process of its own, and its people, asked over the control API."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from attrs import frozen

from tests.support.ports import LOOPBACK, PortLease
from tests.support.process import python_module

_PATIENCE = 120.0
_CONNECTIONS = 256


@frozen
class Account:
    """Somebody on the network."""

    id: int
    phone: str
    username: str


@frozen
class LoggedIn:
    """An account with an authorisation that nobody uses yet."""

    id: int
    dc: int
    key: bytes


@frozen
class TelegramSide:
    """The running network."""

    http: aiohttp.ClientSession
    control: str
    port: int
    control_port: int

    async def account(self, number: int, name: str) -> Account:
        """Make an account; `number` is different for each."""
        phone, username = f"+99955{number:07}", f"bench_{name.lower()}_{number}"
        made = await self._post(
            "/accounts", {"phone": phone, "first_name": f"{name} {number}", "username": username}
        )
        return Account(made["id"], phone, username)

    async def login_code(self) -> str:
        """The code every login is confirmed with."""
        async with self.http.get(f"{self.control}/ready") as answer:
            return str((await answer.json())["login_code"])

    async def say(self, person: Account, to: Account, text: str) -> None:
        """Let somebody write to somebody else from their own client."""
        body = {"person": person.username, "chat": to.username, "text": text}
        await self._post("/people/send", body)

    async def past(self, person: Account, to: Account, count: int, text: str) -> None:
        """Let somebody have written so many messages long ago; `text` has a `{number}`."""
        body = {
            "account": person.id,
            "chat": to.id,
            "count": count,
            "writers": [person.id],
            "text": text,
        }
        await self._post("/bulk/history", body)

    async def send_large(self, person: Account, to: Account, size: int, caption: str) -> int:
        """Let somebody send a file of so many bytes; returns its id."""
        body = {"person": person.username, "chat": to.username, "size": size, "caption": caption}
        return int((await self._post("/people/send-generated", body))["file"])

    async def received_file(self, person: Account, caption: str) -> int:
        """Wait until a file with a caption is in somebody's client; returns its id."""
        body = {"person": person.username, "text": caption, "timeout": _PATIENCE}
        return int((await self._post("/people/wait", body))["file"])

    async def digest(self, file: int) -> str:
        """SHA-256 of a file's contents."""
        return str((await self._post("/files/digest", {"id": file}))["sha256"])

    async def logged_in(self, count: int, first: int) -> list[LoggedIn]:
        """Make accounts, and log each in without a client."""
        made = await self._post(
            "/bulk/accounts", {"count": count, "first_phone": f"+99955{first:07}"}
        )
        sessions = await self._post("/bulk/sessions", {"accounts": made["ids"]})
        return [
            LoggedIn(number, dc, bytes.fromhex(key))
            for number, dc, key in zip(made["ids"], sessions["dcs"], sessions["keys"], strict=True)
        ]

    async def heard(self, person: Account, text: str) -> float:
        """Wait until a text is in somebody's client; returns when (`time.perf_counter`)."""
        body = {"person": person.username, "text": text, "timeout": _PATIENCE}
        await self._post("/people/wait", body)
        return time.perf_counter()

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self.http.post(self.control + path, json=body) as response:
            answer: dict[str, Any] = await response.json()
        if response.status != 200:
            raise RuntimeError(f"the sandbox refused {path}: {answer}")
        return answer


@asynccontextmanager
async def telegram_side(folder: Path) -> AsyncIterator[TelegramSide]:
    """Start the sandbox's Telegram; its log is in `folder`."""
    timeout = aiohttp.ClientTimeout(total=2 * _PATIENCE)
    connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
    with PortLease() as lease, PortLease() as control:
        ports = ("--port", str(lease.port), "--control-port", str(control.port))
        process = python_module("sandbox.telegram", *ports, log=folder / "sandbox.log", cwd=folder)
        async with (
            process,
            aiohttp.ClientSession(connector=connector, timeout=timeout) as http,
        ):
            await process.wait_for_line("sandbox.telegram ready")
            url = f"http://{LOOPBACK}:{control.port}"
            yield TelegramSide(http, url, lease.port, control.port)
