# SPDX-License-Identifier: AGPL-3.0-or-later
"""The parts of one file on Telegram, from whichever data centre it lies in.

Source: https://core.telegram.org/api/files#downloading-files.
"""

from typing import Any

from telethon import errors as tg
from telethon.tl.functions.upload import GetFileRequest
from telethon.tl.types import upload

from bridges.core.clock import Clock
from bridges.telegram.data_centres import DataCentres
from bridges.telegram.errors import refused

PART_SIZE = 512 * 1024
_LONGEST_WAIT = 120
_ATTEMPTS = 4
_TROUBLE_DELAY = 2.0
_WAITS = (tg.FloodWaitError, tg.FloodPremiumWaitError)
_TROUBLE = (tg.ServerError, tg.TimedOutError)


class PartSource:
    """Fetches parts of one file.

    A part that Telegram does not give at once is asked for again here: begun anew for each of them, a
    large file would never be complete.
    """

    def __init__(
        self, client: Any, centres: DataCentres, clock: Clock, location: Any, dc: int
    ) -> None:
        """``dc`` is the data centre Telegram named; 0 if it named none."""
        self._client = client
        self._centres = centres
        self._clock = clock
        self._location = location
        self._dc = dc or client.session.dc_id

    async def get(self, offset: int) -> bytes:
        """At most ``PART_SIZE`` bytes; fewer at the end of the file.

        Raises Telethon's errors for what Telegram refuses, and those of ``DataCentres.ask``.
        """
        troubles = 0
        while True:
            dc = self._dc
            try:
                return await self._ask(dc, offset)
            except tg.FileMigrateError as error:
                troubles += 1
                if troubles == _ATTEMPTS:
                    raise
                self._dc = error.new_dc
            except _WAITS as error:
                if error.seconds > _LONGEST_WAIT:
                    raise
                await self._clock.sleep(error.seconds)
            except _TROUBLE:
                troubles += 1
                if troubles == _ATTEMPTS:
                    raise
                await self._clock.sleep(_TROUBLE_DELAY * troubles)

    async def _ask(self, dc: int, offset: int) -> bytes:
        request = GetFileRequest(self._location, offset, PART_SIZE)
        answer = await self._centres.ask(self._client, dc, request)
        if not isinstance(answer, upload.File):
            raise refused("LOCATION_INVALID")  # from a cache of others', which we did not agree to
        return bytes(answer.bytes)
