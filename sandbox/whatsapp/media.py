# SPDX-License-Identifier: AGPL-3.0-or-later
"""The media host: encrypted files, kept under the hash of their bytes.

Uploading is ``POST /mms/<kind>/<hash>``; the answer says the path they are fetched from. Nobody
but the people in the chat has the key.
"""

import base64
import hashlib

from aiohttp import web

from sandbox.statefile import StateFile
from sandbox.whatsapp.faults import Faults
from sandbox.whatsapp.pictures import PICTURE_PATH, Pictures

MEDIA_HOST = "mmg.whatsapp.net"
FILE_PATH = "/v/t62.7118-24/"
MAX_FILE = 256 * 1024 * 1024


class MediaHost:
    """Files over HTTP."""

    def __init__(self, store: StateFile, pictures: Pictures, faults: Faults) -> None:
        self._store = store
        self._pictures = pictures
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        """Return what the host answers to."""
        return [
            web.post("/mms/{kind}/{token}", self._upload),
            web.post("/newsletter/{kind}/{token}", self._upload),
            web.delete("/mms/{kind}/{token}", self._keep),
            web.get(FILE_PATH + "{token}", self._download),
            web.get(PICTURE_PATH + "{number}.jpg", self._picture),
        ]

    async def _upload(self, request: web.Request) -> web.Response:
        data = await request.read()
        token = request.match_info["token"]
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()
        if token.rstrip("=") != digest.rstrip("="):
            return web.json_response({"error": "the file is not what its name says"}, status=400)
        self._store.put_blob(token.rstrip("="), data)
        self._store.commit()
        path = f"{FILE_PATH}{token.rstrip('=')}?ccb=11-4&oh=sandbox&oe=7FFFFFFF&_nc_sid=5e03e0"
        return web.json_response(
            {"url": f"https://{MEDIA_HOST}{path}", "direct_path": path, "handle": token}
        )

    async def _keep(self, _request: web.Request) -> web.Response:
        """Say that a file is deleted: others may have the same one."""
        return web.Response()

    async def _download(self, request: web.Request) -> web.Response:
        status = self._faults.media()
        if status is not None:
            return web.Response(status=status)
        data = self._store.get_blob(request.match_info["token"])
        if data is None:
            return web.Response(status=404)
        return _ranged(request, data)

    async def _picture(self, request: web.Request) -> web.Response:
        data = self._pictures.file(request.match_info["number"])
        if data is None:
            return web.Response(status=404)
        return web.Response(body=data, content_type="image/jpeg")


def _ranged(request: web.Request, data: bytes) -> web.Response:
    headers = {"Accept-Ranges": "bytes"}
    try:
        wanted = request.http_range
    except ValueError:
        wanted = slice(None)
    if wanted.start is None and wanted.stop is None:
        return web.Response(body=data, headers=headers)
    start, stop, _ = slice(wanted.start, wanted.stop).indices(len(data))
    if start >= stop:
        headers["Content-Range"] = f"bytes */{len(data)}"
        return web.Response(status=416, headers=headers)
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
    return web.Response(status=206, body=data[start:stop], headers=headers)
