# SPDX-License-Identifier: AGPL-3.0-or-later
"""Several real homeservers that federate over TLS on loopback.

Each is called ``localhost:PORT`` or, where they must have different addresses, ``127.0.0.N:PORT``: a
name with a port needs neither DNS nor .well-known (Matrix server-server API, "Resolving server
names"), so nothing leaves the machine.
"""

import asyncio
import contextlib
import ipaddress
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp
from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.ports import LOOPBACK, PortLease
from tests.support.synapse import SynapseServer, SynapseSettings

HOST = "localhost"
ADDRESSES = tuple(f"127.0.0.{number}" for number in range(1, 6))
"""Addresses of loopback that servers may have for a name."""


@frozen
class Certificate:
    """A self-signed certificate for loopback, which every test server shows and trusts."""

    certificate: Path
    key: Path


def make_certificate(folder: Path, *hosts: str) -> Certificate:
    """Write a fresh certificate and its key into ``folder``; ``hosts`` are further names in it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in (HOST, *hosts)]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in ADDRESSES]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Certificate(folder / "localhost.crt", folder / "localhost.key")
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return made


class FederatingServer(SynapseServer):
    """A homeserver with a second listener for federation, on the port in its name.

    ``host`` is the rest of its name: localhost, or one of :data:`ADDRESSES`.
    """

    def __init__(
        self,
        data: Path,
        certificate: Certificate,
        federation: PortLease,
        extra: Mapping[str, Any] | None = None,
        host: str = HOST,
        database_url: str | None = None,
    ) -> None:
        self._federation = federation
        self._address = LOOPBACK if host == HOST else host
        super().__init__(
            data,
            SynapseSettings(
                server_name=f"{host}:{federation.port}",
                database_url=database_url,
                extra_config={**federation_config(certificate), **(extra or {})},
            ),
        )

    @property
    def federation_url(self) -> str:
        """Base URL of the server-server API, without a slash at the end."""
        return f"https://{self.server_name}"

    async def close(self) -> None:
        """Make sure nothing of it runs, and give its ports back."""
        await super().close()
        self._federation.release()

    def _write_files(self) -> Path:
        path = super()._write_files()
        config = json.loads(path.read_text())
        config["listeners"].append(
            {
                "port": self._federation.port,
                "type": "http",
                "tls": True,
                "bind_addresses": [self._address],
                "resources": [{"names": ["federation"]}],
            }
        )
        path.write_text(json.dumps(config, indent=1))
        return path


@asynccontextmanager
async def tls_front(certificate: Certificate, port: int, behind: int) -> AsyncIterator[None]:
    """Take TLS connections on ``port`` and pass what they carry to the plain port ``behind``.

    Workers of Synapse offer no TLS; a reverse proxy stands before them.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, behind)
        await asyncio.gather(carry(reader, inner_writer), carry(inner_reader, writer))

    async with await asyncio.start_server(
        connected, LOOPBACK, port, ssl=context, reuse_address=True
    ):
        yield


class Reached(Protocol):
    """A homeserver, or one process of it, that people speak to."""

    @property
    def url(self) -> str:
        """Base URL of the client-server API."""

    def mxid(self, localpart: str) -> str:
        """Full user id of a local user."""


class Person:
    """A logged-in user, speaking the client-server API directly.

    The tests here are about the status and the words of an answer, which client libraries hide.
    """

    def __init__(self, server: Reached, name: str, token: str) -> None:
        self.mxid = server.mxid(name)
        self._base = server.url
        self._headers = {"Authorization": f"Bearer {token}"}

    @classmethod
    async def register(cls, server: SynapseServer, name: str, *, admin: bool = False) -> "Person":
        """Create the account."""
        return cls(server, name, await server.register_user(name, f"pass {name}", admin))

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Send a request below ``/_matrix/client/v3`` (or any absolute path)."""
        url = path if path.startswith("/_") else f"/_matrix/client/v3/{path}"
        async with (
            aiohttp.ClientSession(headers=self._headers) as session,
            session.request(method, self._base + url, json=body) as response,
        ):
            return response.status, await response.json()

    async def create_room(self, **request: Any) -> str:
        """Create a room that must succeed, and give its id."""
        status, answer = await self.ask("POST", "createRoom", request)
        assert status == 200, answer
        return str(answer["room_id"])

    async def invite(self, room: str, mxid: str) -> tuple[int, dict[str, Any]]:
        """Invite somebody."""
        return await self.ask("POST", f"rooms/{quote(room)}/invite", {"user_id": mxid})

    async def join(self, room: str, *via: str) -> tuple[int, dict[str, Any]]:
        """Join by room id or alias."""
        query = "&".join(f"via={quote(server)}" for server in via)
        return await self.ask("POST", f"join/{quote(room)}?{query}", {})

    async def try_to_say(self, room: str, body: str) -> bool:
        """Send a text, and tell whether it was accepted."""
        return (await self.send(room, body))[0] == 200

    async def say(self, room: str, body: str) -> None:
        """Send a text that must be accepted."""
        status, answer = await self.send(room, body)
        assert status == 200, answer

    async def send(self, room: str, body: str) -> tuple[int, dict[str, Any]]:
        """Send a text."""
        content = {"msgtype": "m.text", "body": body}
        path = f"rooms/{quote(room)}/send/m.room.message/{quote(body)}"
        return await self.ask("PUT", path, content)

    async def heard(self, room: str) -> list[str]:
        """Give the texts of the room this person can read, oldest first."""
        status, answer = await self.ask("GET", f"rooms/{quote(room)}/messages?dir=f&limit=100")
        if status != 200:
            return []
        return [event["content"]["body"] for event in answer["chunk"] if "body" in event["content"]]

    async def rooms(self) -> tuple[set[str], set[str]]:
        """Give the rooms joined and the rooms invited to."""
        _, answer = await self.ask("GET", "sync?full_state=true")
        rooms = answer.get("rooms", {})
        return set(rooms.get("join", {})), set(rooms.get("invite", {}))


async def lets_in(url: str, server: str) -> bool:
    """Whether the process at ``url`` would let another server in.

    It is asked with a false signature: who is refused is refused before that is looked at.
    """
    header = f'X-Matrix origin="{server}",key="ed25519:a_test",sig="AAAA"'
    async with (
        aiohttp.ClientSession(headers={"Authorization": header}) as session,
        session.get(f"{url}/_matrix/federation/v1/event/$none") as response,
    ):
        answer = await response.json()
    if response.status == 401:
        return True
    assert (response.status, answer["error"]) == (403, f"Federation denied with {server}.")
    return False


@asynccontextmanager
async def running(*servers: SynapseServer) -> AsyncIterator[None]:
    """Start the homeservers side by side, and end all of them whatever happens."""
    try:
        await asyncio.gather(*(server.start() for server in servers))
        yield
    finally:
        for server in servers:
            await server.close()


def federation_config(certificate: Certificate) -> dict[str, Any]:
    """Give the keys of homeserver.yaml with which test servers federate."""
    soon = {
        "client_timeout": "5s",
        "max_long_retry_delay": "1s",
        "max_long_retries": 1,
        "destination_min_retry_interval": "1s",
        "destination_max_retry_interval": "5s",
    }
    return {
        "federation_domain_whitelist": None,
        "tls_certificate_path": str(certificate.certificate),
        "tls_private_key_path": str(certificate.key),
        "federation_custom_ca_list": [str(certificate.certificate)],
        "ip_range_blacklist": [],
        "federation": soon,
    }
