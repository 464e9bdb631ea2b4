# SPDX-License-Identifier: AGPL-3.0-or-later
"""The guide and the bridges, each from the one configuration, fit together."""

from pathlib import Path

import pytest
from mautrix.types import UserID

from bridges.core.provisioning.secret import provisioning_secret
from bridges.guide.live import services
from karvon.config.layout import Layout
from karvon.config.secretstore import SecretStore
from karvon.config.settings import bridge_settings
from karvon.stack.guide import guide_settings
from tests.karvon.configs import configured

CONFIG = (
    "homeserver: {server_name: example.test}\nbridge: {username_template: 'x.{network}_{userid}'}\n"
)


def test_the_guide_has_each_bridges_address_and_secret(tmp_path: Path) -> None:
    config = configured(CONFIG, tmp_path)
    secrets = SecretStore(Layout.of(config).secrets)
    guide = guide_settings(config, secrets)
    assert [one.network for one in guide.bridges] == ["telegram", "whatsapp"]
    for network, address in zip(config.networks, guide.bridges, strict=True):
        bridge = bridge_settings(config, network, secrets)
        assert address.secret == provisioning_secret(bridge.encryption_key, network.network_id)
        assert address.url == bridge.registration.url
        assert address.secret not in repr(guide)
    assert len({one.secret for one in guide.bridges}) == 2


@pytest.mark.parametrize(
    ("user", "is_service"),
    [
        ("@x.telegram_123:example.test", True),
        ("@x.whatsapp_lid-5:example.test", True),
        ("@telegrambot:example.test", True),
        ("@karvon:example.test", True),
        ("@_karvon_archive_telegram_1:example.test", True),
        ("@karvonchi:example.test", False),
        ("@ali:example.test", False),
        ("@x.telegram_123:other.test", False),
        ("@telegram_123:example.test", False),
    ],
)
def test_bots_and_ghosts_are_told_from_people(tmp_path: Path, user: str, is_service: bool) -> None:
    config = configured(CONFIG, tmp_path)
    settings = guide_settings(config, SecretStore(Layout.of(config).secrets))
    assert services(settings.services)(UserID(user)) is is_service
