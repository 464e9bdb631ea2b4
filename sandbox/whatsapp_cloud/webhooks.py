# SPDX-License-Identifier: AGPL-3.0-or-later
"""Webhooks: written, signed, sent, and repeated until they are taken."""

import asyncio
import hashlib
import hmac
import json
from urllib.parse import urlencode

import aiohttp
from attrs import define, field

from sandbox.whatsapp_cloud.world import BusinessNumber, Json

_OK = 200
_FIRST_RETRY = 0.05
_LONGEST_RETRY = 2.0


@define
class Delivery:
    """A webhook on its way. ``statuses`` are the answers so far."""

    body: bytes = field(repr=False)
    signature: str
    statuses: list[int] = field(factory=list)
    done: asyncio.Event = field(factory=asyncio.Event)


class WebhookSender:
    """Sends webhooks to one address, several at a time and so in no certain order.

    Attributes:
        url: where to; empty as long as none was entered.
        sent: everything that was ever sent, in order.
        twice: every webhook is sent twice.
        held: nothing is sent until ``release``, and then the last one first.
    """

    def __init__(self) -> None:
        self.url = ""
        self.sent: list[Delivery] = []
        self.twice = False
        self.held = False
        self._waiting: list[Delivery] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Send nothing more."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def verify(self, url: str, token: str, challenge: str = "1158201444") -> bool:
        """Ask an address whether it is the right one, as when it is entered; keep it if it is."""
        query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": challenge}
        async with self._http().get(f"{url}?{urlencode(query)}") as response:
            fits = response.status == _OK and await response.text() == challenge
        if fits:
            self.url = url
        return fits

    def notify(self, number: BusinessNumber, kind: str, value: Json) -> Delivery:
        """Send a change of a number."""
        metadata = {"display_phone_number": number.phone, "phone_number_id": number.id}
        whole = {"messaging_product": "whatsapp", "metadata": metadata} | value
        return self.notify_account(number, kind, whole)

    def notify_account(self, number: BusinessNumber, kind: str, value: Json) -> Delivery:
        """Send a change of the whole business account a number belongs to."""
        change = {"field": kind, "value": value}
        body = {
            "object": "whatsapp_business_account",
            "entry": [{"id": number.business, "changes": [change]}],
        }
        return self.send(json.dumps(body).encode(), number.app_secret)

    def send(self, body: bytes, secret: str) -> Delivery:
        """Send any body, signed with a secret."""
        delivery = Delivery(body, sign(body, secret))
        self.sent.append(delivery)
        if self.held:
            self._waiting.append(delivery)
        else:
            self._start(delivery)
        return delivery

    def release(self) -> None:
        """Send what was held, the last one first."""
        self.held = False
        waiting, self._waiting = self._waiting, []
        for delivery in reversed(waiting):
            self._start(delivery)

    async def repeat(self, delivery: Delivery) -> int:
        """Send a webhook once more; returns what is answered."""
        return await self.post(delivery.body, delivery.signature)

    async def post(self, body: bytes, signature: str | None) -> int:
        """Send bytes once, with any signature or none; returns what is answered."""
        headers = {"Content-Type": "application/json"}
        if signature is not None:
            headers["X-Hub-Signature-256"] = signature
        async with self._http().post(self.url, data=body, headers=headers) as response:
            await response.read()
            return response.status

    def _start(self, delivery: Delivery) -> None:
        for _ in range(2 if self.twice else 1):
            task = asyncio.create_task(self._until_taken(delivery))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _until_taken(self, delivery: Delivery) -> None:
        wait = _FIRST_RETRY
        while True:
            try:
                status = await self.post(delivery.body, delivery.signature)
            except (aiohttp.ClientError, OSError, ValueError):
                status = 0
            delivery.statuses.append(status)
            if status == _OK:
                delivery.done.set()
                return
            await asyncio.sleep(wait)
            wait = min(_LONGEST_RETRY, wait * 2)

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session


def sign(body: bytes, secret: str) -> str:
    """The signature header of a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
