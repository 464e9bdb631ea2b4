# SPDX-License-Identifier: AGPL-3.0-or-later
"""A made-up homeserver: it keeps every request that reaches it, and sends whatever it likes.

It has a signing key of its own, so that what it sends is as good as any other server's. It is
written with aiohttp and not with Synapse, because it has to do what no honest server does.
"""

import asyncio
import json
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from attrs import define, field, frozen
from synapse.api.room_versions import RoomVersions
from synapse.events import make_event_from_dict
from yarl import URL

from tests.policy.federating import Certificate, FederatingServer
from tests.policy.hostile.identity import Identity, vouched
from tests.support.ports import PortLease

FEDERATION = "/_matrix/federation"
CONTENT = "what is in every file there"
FILE = (
    "--cut\r\nContent-Type: application/json\r\n\r\n{}\r\n"
    f"--cut\r\nContent-Type: text/plain\r\n\r\n{CONTENT}\r\n--cut--\r\n"
).encode()
FILE_HEADERS = {"Content-Type": "multipart/mixed; boundary=cut"}


@frozen
class Heard:
    """One request that reached the peer."""

    method: str
    path: str
    body: bytes

    @property
    def content(self) -> dict[str, Any]:
        """The body as JSON."""
        return dict(json.loads(self.body or b"{}"))


@frozen
class Prepared:
    """A signed request that can be sent more than once."""

    method: str
    uri: str
    headers: Mapping[str, str]
    body: bytes


@define(eq=False)
class Peer:
    """One server of others. ``knows`` are servers whose keys it vouches for."""

    who: Identity
    home: FederatingServer
    _session: aiohttp.ClientSession
    heard: list[Heard] = field(factory=list, init=False)
    knows: list[Identity] = field(factory=list, init=False)
    held_up: dict[str, asyncio.Event] = field(factory=dict, init=False)
    """Requests with these texts in their path or body are answered with an error, and not before
    the event is set."""
    _transactions: int = field(default=0, init=False)

    @property
    def name(self) -> str:
        """Server name."""
        return self.who.name

    def user(self, localpart: str) -> str:
        """Give the full id of somebody there."""
        return f"@{localpart}:{self.name}"

    def forget(self) -> None:
        """Begin to listen anew."""
        self.heard.clear()

    def paths(self) -> str:
        """Give the paths of all requests that reached it, one a line."""
        return "\n".join(each.path for each in self.heard)

    def told(self) -> dict[str, list[dict[str, Any]]]:
        """Give what it was sent in transactions: ``PDU``, or the type of an EDU, to the contents."""
        told: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for each in self.heard:
            if each.path.startswith(f"{FEDERATION}/v1/send/"):
                told["PDU"] += each.content["pdus"]
                for edu in each.content.get("edus", ()):
                    told[edu["edu_type"]].append(edu["content"])
        return told

    def prepare(self, method: str, uri: str, content: Any = None, *, as_: str = "") -> Prepared:
        """Sign a request; ``as_`` is the server it claims to come from, if not this one."""
        authorization = self.who.authorization(method, uri, self.home.server_name, content, as_=as_)
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        body = b"" if content is None else json.dumps(content).encode()
        return Prepared(method, uri, headers, body)

    async def send(self, prepared: Prepared) -> tuple[int, dict[str, Any]]:
        """Send a request as it was prepared; an answer that is no JSON is given as ``{}``."""
        async with self._session.request(
            prepared.method,
            # Byte for byte what was signed.
            URL(self.home.federation_url + prepared.uri, encoded=True),
            headers=prepared.headers,
            data=prepared.body,
        ) as response:
            body = await response.read()
        try:
            return response.status, dict(json.loads(body))
        except ValueError:
            return response.status, {}

    async def ask(
        self, method: str, path: str, content: Any = None, *, as_: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """Sign and send a request below ``/_matrix/federation``."""
        return await self.send(self.prepare(method, FEDERATION + path, content, as_=as_))

    def transaction(self, *pdus: dict[str, Any]) -> Prepared:
        """Prepare the sending of events (server-server API, "Transactions")."""
        self._transactions += 1
        content = {"origin": self.name, "origin_server_ts": 1, "pdus": pdus, "edus": []}
        uri = f"{FEDERATION}/v1/send/{self._transactions}"
        return self.prepare("PUT", uri, json.loads(json.dumps(content)))

    async def respond(self, request: web.Request) -> web.Response:
        """Answer one request, the way an obliging server would."""
        heard = Heard(request.method, request.path_qs, await request.read())
        self.heard.append(heard)
        for text, released in self.held_up.items():
            if text in heard.path or text.encode() in heard.body:
                await released.wait()
                return web.json_response({"errcode": "M_UNKNOWN"}, status=500)
        if heard.path.startswith(f"{FEDERATION}/v1/media/download/"):
            return web.Response(body=FILE, headers=FILE_HEADERS)
        status, answer = self._answer(heard)
        return web.json_response(answer, status=status)

    def _answer(self, heard: Heard) -> tuple[int, dict[str, Any]]:
        answers: Mapping[str, Callable[[], dict[str, Any]]] = {
            "/_matrix/key/v2/server": self.who.keys,
            "/_matrix/key/v2/query": lambda: self._vouch_for(heard.content["server_keys"]),
            f"{FEDERATION}/v1/send/": lambda: {"pdus": _acknowledged(heard.content["pdus"])},
            f"{FEDERATION}/v2/invite/": lambda: {"event": self.who.signed(heard.content["event"])},
            f"{FEDERATION}/v1/query/profile": lambda: {"displayname": "somebody"},
            f"{FEDERATION}/v1/publicRooms": lambda: {"chunk": []},
            f"{FEDERATION}/v1/user/keys/query": lambda: {"device_keys": {}},
            f"{FEDERATION}/v1/user/keys/claim": lambda: {"one_time_keys": {}},
        }
        for path, answer in answers.items():
            if heard.path.startswith(path):
                return 200, answer()
        return 404, {"errcode": "M_NOT_FOUND", "error": "nothing here"}

    def _vouch_for(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        known = [self.who, *self.knows]
        return vouched((each.keys() for each in known if each.name in wanted), self.who)


def _acknowledged(pdus: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Accept events (server-server API, "Transactions"); ids are made alike since version 4."""
    version = RoomVersions.V11
    return {make_event_from_dict(event, version).event_id: {} for event in pdus}


@asynccontextmanager
async def peer_of(
    home: FederatingServer, certificate: Certificate, address: str
) -> AsyncIterator[Peer]:
    """Have a peer of ``home`` listen with TLS on a free port of ``address``, one of loopback's."""
    trusting = ssl.create_default_context(cafile=str(certificate.certificate))
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(certificate.certificate, certificate.key)
    async with AsyncExitStack() as stack:
        lease = stack.enter_context(PortLease())
        connector = aiohttp.TCPConnector(ssl=trusting, limit=50)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        peer = Peer(Identity.made_up(f"{address}:{lease.port}"), home, session)
        application = web.Application(client_max_size=2**24)
        application.router.add_route("*", "/{path:.*}", peer.respond)
        runner = web.AppRunner(application)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, address, lease.port, ssl_context=serving).start()
        yield peer
