# SPDX-License-Identifier: AGPL-3.0-or-later
"""A bridge looks where its destinations are when it starts, and while it runs."""

import asyncio
from ipaddress import ip_address
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from karvon.config.load import load_config
from karvon.config.model import KarvonConfig
from karvon.config.problems import ConfigError
from karvon.residency.bridges import (
    CLOUD_API,
    CLOUD_FILES,
    WHATSAPP,
    bridge_data,
    network_endpoints,
)
from karvon.residency.watch import UNWATCHED, BridgeResidency, bridge_residency
from policy_module.residency.audit import Auditor
from policy_module.residency.endpoints import Endpoint, Purpose, Remote
from policy_module.residency.resolve import Answer
from policy_module.residency.storage import Disks
from policy_module.rules.load import load
from policy_module.rules.policy import Policy
from tests.karvon.configs import configured

POLICY = """\
territories: {home: {networks: [192.0.2.0/24]}}
residency: {territory: home, on_violation: warn, interval: 60}
"""
REFUSING = POLICY.replace("warn", "refuse")
ABROAD = "egress: {bridges: [{host: 149.154.167.51, abroad: true}]}\n"
CONFIG = """\
policy: {file: policy.yaml}
telegram: {api_id: 5, api_hash: "00000000000000000000000000000000"}
"""
PROXY = Endpoint(Purpose.PROXY, "karvon.yaml: telegram.proxy", Remote("proxy.test", 1080))


@pytest.fixture
def config(tmp_path: Path) -> KarvonConfig:
    (tmp_path / "karvon.yaml").write_text(CONFIG)
    return load_config(Path("karvon.yaml"), {}, cwd=tmp_path)


async def said(config: KarvonConfig) -> list[str]:
    """Start a bridge's check, and give what is logged before it waits."""

    async def sleep(seconds: float) -> None:
        raise asyncio.CancelledError

    residency = bridge_residency(config, config.telegram)
    residency.begin()
    with capture_logs() as logged, pytest.raises(asyncio.CancelledError):
        await residency.watch(sleep)
    return [entry["which"] for entry in logged]


async def test_what_is_outside_is_said_at_the_start(config: KarvonConfig, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY)
    [which] = await said(config)
    assert which == (
        "149.154.167.51:443 (network, karvon.yaml: telegram) is outside: not in territory home:"
        " 149.154.167.51"
    )


def test_or_the_bridge_does_not_start(config: KarvonConfig, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(REFUSING)
    with pytest.raises(ConfigError) as refused:
        bridge_residency(config, config.telegram).begin()
    assert "149.154.167.51:443 (network, karvon.yaml: telegram) is outside" in str(refused.value)
    assert "egress" in str(refused.value)


async def test_what_the_policy_accepts_is_quiet(config: KarvonConfig, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(REFUSING + ABROAD)
    assert await said(config) == []


@pytest.mark.parametrize("text", [None, "{}", "half a policy"])
async def test_without_a_policy_or_a_territory_nothing_is_looked_at(
    config: KarvonConfig, tmp_path: Path, text: str | None
) -> None:
    if text is not None:
        (tmp_path / "policy.yaml").write_text(text)
    assert await said(config) == []


async def test_a_proxy_that_moves_abroad_is_logged_once() -> None:
    addresses = ["192.0.2.9"]
    turns = [["192.0.2.9"], ["198.51.100.9"], ["198.51.100.9"], ["192.0.2.9"]]
    slept: list[float] = []

    def resolve(host: str) -> Answer:
        return Answer((ip_address(addresses[0]),))

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if not turns:
            raise asyncio.CancelledError
        addresses[:] = turns.pop(0)

    auditor = Auditor(resolve, Disks, lambda: 0.0)
    policy = load(POLICY, "home.test", str)
    residency = BridgeResidency([PROXY], lambda: policy, auditor)
    residency.begin()
    with capture_logs() as logged, pytest.raises(asyncio.CancelledError):
        await residency.watch(sleep)
    assert [entry["before"] for entry in logged] == ["inside", "outside"]
    assert "proxy.test:1080" in logged[0]["now"]
    assert "is outside" in logged[0]["now"]
    assert slept == [60.0] * 5


async def test_a_policy_that_comes_later_is_found() -> None:
    policies: list[Policy | None] = [None, load(POLICY, "home.test", str), None]
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if not policies:
            raise asyncio.CancelledError

    auditor = Auditor(lambda host: Answer(), Disks, lambda: 0.0)
    residency = BridgeResidency([PROXY], lambda: policies.pop(0), auditor)
    residency.begin()
    with pytest.raises(asyncio.CancelledError):
        await residency.watch(sleep)
    assert slept == [UNWATCHED, 60.0, UNWATCHED]


def test_linked_whatsapp_accounts_connect_to_whatsapp_or_to_their_proxy_first(
    tmp_path: Path,
) -> None:
    said = "whatsapp: {enabled: true, linked: {proxy: 'socks5://ali:word@proxy.test:1080'}}"
    config = configured(said, tmp_path)
    found = [(one.purpose, one.target) for one in network_endpoints(config, config.whatsapp, {})]
    assert (Purpose.PROXY, Remote("proxy.test", 1080)) in found
    assert (Purpose.NETWORK, WHATSAPP) in found
    off = configured("whatsapp: {enabled: true, linked: {enabled: false}}", tmp_path)
    purposes = [one.purpose for one in network_endpoints(off, off.whatsapp, {})]
    assert Purpose.NETWORK not in purposes


def test_the_cloud_api_is_two_places_unless_it_is_made_up(tmp_path: Path) -> None:
    cloud = "whatsapp: {enabled: true, linked: {enabled: false}, cloud: {enabled: true"
    real = configured(f"{cloud}}}}}", tmp_path)
    found = [one.target for one in network_endpoints(real, real.whatsapp, {})]
    assert {CLOUD_API, CLOUD_FILES} <= set(found)
    made_up = configured(f"{cloud}, graph_url: 'http://127.0.0.1:5380'}}}}", tmp_path)
    found = [one.target for one in network_endpoints(made_up, made_up.whatsapp, {})]
    assert Remote("127.0.0.1", 5380) in found
    assert CLOUD_FILES not in found


def test_what_is_kept_of_linked_whatsapp_accounts_is_named(tmp_path: Path) -> None:
    def kept(text: str) -> list[str]:
        return [one.what for one in bridge_data(configured(text, tmp_path), (), Disks())]

    linked = kept("whatsapp: {enabled: true}")
    assert any("keys of linked WhatsApp accounts" in one for one in linked)
    off = kept("whatsapp: {enabled: false}")
    assert not any("WhatsApp" in one for one in off)
