# SPDX-License-Identifier: AGPL-3.0-or-later
"""A logged-in Matrix client that syncs in the background and remembers all that it saw.

The client is matrix-nio; what arrives is recorded as raw JSON, because tests ask about fields
that nio has no names for.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
import nio  # type: ignore[import-untyped]

from tests.support.sync_record import Event, SyncRecord
from tests.support.waiting import DEFAULT_TIMEOUT

T = TypeVar("T")

SYNC_TIMELINE_LIMIT = 1000
_LONG_POLL = 30_000
_PAUSE_AFTER_ERROR = 0.1
_ATTEMPTS = 60
_EVENTS_SHOWN = 30


class MatrixRequestError(Exception):
    """The homeserver refused a request; the text has its answer."""


class SyncingClient:
    """One logged-in user with a background sync loop.

    Requests are repeated while the homeserver is down, as real clients do, for a minute.

    Args:
        homeserver: base URL.
        mxid: full user id.
        token: access token; without it, `password` logs in.
        password: plain password.
        auto_join: accept every invitation.
    """

    def __init__(
        self,
        homeserver: str,
        mxid: str,
        *,
        token: str | None = None,
        password: str | None = None,
        auto_join: bool = False,
    ) -> None:
        if (token is None) == (password is None):
            raise ValueError("give either a token or a password")
        self.mxid = mxid
        self.record = SyncRecord()
        self.client = nio.AsyncClient(
            homeserver,
            mxid,
            config=nio.AsyncClientConfig(
                encryption_enabled=False,
                store_sync_tokens=False,
                max_timeouts=_ATTEMPTS,
                max_timeout_retry_wait_time=1,
            ),
        )
        self._token = token
        self._password = password
        self._auto_join = auto_join
        self._changed = asyncio.Condition()
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Log in and begin to sync; returns after the first sync.

        Raises:
            MatrixRequestError: the login or the sync was refused.
        """
        if self._token is not None:
            self.client.access_token = self._token
            whoami = accepted(await self.client.whoami())
            self.client.restore_login(whoami.user_id, whoami.device_id, self._token)
        else:
            accepted(await self.client.login(self._password, device_name="test"))
        await self._absorb(accepted(await self._sync(timeout=0)))
        self._loop = asyncio.create_task(self._sync_forever(), name=f"sync of {self.mxid}")

    async def close(self) -> None:
        """Stop syncing and close the connections; the record stays readable."""
        try:
            if self._loop is not None:
                self._loop.cancel()
                with contextlib.suppress(asyncio.CancelledError, MatrixRequestError):
                    await self._loop
        finally:
            await self.client.close()

    def events(self, room: str | None = None) -> list[Event]:
        """All timeline events of the room (or of all rooms) so far, in order."""
        return self.record.events(room)

    def messages(self, room: str | None = None) -> list[Event]:
        """The `m.room.message` events among them."""
        return [event for event in self.events(room) if event["type"] == "m.room.message"]

    def bodies(self, room: str | None = None, sender: str | None = None) -> list[str]:
        """Texts of the messages, optionally of one sender only."""
        return [
            event["content"].get("body", "")
            for event in self.messages(room)
            if sender in (None, event["sender"])
        ]

    async def wait_until(
        self,
        condition: Callable[[SyncRecord], T],
        describe: str,
        timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109
    ) -> T:
        """Wait until `condition` of the record is truthy and return it.

        Raises:
            TimeoutError: the text tells what was seen instead.
            MatrixRequestError: the sync loop ended because the access token is gone.
        """

        async def held() -> T:
            async with self._changed:
                while True:
                    value = condition(self.record)
                    if value:
                        return value
                    if self._loop is not None and self._loop.done():
                        self._loop.result()
                    await self._changed.wait()

        try:
            async with asyncio.timeout(timeout):
                return await held()
        except TimeoutError:
            seen = "\n".join(f"  {_short(event)}" for event in self.events()[-_EVENTS_SHOWN:])
            raise TimeoutError(
                f"{self.mxid} waited {timeout:g} s for {describe}; rooms "
                f"{sorted(self.record.joined)}, invitations {sorted(self.record.invites)}, "
                f"last events:\n{seen or '  none'}"
            ) from None

    async def wait_for(
        self,
        predicate: Callable[[Event], object],
        room: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109
        *,
        after: str | None = None,
        describe: str = "an event",
    ) -> Event:
        """Return the first timeline event, past or coming, for which `predicate` holds.

        Args:
            predicate: gets the raw event.
            room: only events of this room.
            timeout: seconds.
            after: only events that came later than the one with this id.
            describe: what is waited for, for the error.

        Raises:
            TimeoutError: none came; the text tells what was seen instead.
        """

        def first(record: SyncRecord) -> Event | None:
            events = record.events(room)
            start = 0
            if after is not None:
                ids = [event["event_id"] for event in events]
                if after not in ids:
                    return None
                start = ids.index(after) + 1
            return next((event for event in events[start:] if predicate(event)), None)

        where = "" if room is None else f" in {room}"
        found = await self.wait_until(first, describe + where, timeout)
        if found is None:
            raise AssertionError("wait_until returns only what is truthy")
        return found

    async def wait_message(
        self,
        text: str,
        room: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109
        *,
        sender: str | None = None,
        after: str | None = None,
    ) -> Event:
        """Return the first message whose body contains `text`."""
        return await self.wait_for(
            lambda event: (
                event["type"] == "m.room.message"
                and text in event["content"].get("body", "")
                and sender in (None, event["sender"])
            ),
            room,
            timeout,
            after=after,
            describe=f"a message with {text!r}",
        )

    async def wait_invite(
        self,
        predicate: Callable[[str, list[Event]], object] = lambda _room, _state: True,
        timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109
    ) -> str:
        """Return the room of the first open invitation; `predicate` gets room and stripped state.

        Do not combine with `auto_join`, which answers them first.
        """
        return await self.wait_until(
            lambda record: next((r for r, s in record.invites.items() if predicate(r, s)), ""),
            "an invitation",
            timeout,
        )

    async def request(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> tuple[int, Any]:
        """Make any request as this user; return the status and the JSON body."""
        answer = await self.client.send(
            method,
            path,
            None if body is None else json.dumps(body),
            {
                "Authorization": f"Bearer {self.client.access_token}",
                "Content-Type": "application/json",
            },
        )
        return answer.status, await answer.json()

    async def expect(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Like `request`, but only the body, and an error for any status but 2xx."""
        status, answer = await self.request(method, path, body)
        if not 200 <= status < 300:
            raise MatrixRequestError(f"{method} {path}: {status} {answer}")
        return answer

    async def _sync(self, timeout: int) -> Any:  # noqa: ASYNC109
        return await self.client.sync(
            timeout=timeout, sync_filter={"room": {"timeline": {"limit": SYNC_TIMELINE_LIMIT}}}
        )

    async def _sync_forever(self) -> None:
        try:
            while True:
                try:
                    answer = await self._sync(timeout=_LONG_POLL)
                except (aiohttp.ClientError, TimeoutError):
                    # nio does not repeat what broke off within the answer.
                    await asyncio.sleep(_PAUSE_AFTER_ERROR)
                    continue
                if not isinstance(answer, nio.SyncError):
                    await self._absorb(answer)
                elif answer.status_code == "M_UNKNOWN_TOKEN":
                    raise MatrixRequestError(f"{self.mxid} was logged out: {answer}")
                else:
                    await asyncio.sleep(_PAUSE_AFTER_ERROR)
        finally:
            async with self._changed:
                self._changed.notify_all()

    async def _absorb(self, answer: Any) -> None:
        raw = await answer.transport_response.json()
        decrypted = {
            event.event_id: event.source
            for room in answer.rooms.join.values()
            for event in room.timeline.events
            if getattr(event, "decrypted", False)
        }
        async with self._changed:
            self.record.absorb(raw, decrypted)
            self._changed.notify_all()
        if self._auto_join:
            for room in list(self.record.invites):
                await self.client.join(room)

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def accepted(answer: Any) -> Any:
    """Return nio's answer unless it is an error.

    Raises:
        MatrixRequestError: it is one.
    """
    if isinstance(answer, nio.ErrorResponse):
        raise MatrixRequestError(str(answer))
    return answer


def _short(event: Event) -> str:
    content = json.dumps(event["content"], ensure_ascii=False)
    return f"{event['room_id']} {event['sender']} {event['type']} {content[:200]}"
