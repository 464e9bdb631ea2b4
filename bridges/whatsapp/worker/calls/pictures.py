# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures of people and groups, which are plain files behind a link."""

import ssl
from collections.abc import Mapping
from typing import Final

import aiohttp

from bridges.whatsapp.worker.calls.base import Handler, Request
from bridges.whatsapp.worker.calls.files import too_large
from bridges.whatsapp.worker.calls.people import picture
from bridges.whatsapp.worker.refusals import RefusedError

_LARGEST = 8 * 1024 * 1024
_PATIENCE = aiohttp.ClientTimeout(total=30)


async def fetch_picture(request: Request) -> str:
    """Write somebody's picture into a file; returns its id."""
    found = await picture(request)
    if found is None:
        raise RefusedError("STATUS_404", "there is no picture")
    path = request.file()
    path.write_bytes(await _get(found["url"], request.device.proxy))
    return found["id"]


async def _get(url: str, proxy: str) -> bytes:
    """Get a file the way the library would: by its proxy, or that of the environment."""
    if proxy.startswith("socks"):
        raise RefusedError("UNSUPPORTED", "pictures cannot be fetched by a socks proxy")
    try:
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE, trust_env=not proxy) as session,
            session.get(url, proxy=proxy or None, ssl=ssl.create_default_context()) as response,
        ):
            if not response.ok:
                raise RefusedError(f"STATUS_{response.status}", "a picture was not given")
            data = await response.content.read(_LARGEST + 1)
            while len(data) <= _LARGEST and (more := await response.content.read(_LARGEST)):
                data += more
    except (aiohttp.ClientError, TimeoutError) as error:
        raise RefusedError("NOT_CONNECTED", str(error)) from error
    if len(data) > _LARGEST:
        raise too_large(len(data))
    return data


HANDLERS: Final[Mapping[str, Handler]] = {"fetch_picture": fetch_picture}
