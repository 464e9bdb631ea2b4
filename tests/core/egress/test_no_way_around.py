# SPDX-License-Identifier: AGPL-3.0-or-later
"""No connection of ours passes the border by: what opens one is guarded, or declared here."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PRODUCT = ("karvon", "bridges", "policy_module")
"""The sandbox is no part of a homeserver: its made-up networks listen and talk on loopback."""

GUARDED_CONNECTORS = {"GuardedConnector", "OwnConnector"}

OPENERS = {
    *("TCPConnector", "UnixConnector", "request"),
    *("urlopen", "urlretrieve", "HTTPConnection", "HTTPSConnection", "SMTP", "SMTP_SSL"),
    *("open_connection", "open_unix_connection", "create_connection", "create_unix_connection"),
    *("SimpleHttpClient", "ProxyAgent", "Agent", "ReplicationClient", "MatrixFederationAgent"),
    *("socket", "Session", "AsyncClient", "ClientSession", "AppService", "HTTPAPI"),
    *("TelegramClient", "connect"),
}
"""Names whose call opens connections: of the standard library, aiohttp, Twisted, Synapse and others."""

CLIENTS = {
    *("aiohttp", "asyncio", "asyncpg", "http", "httpx", "mautrix", "requests", "smtplib", "socket"),
    *("synapse", "telethon", "treq", "twisted", "urllib", "urllib3", "websockets", "psycopg2"),
}

DECLARED = {
    "bridges/core/storage/database.py: connect": "the database: `karvon audit residency`",
    "bridges/telegram/client.py: TelegramClient": "asks the border: bridges/telegram/border.py",
    # The worker is a process of its own, most of it no Python: the bridge asks for its destinations
    # before it connects a device, and ends the connection when they go.
    "bridges/whatsapp/worker/calls/pictures.py: ClientSession": "bridges/whatsapp/linked/border.py",
    "bridges/whatsapp/worker/store.py: connect": "the database of keys, named by the operator",
    "bridges/whatsapp/linked/channel.py: open_unix_connection": "a program of ours on this machine",
    "karvon/stack/ports.py: socket": "looks whether a port of this machine is free",
}


def opened(source: str, module: str) -> Iterator[str]:
    """Give what a module opens connections with, other than sessions with a guarded connector."""
    tree = ast.parse(source)
    names = dict(_imported(tree))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = _called(node.func, names)
        if called is None:
            continue
        if called == "ClientSession" and _has_connector(node):
            continue
        yield f"{module}: {called}"


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Give the names that come from libraries with clients, as they are used, and what they are."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and _is_client(node.module):
            yield from ((one.asname or one.name, one.name) for one in node.names)
        elif isinstance(node, ast.Import):
            for one in node.names:
                if _is_client(one.name):
                    yield (one.asname or one.name.partition(".")[0]), ""


def _is_client(module: str | None) -> bool:
    return module is not None and module.partition(".")[0] in CLIENTS


def _called(function: ast.expr, names: dict[str, str]) -> str | None:
    if isinstance(function, ast.Name):
        name = names.get(function.id)
        return name if name in OPENERS else None
    if isinstance(function, ast.Attribute) and function.attr in OPENERS:
        base: ast.expr = function.value
        while isinstance(base, ast.Attribute):
            base = base.value
        return function.attr if isinstance(base, ast.Name) and base.id in names else None
    return None


def _has_connector(call: ast.Call) -> bool:
    """Whether a session is given a connector: one that is built elsewhere is found there."""
    given = next((one.value for one in call.keywords if one.arg == "connector"), None)
    if isinstance(given, ast.Call):
        return isinstance(given.func, ast.Name) and given.func.id in GUARDED_CONNECTORS
    return isinstance(given, ast.Name)


def test_what_opens_connections_is_guarded_or_declared() -> None:
    found = {
        one
        for package in PRODUCT
        for path in sorted((ROOT / package).rglob("*.py"))
        for one in opened(path.read_text("utf-8"), path.relative_to(ROOT).as_posix())
    }
    new = found - set(DECLARED)
    assert not new, "give sessions a GuardedConnector, ask the border, or say in DECLARED why not"
    assert not set(DECLARED) - found, "this is gone, and its declaration can go too"


@pytest.mark.parametrize(
    "source",
    [
        "import aiohttp\nasync def f():\n    async with aiohttp.ClientSession() as s: pass",
        "from aiohttp import ClientSession as S\nS(connector=None)",
        "from aiohttp import ClientSession, TCPConnector\nClientSession(connector=TCPConnector())",
        "import aiohttp as web\nweb.request('GET', 'x')",
        "import urllib.request\nurllib.request.urlopen('x')",
        "from urllib.request import urlopen\nurlopen('x')",
        "import asyncio\nasyncio.open_connection('x', 1)",
        "from synapse.http.client import SimpleHttpClient\nSimpleHttpClient(hs)",
        "import httpx\nhttpx.AsyncClient()",
    ],
)
def test_it_finds_them(source: str) -> None:
    assert list(opened(source, "m"))


@pytest.mark.parametrize(
    "source",
    [
        "import aiohttp\naiohttp.ClientSession(connector=GuardedConnector(b, o, 1))",
        "import aiohttp\ndef f(connector): aiohttp.ClientSession(connector=connector)",
        "class Session: pass\nSession()",
    ],
)
def test_it_leaves_what_is_guarded(source: str) -> None:
    assert not list(opened(source, "m"))
