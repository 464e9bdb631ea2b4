# SPDX-License-Identifier: AGPL-3.0-or-later
"""Parts of files: patience with each, and where those of a file on Telegram are to be had.

A part that Telegram does not give or take at once is tried again here: begun anew for each of them,
a large file would never be complete. Source: https://core.telegram.org/api/files.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from telethon import errors as tg
from telethon.tl.functions.upload import GetFileRequest
from telethon.tl.types import upload

from bridges.core.clock import Clock
from bridges.core.errors import NotConnected, RateLimited, Rejected, TemporaryError
from bridges.telegram.data_centres import DataCentres
from bridges.telegram.errors import NO_DATA_CENTRE, refused
from bridges.telegram.updates import UpdatesClient

T = TypeVar("T")

PART_SIZE = 512 * 1024
_PART_TIMEOUT = 300.0
_LONGEST_WAIT = 120
_ATTEMPTS = 6
_TROUBLE_DELAY = 2.0


class UsesClient(Protocol):
    """``Connection.use``."""

    async def __call__(
        self, action: Callable[[UpdatesClient], Awaitable[Any]], seconds: float = ...
    ) -> Any:
        """Do something with the connected client. Raises the errors of ``bridges.core.errors``."""
        ...


class Patience:
    """Repeats the transfer of single parts of one file."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._has_begun = False

    async def with_part(self, transfer: Callable[[], Awaitable[T]]) -> T:
        """Transfer a part, as often as it takes within bounds.

        A connection that is lost on the way is waited for, but one that is not there in the beginning
        is not. Raises what the last attempt has raised.
        """
        troubles = 0
        while True:
            try:
                done = await transfer()
                self._has_begun = True
                return done
            except RateLimited as error:
                if error.retry_after > _LONGEST_WAIT:
                    raise
                await self._clock.sleep(error.retry_after)
            except TemporaryError as error:
                troubles += 1
                if troubles == _ATTEMPTS or not self._is_passing(error):
                    raise
                await self._clock.sleep(_TROUBLE_DELAY * troubles)

    def _is_passing(self, error: TemporaryError) -> bool:
        if isinstance(error, NotConnected):
            return self._has_begun
        return error.code != NO_DATA_CENTRE  # for which there was patience already


class PartSource:
    """Fetches parts of one file, from whichever data centre it lies in."""

    def __init__(
        self, use: UsesClient, centres: DataCentres, clock: Clock, location: Any, dc: int
    ) -> None:
        """``dc`` is the data centre Telegram named; 0 if it named none."""
        self._use = use
        self._centres = centres
        self._patience = Patience(clock)
        self._location = location
        self._dc = dc

    async def get(self, offset: int) -> bytes:
        """At most ``PART_SIZE`` bytes; fewer at the end of the file.

        Raises the errors of ``bridges.core.errors``.
        """
        request = GetFileRequest(self._location, offset, PART_SIZE)
        try:
            answer = await self._ask(request)
        except Rejected as error:
            if not isinstance(error.__cause__, tg.FileMigrateError):
                raise
            self._dc = error.__cause__.new_dc
            answer = await self._ask(request)
        if not isinstance(answer, upload.File):
            raise refused("LOCATION_INVALID")  # from a cache of others', which we did not agree to
        return bytes(answer.bytes)

    async def _ask(self, request: Any) -> Any:
        async def ask(client: UpdatesClient) -> Any:
            return await self._centres.ask(client, self._dc or client.session.dc_id, request)

        return await self._patience.with_part(lambda: self._use(ask, _PART_TIMEOUT))
