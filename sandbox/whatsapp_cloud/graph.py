# SPDX-License-Identifier: AGPL-3.0-or-later
"""The Graph endpoint over HTTP.

Source: https://developers.facebook.com/docs/whatsapp/cloud-api/reference
"""

from collections.abc import Awaitable, Callable

from aiohttp import web
from attrs import define

from sandbox.whatsapp_cloud.errors import GraphError
from sandbox.whatsapp_cloud.faults import Faults
from sandbox.whatsapp_cloud.messages import Messages
from sandbox.whatsapp_cloud.world import BusinessNumber, Json, World

_LARGEST_UPLOAD = 101 * 1024 * 1024
_PAGE = 3
"""Templates on one page: few, so that paging is exercised."""

Operation = Callable[[web.Request], Awaitable[Json]]


@define
class Graph:
    """The operations of the API over a world."""

    world: World
    messages: Messages
    faults: Faults

    def application(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=_LARGEST_UPLOAD)
        app.router.add_get("/files/{token}", self._file)
        app.router.add_post("/{version}/{number}/messages", _answered(self._send))
        app.router.add_post("/{version}/{number}/media", _answered(self._upload))
        app.router.add_get("/{version}/{business}/message_templates", _answered(self._templates))
        app.router.add_get("/{version}/{node}", _answered(self._node))
        return app

    async def _send(self, request: web.Request) -> Json:
        number = self._number(request, request.match_info["number"])
        body = await request.json()
        if not isinstance(body, dict):
            raise GraphError(100)
        if body.get("status") == "read":
            return self.messages.tell(number, body)
        if self.faults.dropped_requests:
            self.faults.dropped_requests -= 1
            _cut(request)
        answer = self.messages.send(number, body)
        if self.faults.lost_answers:
            self.faults.lost_answers -= 1
            _cut(request)
        return answer

    async def _upload(self, request: web.Request) -> Json:
        self._number(request, request.match_info["number"])
        form = await request.post()
        file = form.get("file")
        if form.get("messaging_product") != "whatsapp" or not isinstance(file, web.FileField):
            raise GraphError(100)
        kept = self.world.keep_file(file.file.read(), file.content_type, file.filename)
        return {"id": kept.id}

    async def _templates(self, request: web.Request) -> Json:
        business = request.match_info["business"]
        owner = self._authorised(request)
        if owner.business != business:
            raise GraphError(100)
        first = int(request.query.get("after", "0"))
        answer: Json = {"data": owner.templates[first : first + _PAGE]}
        if first + _PAGE < len(owner.templates):
            after = str(first + _PAGE)
            answer["paging"] = {"cursors": {"after": after}, "next": f"{request.url}&after={after}"}
        return answer

    async def _node(self, request: web.Request) -> Json:
        node = request.match_info["node"]
        owner = self._authorised(request)
        if node == owner.id:
            return {
                "id": owner.id,
                "display_phone_number": owner.display,
                "verified_name": owner.name,
                "quality_rating": "GREEN",
            }
        file = self.world.files.get(node)
        if file is None:
            raise GraphError(100)
        return {
            "messaging_product": "whatsapp",
            "url": str(request.url.origin() / "files" / self.world.file_url(file)),
            "mime_type": file.mime,
            "sha256": file.digest,
            "file_size": len(file.data),
            "id": file.id,
        }

    async def _file(self, request: web.Request) -> web.Response:
        try:
            self._authorised(request)
        except GraphError as error:
            return web.json_response(error.body(), status=error.status)
        file = self.world.file_at(request.match_info["token"])
        if file is None:
            return web.Response(status=404)
        return web.Response(body=file.data, content_type=file.mime)

    def _number(self, request: web.Request, number: str) -> BusinessNumber:
        owner = self._authorised(request)
        if owner.id != number:
            raise GraphError(100)
        return owner

    def _authorised(self, request: web.Request) -> BusinessNumber:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        for number in self.world.numbers.values():
            if number.access_token == token and not self.faults.expired_token:
                if request.query.get("appsecret_proof", number.proof) != number.proof:
                    raise GraphError(100)
                return number
        raise GraphError(190)


def _cut(request: web.Request) -> None:
    """Close the connection in the middle of a request."""
    if request.transport is not None:
        request.transport.abort()
    raise ConnectionResetError


def _answered(operation: Operation) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            return web.json_response(await operation(request))
        except GraphError as error:
            return web.json_response(error.body(), status=error.status)
        except ValueError:
            unreadable = GraphError(100)
            return web.json_response(unreadable.body(), status=unreadable.status)

    return handle
