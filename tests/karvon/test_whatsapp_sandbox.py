# SPDX-License-Identifier: AGPL-3.0-or-later
"""When the sandbox's WhatsApp runs, and that nothing else depends on it."""

import asyncio
from pathlib import Path

import pytest

from bridges.whatsapp.config import WhatsAppConfig
from karvon.config.secretstore import SecretStore
from karvon.config.settings import bridge_settings
from karvon.residency.bridges import network_endpoints
from karvon.stack.parts import WHATSAPP_SANDBOX, WHATSAPP_WORKER, plan
from karvon.stack.ports import is_listened_on
from karvon.stack.whatsapp import (
    has_library,
    has_module,
    hindrance,
    missing,
    without_whatsapp_sandbox,
)
from policy_module.residency.endpoints import Purpose, Remote
from sandbox.whatsapp.join import environment
from tests.karvon.configs import API_HASH, configured

DEFAULTS = "logging: {}\n"
REAL_TELEGRAM = f'telegram: {{api_id: 5, api_hash: "{API_HASH}"}}\n'


@pytest.mark.parametrize(
    ("text", "is_used"),
    [
        (DEFAULTS, True),
        ("sandbox: {enabled: false}\n" + REAL_TELEGRAM, False),
        (REAL_TELEGRAM, False),
        ("whatsapp: {enabled: true}", False),
        ("sandbox: {whatsapp: {enabled: false}}", False),
        ("sandbox: {whatsapp: {enabled: true}}\n" + REAL_TELEGRAM, True),
        ("homeserver: {managed: false, url: 'https://m.example.org'}\n" + REAL_TELEGRAM, False),
    ],
)
def test_it_is_used_where_nothing_real_is_configured(
    text: str, is_used: bool, tmp_path: Path
) -> None:
    config = configured(text, tmp_path)
    names = {part.name for part in plan(config, None)}
    assert config.uses_whatsapp_sandbox is is_used
    assert ({WHATSAPP_SANDBOX, WHATSAPP_WORKER} <= names) is is_used


def test_the_bridge_is_sent_to_the_sandboxs_worker_and_asks_the_policy_for_nothing_abroad(
    tmp_path: Path,
) -> None:
    config = configured(DEFAULTS, tmp_path)
    settings = bridge_settings(config, config.whatsapp, SecretStore(tmp_path / "secrets"))
    network = settings.network
    assert isinstance(network, WhatsAppConfig)
    worker = next(part for part in plan(config, None) if part.name == WHATSAPP_WORKER)
    assert worker.ready_url == f"unix:{network.linked.worker}"
    assert str(network.linked.worker_files) in worker.command
    assert network.linked.destinations == ()
    assert WhatsAppConfig().linked.destinations == ("whatsapp.com", "whatsapp.net")


@pytest.mark.parametrize(
    ("module", "library", "words"),
    [
        ("neonize", "", "karvon[whatsapp,sandbox]"),
        ("pyaileys", "", "karvon[whatsapp,sandbox]"),
        ("", "libmagic.so.1", "apt install libmagic1"),
    ],
)
def test_what_is_missing_is_said_with_what_to_do(module: str, library: str, words: str) -> None:
    said = missing(lambda name: name != module, lambda name: name != library)
    assert said is not None
    assert words in said


def test_a_data_folder_that_is_too_deep_for_sockets_is_told(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 100)
    said = hindrance(configured(DEFAULTS, deep))
    assert said is not None
    assert "data_dir" in said
    assert hindrance(configured("sandbox: {whatsapp: {enabled: false}}", deep)) is None


def test_its_front_is_where_the_bridge_is_said_to_connect(tmp_path: Path) -> None:
    config = configured(DEFAULTS, tmp_path)
    found = [
        one.target
        for one in network_endpoints(config, config.whatsapp, {})
        if one.purpose is Purpose.NETWORK
    ]
    assert found == [Remote("127.0.0.1", config.sandbox.whatsapp.front_port)]


def test_what_is_installed_is_found() -> None:
    assert (has_module("json"), has_module("no_such_module")) == (True, False)
    assert (has_library("libc.so.6"), has_library("libnothing.so.9")) == (True, False)


def test_without_it_telegram_goes_on(tmp_path: Path) -> None:
    config = without_whatsapp_sandbox(configured(DEFAULTS, tmp_path))
    assert [network.network_id for network in config.networks] == ["telegram"]
    assert missing(lambda _: True, lambda _: True) is None


def test_a_client_of_the_sandbox_knows_no_other_way_out() -> None:
    told = {"proxy": "http://127.0.0.1:5", "root_key": "00ff"}
    inherited = {
        "PATH": "/bin",
        "HTTPS_PROXY": "http://proxy.example.org",
        "ALL_PROXY": "socks5://a",
    }
    assert environment(inherited, told, Path("/a/authority.pem")) == {
        "PATH": "/bin",
        "SSL_CERT_FILE": "/a/authority.pem",
        "SANDBOX_WHATSAPP_ROOT": "00ff",
        "https_proxy": "http://127.0.0.1:5",
        "no_proxy": "127.0.0.1",
    }


async def test_a_socket_counts_only_while_somebody_listens(tmp_path: Path) -> None:
    path = tmp_path / "a socket"
    connected = 0

    def connect(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connected
        connected += 1
        writer.close()

    assert not is_listened_on(path)
    server = await asyncio.start_unix_server(connect, path)
    assert is_listened_on(path)
    server.close()
    await server.wait_closed()
    assert not is_listened_on(path)
    assert connected == 0
