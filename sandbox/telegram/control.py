# SPDX-License-Identifier: AGPL-3.0-or-later
"""The control API: JSON over HTTP on loopback, for processes outside the sandbox.

Every body and answer is a JSON object. A wrong request is answered 400 with ``{"error": text}``.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
from aiohttp import web
from attrs import define
from telethon.errors import RPCError

from sandbox.json_body import BadBodyError, Body
from sandbox.telegram.accounts import UnknownAccountError
from sandbox.telegram.control_people import PeopleOperations, received
from sandbox.telegram.control_rooms import RoomControl
from sandbox.telegram.control_scale import ScaleOperations
from sandbox.telegram.faults import MethodFault, PushEffect
from sandbox.telegram.operator import OperatorError
from sandbox.telegram.person import NeverHappenedError
from sandbox.telegram.records import Account, Room
from sandbox.telegram.rpc import RpcFailureError
from sandbox.telegram.sandbox import TelegramSandbox

_MAX_BODY = 64 * 1024 * 1024
_WRONG = (
    UnknownAccountError,
    OperatorError,
    NeverHappenedError,
    RpcFailureError,
    RPCError,
    ValueError,
)


Answer = dict[str, Any]
Operation = Callable[[Body], Awaitable[Answer]]


@define
class Control:
    """The operations of the API over a sandbox."""

    net: TelegramSandbox

    def application(self) -> web.Application:
        """Return the web application."""
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_get("/ready", self._get(self._ready))
        app.router.add_get("/requests", self._requests)
        app.router.add_get("/people/{name}/received", self._received)
        for path, operation in self._operations().items():
            app.router.add_post(path, self._post(operation))
        return app

    def _operations(self) -> dict[str, Operation]:
        return {
            "/accounts": self._add_account,
            "/accounts/rename": self._rename,
            "/accounts/password": self._set_password,
            "/accounts/delete": self._delete_account,
            "/accounts/ban-phone": self._ban_phone,
            "/accounts/revoke": self._revoke,
            "/rooms": self._add_room,
            "/faults/fail": self._fail,
            "/faults/flood-wait": self._flood_wait,
            "/faults/slow-mode": self._slow_mode,
            "/faults/delay": self._delay,
            "/faults/kill-answer": self._kill_answer,
            "/faults/push": self._push_fault,
            "/faults/drop": self._drop,
            "/faults/outage": self._outage,
            "/faults/restore": self._restore,
            "/faults/too-long": self._too_long,
            "/faults/skip-pts": self._skip_pts,
            "/faults/expire-references": self._expire_references,
            "/faults/clear": self._clear,
            "/requests/clear": self._clear_requests,
            "/limits": self._limits,
            "/clock/advance": self._advance,
            **PeopleOperations(self.net).by_path(),
            **RoomControl(self.net).by_path(),
            **ScaleOperations(self.net).by_path(),
        }

    # -- the service itself

    async def _ready(self, _body: Body) -> Answer:
        return {
            "ready": True,
            "host": self.net.host,
            "port": self.net.port,
            "dc": self.net.dc,
            "data_centres": {
                str(number): port for number, (_, port) in self.net.server.addresses().items()
            },
            "login_code": self.net.login_code,
            "public_key": self.net.public_key_pem,
        }

    async def _requests(self, request: web.Request) -> web.Response:
        account = request.query.get("account")
        number = self.net.accounts.find(account).id if account else None
        calls = self.net.log.calls(request.query.get("method"), number)
        return web.json_response(
            {"count": len(calls), "calls": [attrs.asdict(call) for call in calls[-1000:]]}
        )

    async def _clear_requests(self, _body: Body) -> Answer:
        self.net.log.clear()
        return {}

    async def _limits(self, body: Body) -> Answer:
        try:
            self.net.world.set_limits(**{name: body.number(name) for name in body.fields})
        except TypeError as error:
            raise BadBodyError(str(error)) from error
        return attrs.asdict(self.net.world.limits)

    async def _advance(self, body: Body) -> Answer:
        self.net.clock.advance(body.seconds("seconds"))
        return {"now": self.net.clock()}

    # -- accounts and rooms

    async def _add_account(self, body: Body) -> Answer:
        account = await self.net.add_account(
            body.text("phone"),
            body.text("first_name"),
            body.text("last_name", ""),
            username=body.maybe_text("username"),
            password=body.maybe_text("password"),
            hint=body.text("hint", ""),
        )
        return _account(account)

    async def _rename(self, body: Body) -> Answer:
        account = self.net.operator.rename(
            body.text("account"),
            body.text("first_name"),
            body.text("last_name", ""),
            username=body.maybe_text("username"),
        )
        return _account(account)

    async def _set_password(self, body: Body) -> Answer:
        self.net.operator.set_password(
            body.text("account"), body.maybe_text("password"), body.text("hint", "")
        )
        return {}

    async def _delete_account(self, body: Body) -> Answer:
        self.net.operator.delete_account(body.text("account"))
        return {}

    async def _ban_phone(self, body: Body) -> Answer:
        self.net.operator.ban_phone(body.text("phone"))
        return {}

    async def _revoke(self, body: Body) -> Answer:
        count = self.net.operator.revoke(
            body.text("account"),
            body.text("error", "SESSION_REVOKED"),
            device=body.maybe_text("device"),
        )
        return {"ended": count}

    async def _add_room(self, body: Body) -> Answer:
        room = await self.net.add_room(
            body.text("kind"),
            body.text("title"),
            body.text("creator"),
            tuple(body.names("members")),
            username=body.maybe_text("username"),
            about=body.text("about", ""),
        )
        return _room(room)

    # -- people

    async def _received(self, request: web.Request) -> web.Response:
        person = await self.net.person(request.match_info["name"])
        return web.json_response({"received": [received(one) for one in person.received]})

    # -- faults

    def _account_of(self, body: Body) -> int | None:
        name = body.maybe_text("account")
        return self.net.accounts.find(name).id if name is not None else None

    async def _fail(self, body: Body) -> Answer:
        fault = MethodFault(
            body.text("method"),
            self._account_of(body),
            body.maybe_number("count", 1),
            (body.number("code"), body.text("name")),
        )
        self.net.faults.add(fault)
        return {}

    async def _flood_wait(self, body: Body) -> Answer:
        self.net.faults.flood_wait(
            body.text("method"),
            body.number("seconds"),
            account=self._account_of(body),
            count=body.maybe_number("count", 1),
        )
        return {}

    async def _slow_mode(self, body: Body) -> Answer:
        self.net.faults.slow_mode(
            body.number("seconds"),
            account=self._account_of(body),
            count=body.maybe_number("count", 1),
        )
        return {}

    async def _delay(self, body: Body) -> Answer:
        self.net.faults.delay(
            body.text("method", "*"),
            body.seconds("seconds"),
            account=self._account_of(body),
            count=body.maybe_number("count", 1),
        )
        return {}

    async def _kill_answer(self, body: Body) -> Answer:
        self.net.faults.kill_answer(
            body.text("method"),
            account=self._account_of(body),
            count=body.maybe_number("count", 1),
        )
        return {}

    async def _push_fault(self, body: Body) -> Answer:
        self.net.faults.push(
            PushEffect(body.text("effect")),
            account=self._account_of(body),
            count=body.maybe_number("count", 1),
        )
        return {}

    async def _drop(self, body: Body) -> Answer:
        account, dc = self._account_of(body), body.maybe_number("dc")
        return {"dropped": self.net.server.drop(account, dc=dc)}

    async def _outage(self, body: Body) -> Answer:
        await self.net.server.outage(body.maybe_number("dc"))
        return {}

    async def _restore(self, _body: Body) -> Answer:
        await self.net.server.restore()
        return {}

    async def _too_long(self, body: Body) -> Answer:
        room = body.maybe_text("room")
        if room is not None:
            self.net.operator.push_channel_too_long(body.text("account"), room)
        else:
            self.net.operator.push_too_long(body.text("account"))
        return {}

    async def _skip_pts(self, body: Body) -> Answer:
        self.net.operator.skip_pts(body.text("account"), body.number("points", 1))
        return {}

    async def _expire_references(self, _body: Body) -> Answer:
        self.net.operator.expire_references()
        return {}

    async def _clear(self, _body: Body) -> Answer:
        self.net.faults.clear()
        return {}

    # -- HTTP

    def _get(self, operation: Operation) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(_request: web.Request) -> web.Response:
            return web.json_response(await operation(Body({})))

        return handle

    def _post(self, operation: Operation) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            try:
                fields = json.loads(await request.read() or b"{}")
                if not isinstance(fields, dict):
                    raise BadBodyError("the body must be a JSON object")
                return web.json_response(await operation(Body(fields)))
            except _WRONG as error:
                return web.json_response({"error": str(error)}, status=400)

        return handle


def _account(account: Account) -> Answer:
    return {
        "id": account.id,
        "phone": account.phone,
        "first_name": account.first_name,
        "last_name": account.last_name,
        "username": account.username,
    }


def _room(room: Room) -> Answer:
    return {"id": room.id, "kind": str(room.kind), "title": room.title, "username": room.username}
