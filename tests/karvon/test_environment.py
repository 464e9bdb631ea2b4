# SPDX-License-Identifier: AGPL-3.0-or-later
"""Values from the environment win over the file, and their mistakes name the variable."""

from pathlib import Path

from karvon.config.environment import variable_name
from tests.karvon.configs import API_HASH, complaints, configured


def test_a_variable_stands_for_a_key(tmp_path: Path) -> None:
    environ = {
        "KARVON__TELEGRAM__API_ID": "7",
        "KARVON__TELEGRAM__API_HASH": API_HASH,
        "KARVON__FEDERATION__KEY_SERVERS": "[a.example, b.example]",
        "KARVON__BRIDGE__METRICS": "true",
        "KARVON__SANDBOX__ENABLED": "false",
        "KARVON__DATA_DIR": "/srv/5",
        "PATH": "/bin",
    }
    config = configured("telegram: {api_id: 5}\n", tmp_path, environ)
    assert config.telegram.api_id == 7
    assert config.telegram.api_hash is not None
    assert config.telegram.api_hash.get_secret_value() == API_HASH
    assert config.federation.key_servers == ("a.example", "b.example")
    assert config.bridge.metrics is True
    assert config.sandbox.enabled is False
    assert config.data_dir == Path("/srv/5")


def test_text_that_looks_like_a_number_stays_text(tmp_path: Path) -> None:
    environ = {"KARVON__HOMESERVER__REGISTRATION_SHARED_SECRET": "12345"}
    secret = configured("{}", tmp_path, environ).homeserver.registration_shared_secret
    assert secret is not None
    assert secret.get_secret_value() == "12345"


def test_a_secret_file_may_be_named_and_replaces_the_file_s_secret(tmp_path: Path) -> None:
    (tmp_path / "hash").write_text(f"{API_HASH}\n")
    environ = {"KARVON__TELEGRAM__API_HASH_FILE": "hash"}
    config = configured(f"telegram: {{api_id: 5, api_hash: {'f' * 32}}}\n", tmp_path, environ)
    assert config.telegram.api_hash is not None
    assert config.telegram.api_hash.get_secret_value() == API_HASH


def test_a_secret_replaces_the_file_s_secret_file(tmp_path: Path) -> None:
    environ = {"KARVON__TELEGRAM__API_HASH": API_HASH}
    config = configured("telegram: {api_id: 5, api_hash_file: nowhere}\n", tmp_path, environ)
    assert config.telegram.api_hash is not None


def test_mistakes_name_the_variable(tmp_path: Path) -> None:
    assert complaints("{}", tmp_path, {"KARVON__TELEGRAM__API_ID": "five"}) == [
        (
            "environment variable KARVON__TELEGRAM__API_ID: telegram.api_id: must be a whole number, "
            "for example 1234567"
        )
    ]
    assert complaints("{}", tmp_path, {"KARVON__TELEGRAM__APIID": "5"}) == [
        (
            "environment variable KARVON__TELEGRAM__APIID: stands for no key; did you mean "
            "KARVON__TELEGRAM__API_ID?"
        )
    ]
    assert complaints("{}", tmp_path, {"KARVON__FEDERATION__KEY_SERVERS": "[a"}) == [
        (
            "environment variable KARVON__FEDERATION__KEY_SERVERS: federation.key_servers: "
            "is not YAML: while parsing a flow sequence expected ',' or ']', but got '<stream end>'"
        )
    ]


def test_a_null_unsets(tmp_path: Path) -> None:
    environ = {"KARVON__FEDERATION__KEY_SERVERS": "null"}
    text = "federation: {key_servers: [b.example]}\n"
    assert configured(text, tmp_path, environ).federation.key_servers is None


def test_names_of_variables() -> None:
    assert variable_name(("telegram", "api_id")) == "KARVON__TELEGRAM__API_ID"
