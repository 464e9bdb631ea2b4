# SPDX-License-Identifier: AGPL-3.0-or-later
"""The control API: JSON over HTTP on loopback, for processes outside the sandbox.

Every body and answer is a JSON object. A wrong request is answered 400 with ``{"error": text}``.
"""

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
from aiohttp import web
from attrs import define

from sandbox.json_body import BadBodyError, Body
from sandbox.whatsapp_cloud.customer import CustomerPhone
from sandbox.whatsapp_cloud.sandbox import CloudSandbox
from sandbox.whatsapp_cloud.world import BusinessNumber

Answer = dict[str, Any]
Operation = Callable[[Body], Answer | Awaitable[Answer]]


@define
class Control:
    """The operations of the API over a sandbox."""

    net: CloudSandbox

    def application(self) -> web.Application:
        """Return the web application."""
        app = web.Application()
        app.router.add_get("/ready", _handler(self._ready))
        for path, operation in self._operations().items():
            app.router.add_post(path, _handler(operation))
        return app

    def _operations(self) -> Mapping[str, Operation]:
        return {
            "/webhook": self._webhook,
            "/customers/say": self._say,
            "/customers/send-file": self._send_file,
            "/customers/react": self._react,
            "/customers/edit": self._edit,
            "/customers/revoke": self._revoke,
            "/customers/read": self._read,
            "/customers/inbox": self._inbox,
            "/app/say": self._app_say,
            "/app/contact": self._app_contact,
            "/app/history": self._app_history,
            "/time/advance": self._advance,
            "/faults/refuse": self._refuse,
            "/faults/fail": self._fail,
            "/faults/expire-token": self._expire,
            "/faults/clear": self._clear,
        }

    def _ready(self, _body: Body) -> Answer:
        return {
            "ready": True,
            "url": self.net.url,
            "numbers": [
                {
                    "id": one.id,
                    "phone": one.phone,
                    "business": one.business,
                    "access_token": one.access_token,
                    "app_secret": one.app_secret,
                    "verify_token": one.verify_token,
                }
                for one in self.net.world.numbers.values()
            ],
        }

    async def _webhook(self, body: Body) -> Answer:
        number = self._number(body)
        try:
            verified = await self.net.webhooks.verify(body.text("url"), number.verify_token)
        except (aiohttp.ClientError, OSError) as error:
            raise BadBodyError("'url' does not answer") from error
        return {"verified": verified}

    def _say(self, body: Body) -> Answer:
        reply_to = body.text("reply_to", "")
        return {"id": self._customer(body).says(body.text("text"), reply_to=reply_to)}

    def _send_file(self, body: Body) -> Answer:
        message = self._customer(body).sends_file(
            body.text("kind"),
            body.data("data"),
            body.text("mime"),
            body.text("name", ""),
            body.text("caption", ""),
        )
        return {"id": message}

    def _react(self, body: Body) -> Answer:
        emoji = body.text("emoji", "")
        return {"id": self._customer(body).reacts(body.text("message"), emoji)}

    def _edit(self, body: Body) -> Answer:
        return {"id": self._customer(body).edits(body.text("message"), body.text("text"))}

    def _revoke(self, body: Body) -> Answer:
        return {"id": self._customer(body).revokes(body.text("message"))}

    def _read(self, body: Body) -> Answer:
        self._customer(body).reads()
        return {}

    def _inbox(self, body: Body) -> Answer:
        inbox = self._customer(body).inbox
        return {"messages": [{"id": one.id, "message": one.content} for one in inbox]}

    def _app_say(self, body: Body) -> Answer:
        app = self.net.app(self._number(body))
        return {"id": app.says(body.text("phone"), body.text("text"))}

    def _app_contact(self, body: Body) -> Answer:
        self.net.app(self._number(body)).saves(body.text("phone"), body.text("name", ""))
        return {}

    def _app_history(self, body: Body) -> Answer:
        said = [(one.get("ours") is True, str(one.get("text"))) for one in body.objects("messages")]
        app = self.net.app(self._number(body))
        return {"ids": app.shares_history({body.text("phone"): said})}

    def _advance(self, body: Body) -> Answer:
        self.net.world.advance(body.seconds("seconds"))
        return {}

    def _refuse(self, body: Body) -> Answer:
        self.net.faults.refuse(body.number("code"), body.number("count", 1))
        return {}

    def _fail(self, body: Body) -> Answer:
        self.net.faults.fail(body.number("code"), body.number("count", 1))
        return {}

    def _expire(self, _body: Body) -> Answer:
        self.net.faults.expired_token = True
        return {}

    def _clear(self, _body: Body) -> Answer:
        self.net.faults.clear()
        return {}

    def _number(self, body: Body) -> BusinessNumber:
        numbers = self.net.world.numbers
        wanted = body.maybe_text("number")
        found = numbers.get(wanted) if wanted is not None else next(iter(numbers.values()), None)
        if found is None:
            raise BadBodyError("'number' is none of the numbers here")
        return found

    def _customer(self, body: Body) -> CustomerPhone:
        phone = body.text("phone")
        known = self.net.world.find(phone)
        name = body.text("name", known.name if known is not None else phone)
        return self.net.customer(phone, name, self._number(body))


def _handler(operation: Operation) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            fields = json.loads(await request.read() or b"{}")
            if not isinstance(fields, dict):
                raise BadBodyError("the body must be a JSON object")
            answer = operation(Body(fields))
            if inspect.isawaitable(answer):
                answer = await answer
            return web.json_response(answer)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)

    return handle
