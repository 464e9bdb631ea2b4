# SPDX-License-Identifier: AGPL-3.0-or-later
"""The generated homeserver configuration: what Synapse, and the policy module, make of it."""

import stat
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from signedjson.key import read_signing_keys
from synapse.config.homeserver import HomeServerConfig

from karvon.config.layout import Layout
from karvon.config.problems import ConfigError
from karvon.config.secretstore import SecretStore
from karvon.stack.prepare import prepare_homeserver
from karvon.stack.synapse import merged, signing_key
from karvon.stack.users import registration_mac
from policy_module.history.module import HistoryModule
from policy_module.module import PolicyModule
from tests.karvon.configs import configured

EXAMPLE_POLICY = Path(__file__).parents[2] / "config" / "policy.example.yaml"


def prepared(text: str, folder: Path) -> tuple[HomeServerConfig, dict[str, Any]]:
    """What Synapse reads from the generated file, and the file as it is."""
    config = configured(text, folder)
    layout = Layout.of(config)
    prepare_homeserver(config, SecretStore(layout.secrets))
    path = layout.homeserver_config
    synapse = HomeServerConfig.load_config("test", ["-c", str(path)])
    return synapse, YAML(typ="safe").load(path)


def test_defaults_close_the_homeserver(tmp_path: Path) -> None:
    synapse, raw = prepared("{}", tmp_path)
    assert synapse.server.server_name == "karvon.localhost"
    assert synapse.federation.federation_domain_whitelist == {}
    assert synapse.key.key_servers == []
    assert synapse.registration.enable_registration is False
    assert synapse.media.url_preview_enabled is False
    (listener,) = raw["listeners"]
    assert (listener["bind_addresses"], listener["port"]) == (["127.0.0.1"], 8008)
    assert [name for one in listener["resources"] for name in one["names"]] == ["client"]
    module, history = raw["modules"]
    assert module["module"] == f"{PolicyModule.__module__}.{PolicyModule.__name__}"
    assert history["module"] == f"{HistoryModule.__module__}.{HistoryModule.__name__}"
    assert PolicyModule.parse_config(module["config"]) is not None


def test_the_bridge_is_registered(tmp_path: Path) -> None:
    synapse, raw = prepared("{}", tmp_path)
    assert synapse.appservice.app_service_config_files == raw["app_service_config_files"]
    registration = YAML(typ="safe").load(Path(raw["app_service_config_files"][0]))
    assert registration["url"] == "http://127.0.0.1:29317"
    assert registration["io.element.msc4190"] is True


def test_the_policy_module_is_in_charge_of_federation(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(
        'federation: {allow: [matrix.example.org, "*.edu.example.org"]}\n'
    )
    text = "policy: {file: policy.yaml}\nfederation: {enabled: true}\n"
    synapse, raw = prepared(text, tmp_path)
    assert synapse.federation.federation_domain_whitelist == {}
    assert synapse.key.key_servers == []
    config = PolicyModule.parse_config(raw["modules"][0]["config"])
    assert config.policy == tmp_path / "policy.yaml"
    assert config.state == tmp_path / "var" / "policy"
    assert config.audit == tmp_path / "var" / "audit"
    assert "federation" in raw["listeners"][0]["resources"][0]["names"]


def test_the_first_policy_file_lets_nobody_in(tmp_path: Path) -> None:
    synapse, raw = prepared("{}", tmp_path)
    policy = tmp_path / "var" / "policy.yaml"
    assert raw["modules"][0]["config"]["policy"] == str(policy)
    assert policy.read_text() == EXAMPLE_POLICY.read_text()
    assert synapse.key.key_servers == []
    assert raw["listeners"][0]["resources"][0]["names"] == ["client"]


def test_a_wrong_policy_file_is_an_error_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("federation: {alow: []}\n")
    with pytest.raises(ConfigError, match=r"line 1: federation[.]alow: unknown key"):
        prepared("policy: {file: policy.yaml}\n", tmp_path)


def test_secrets_and_signing_key_stay_the_same(tmp_path: Path) -> None:
    _, first = prepared("{}", tmp_path)
    key = (tmp_path / "var/homeserver/signing.key").read_bytes()
    _, second = prepared("logging: {level: DEBUG}\n", tmp_path)
    assert first == second
    assert (tmp_path / "var/homeserver/signing.key").read_bytes() == key
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in (tmp_path / "var/homeserver").iterdir()
    }
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "var/homeserver").stat().st_mode) == 0o700


def test_the_signing_key_is_one_synapse_reads() -> None:
    seed = bytes(range(34))
    (key,) = read_signing_keys(signing_key(seed).decode().splitlines())
    assert (key.alg, key.version) == ("ed25519", "a_2021")
    assert bytes(key) == seed[:32]


def test_postgresql_addresses_are_taken_apart(tmp_path: Path) -> None:
    text = "homeserver: {database: 'postgresql://syn%40pse:p%2Fw@db.example:5433/hs'}\n"
    _, raw = prepared(text, tmp_path)
    assert raw["database"]["name"] == "psycopg2"
    arguments = raw["database"]["args"]
    assert (arguments["user"], arguments["password"]) == ("syn@pse", "p/w")
    assert (arguments["host"], arguments["port"], arguments["dbname"]) == ("db.example", 5433, "hs")


def test_further_settings_win_and_extend_lists(tmp_path: Path) -> None:
    (tmp_path / "extra.yaml").write_text(
        "enable_registration: true\n"
        "enable_registration_without_verification: true\n"
        "rc_login: {address: {burst_count: 7}}\n"
        "app_service_config_files: []\n"
        "modules:\n"
        "  - {module: policy_module.module.PolicyModule, config: {policy: p, state: s, audit: a}}\n"
    )
    synapse, raw = prepared("homeserver: {extra_config: extra.yaml}\n", tmp_path)
    assert synapse.registration.enable_registration is True
    assert raw["rc_login"]["address"] == {"per_second": 1, "burst_count": 7}
    assert len(raw["modules"]) == 3
    assert len(raw["app_service_config_files"]) == 4


def test_nonsense_in_further_settings_is_named_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "extra.yaml"
    path.write_text("a: 1\na: 2\n")
    with pytest.raises(ConfigError) as caught:
        prepared("homeserver: {extra_config: extra.yaml}\n", tmp_path)
    assert str(caught.value) == f"{path}:2:1: a: is already set in line 1; keep one of the two"


def test_json_logs_of_the_homeserver(tmp_path: Path) -> None:
    prepared("logging: {format: json}\nhomeserver: {log_level: INFO}\n", tmp_path)
    log = YAML(typ="safe").load(tmp_path / "var/homeserver/log.yaml")
    assert log["handlers"]["terminal"]["formatter"] == "json"
    assert log["root"]["level"] == "INFO"


def test_merging_keeps_what_is_not_named() -> None:
    base = {"a": {"x": 1, "y": [1]}, "b": 1}
    assert merged(base, {"a": {"y": [2]}, "c": 3}) == {"a": {"x": 1, "y": [2]}, "b": 1, "c": 3}
    assert base == {"a": {"x": 1, "y": [1]}, "b": 1}


def test_the_proof_of_the_shared_secret() -> None:
    # Computed with: printf 'n\0u\0p\0notadmin' | openssl sha1 -hmac secret
    mac = registration_mac("secret", "n", "u", "p")
    assert mac == "0f2b4751fa14a68d6a6878c313b752580706c394"
