# SPDX-License-Identifier: AGPL-3.0-or-later
"""The control API: JSON over HTTP on loopback, for processes outside the sandbox.

Every body and answer is a JSON object. A wrong request is answered 400 with ``{"error": text}``.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web
from attrs import define, field
from pyaileys.exceptions import SendRejectedError

from sandbox.json_body import BadBodyError, Body
from sandbox.whatsapp.accounts import UnknownAccountError
from sandbox.whatsapp.control_people import PeopleOperations
from sandbox.whatsapp.faults import (
    CLIENT_OUTDATED,
    LOGGED_OUT,
    MAIN_DEVICE_GONE,
    UNAVAILABLE,
    Ban,
    temporary_ban,
)
from sandbox.whatsapp.linking import LinkingError
from sandbox.whatsapp.person_client import DeniedError
from sandbox.whatsapp.phone import Phone
from sandbox.whatsapp.records import Account
from sandbox.whatsapp.sandbox import WhatsAppSandbox
from sandbox.whatsapp.welcome import Welcome

_WRONG = (UnknownAccountError, LinkingError, DeniedError, SendRejectedError, ValueError)
_REFUSALS = {
    "logged-out": LOGGED_OUT,
    "main-device-gone": MAIN_DEVICE_GONE,
    "client-outdated": CLIENT_OUTDATED,
    "unavailable": UNAVAILABLE,
}
_LOST = (404, 410)

Answer = dict[str, Any]
Operation = Callable[[Body], Answer]


@define
class Control:
    """The operations of the API over a sandbox."""

    net: WhatsAppSandbox
    welcome: Welcome = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.welcome = Welcome(self.net.accounts, self.net.past)

    def application(self) -> web.Application:
        """Return the web application."""
        app = web.Application()
        app.on_cleanup.append(self._stop)
        app.router.add_get("/ready", _handler(self._ready))
        for path, operation in self._operations().items():
            app.router.add_post(path, _handler(operation))
        for path, doing in PeopleOperations(self.net).by_path().items():
            app.router.add_post(path, _handler(doing))
        return app

    def _operations(self) -> Mapping[str, Operation]:
        return {
            "/accounts": self._add_account,
            "/accounts/devices": self._devices,
            "/phones/scan": self._scan,
            "/phones/type-code": self._type_code,
            "/faults/refuse-login": self._refuse_login,
            "/faults/ban": self._ban,
            "/faults/lose-media": self._lose_media,
            "/faults/garble": self._garble,
            "/faults/drop": self._drop,
            "/faults/replace": self._replace,
            "/faults/log-out": self._log_out,
            "/faults/clear": self._clear,
        }

    async def _stop(self, _app: web.Application) -> None:
        await self.welcome.stop()

    def _ready(self, _body: Body) -> Answer:
        return {
            "ready": True,
            "url": self.net.url,
            "proxy": self.net.proxy,
            "root_key": self.net.root_key.hex(),
            "authority": self.net.authority,
        }

    def _add_account(self, body: Body) -> Answer:
        account = self.net.add_account(body.text("phone"), body.text("name"))
        return {"phone": account.phone, "lid": account.lid, "name": account.name}

    def _devices(self, body: Body) -> Answer:
        devices = self.net.accounts.devices(self._account(body))
        return {
            "devices": [
                {
                    "number": device.number,
                    "connected": self.net.switchboard.session(device) is not None,
                    "keys": self.net.accounts.key_count(device),
                    "waiting": self.net.operator.waiting(device),
                }
                for device in devices
            ]
        }

    def _scan(self, body: Body) -> Answer:
        return self._link(body, lambda phone: phone.scan(body.text("qr")))

    def _type_code(self, body: Body) -> Answer:
        return self._link(body, lambda phone: phone.type_code(body.text("code")))

    def _link(self, body: Body, act: Callable[[Phone], None]) -> Answer:
        """Link a device at a phone, which then does what real ones do for it."""
        account, phone = self._account(body), self.net.phone(body.text("account"))
        act(phone)
        self.welcome.expect(account, phone)
        return {}

    def _refuse_login(self, body: Body) -> Answer:
        refusal = _REFUSALS.get(body.text("refusal"))
        if refusal is None:
            raise BadBodyError(f"'refusal' must be one of {', '.join(_REFUSALS)}")
        account = self._maybe_account(body)
        self.net.faults.refuse_login(refusal, account, count=body.maybe_number("count", 1))
        return {}

    def _ban(self, body: Body) -> Answer:
        try:
            ban = Ban[body.text("ban", Ban.TOO_MANY_PEOPLE.name)]
        except KeyError as error:
            raise BadBodyError(f"'ban' must be one of {', '.join(Ban.__members__)}") from error
        refusal = temporary_ban(ban, body.number("seconds"))
        account = self._maybe_account(body)
        self.net.faults.refuse_login(refusal, account, count=body.maybe_number("count", 1))
        return {}

    def _lose_media(self, body: Body) -> Answer:
        status = body.number("status", 404)
        if status not in _LOST:
            raise BadBodyError("'status' must be 404 or 410")
        self.net.faults.lose_media(status, count=body.number("count", 1))
        return {}

    def _garble(self, body: Body) -> Answer:
        account = self._account(body)
        device = self.net.accounts.device(account, body.number("device"))
        if device is None:
            raise BadBodyError(f"{body.text('account')} has no device with this number")
        self.net.faults.garble(device)
        return {}

    def _drop(self, body: Body) -> Answer:
        return {"connections": self.net.operator.drop(self._maybe_account(body))}

    def _replace(self, body: Body) -> Answer:
        return {"connections": self.net.operator.replace(self._account(body))}

    def _log_out(self, body: Body) -> Answer:
        return {"connections": self.net.operator.log_out(self._account(body))}

    def _clear(self, _body: Body) -> Answer:
        self.net.faults.clear()
        return {}

    def _account(self, body: Body) -> Account:
        return self.net.accounts.find(body.text("account"))

    def _maybe_account(self, body: Body) -> Account | None:
        name = body.maybe_text("account")
        return self.net.accounts.find(name) if name is not None else None


def _handler(
    operation: Operation | Callable[[Body], Awaitable[Answer]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            fields = json.loads(await request.read() or b"{}")
            if not isinstance(fields, dict):
                raise BadBodyError("the body must be a JSON object")
            answer = operation(Body(fields))
            return web.json_response(answer if isinstance(answer, dict) else await answer)
        except _WRONG as error:
            return web.json_response({"error": str(error)}, status=400)

    return handle
