# SPDX-License-Identifier: AGPL-3.0-or-later
"""The first policy file, and which policy a bridge obeys."""

from pathlib import Path

import pytest

from karvon.config.layout import Layout
from karvon.config.model import KarvonConfig
from karvon.config.settings import policy_settings
from karvon.stack.policy import prepare_policy, read_policy
from policy_module.rules.decide import decide
from policy_module.rules.document import PolicyDocument, Purpose
from policy_module.rules.requests import Allow, EgressRequest
from tests.karvon.configs import configured

REAL = "telegram: {api_id: 5, api_hash: '0123456789abcdef0123456789abcdef'"


def in_folder(text: str, folder: Path) -> KarvonConfig:
    """A configuration whose data folder is there."""
    config = configured(text, folder)
    config.data_dir.mkdir(parents=True, exist_ok=True)
    return config


def listed(text: str, folder: Path) -> dict[str, bool]:
    """The hosts the first policy lists for bridges, and whether they may lie abroad."""
    config = in_folder(text, folder)
    prepare_policy(config)
    document = read_policy(config).document
    return {entry.host: entry.abroad for entry in document.egress.bridges}


def test_with_everything_on_this_machine_nothing_is_listed(tmp_path: Path) -> None:
    config = in_folder("{}", tmp_path)
    prepare_policy(config)
    assert read_policy(config).document == PolicyDocument()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (REAL + "}", {"telegram.org": True}),
        (
            REAL + ", url: 'http://Telegram:29317'}",
            {"telegram:29317": False, "telegram.org": True},
        ),
        (
            REAL + ", url: 'https://bridge.example.org'}",
            {"bridge.example.org": False, "telegram.org": True},
        ),
        (
            REAL + ", proxy: {type: socks5, host: proxy.example.org, port: 1080}}",
            {"telegram.org": True, "proxy.example.org:1080": False},
        ),
        (REAL + ", enabled: false}", {}),
        (
            REAL + ", enabled: false}\nwhatsapp: {enabled: true}",
            {"whatsapp.com": True, "whatsapp.net": True},
        ),
        (
            REAL + ", enabled: false}\n"
            "whatsapp: {enabled: true, linked: {proxy: 'http://a:b@proxy.example.org:3128'}}",
            {"whatsapp.com": True, "whatsapp.net": True, "proxy.example.org:3128": False},
        ),
    ],
)
def test_what_karvon_yaml_has_switched_on_is_listed(
    text: str, expected: dict[str, bool], tmp_path: Path
) -> None:
    assert listed(text, tmp_path) == expected


def test_it_is_made_once(tmp_path: Path) -> None:
    assert listed("{}", tmp_path) == {}
    assert listed(REAL + "}", tmp_path) == {}


def test_what_is_listed_is_allowed(tmp_path: Path) -> None:
    config = in_folder(REAL + "}", tmp_path)
    prepare_policy(config)
    answer = decide(read_policy(config), EgressRequest(Purpose.BRIDGES, "telegram.org"), 0.0)
    assert isinstance(answer, Allow)


def test_a_bridge_obeys_the_file_of_its_homeserver_if_it_is_here(tmp_path: Path) -> None:
    config = in_folder("{}", tmp_path)
    assert policy_settings(config) is None
    prepare_policy(config)
    settings = policy_settings(config)
    assert settings is not None
    assert (settings.file, settings.state) == (
        Layout.of(config).policy,
        Layout.of(config).policy_state,
    )


def test_a_bridge_obeys_the_file_it_is_told_to(tmp_path: Path) -> None:
    settings = policy_settings(configured("policy: {file: rules.yaml}", tmp_path))
    assert settings is not None
    assert settings.file == tmp_path / "rules.yaml"
