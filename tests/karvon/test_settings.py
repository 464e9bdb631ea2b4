# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a bridge process is given, made from the one configuration."""

import base64
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.core.config import BridgeSettings, Level, Permissions, parse_size
from bridges.telegram.config import TelegramConfig
from karvon.config.layout import Layout
from karvon.config.secretstore import SecretStore
from karvon.config.settings import bridge_settings, sandbox_public_key
from tests.karvon.configs import API_HASH, ENCRYPTION_KEY, configured

REAL = f"telegram: {{api_id: 5, api_hash: {API_HASH}}}\n"


def settings_of(text: str, folder: Path) -> BridgeSettings:
    config = configured(text, folder)
    return bridge_settings(config, config.networks[0], SecretStore(Layout.of(config).secrets))


def telegram_of(settings: BridgeSettings) -> TelegramConfig:
    assert isinstance(settings.network, TelegramConfig)
    return settings.network


def test_defaults(tmp_path: Path) -> None:
    settings = settings_of(REAL, tmp_path)
    assert settings.homeserver_url == "http://127.0.0.1:8008"
    assert settings.bot_mxid == "@telegrambot:karvon.localhost"
    assert settings.bot.displayname == "Telegram bridge"
    assert settings.command_prefix == "!telegram"
    assert settings.displayname_template == "{displayname} (Telegram)"
    assert settings.ghost_mxid("7") == "@telegram_7:karvon.localhost"
    assert settings.database.url == f"sqlite:{tmp_path}/var/telegram.db"
    assert settings.database.schema is None
    assert settings.media_size == 100 * 1024 * 1024
    assert telegram_of(settings).server is None


def test_postgresql_gives_each_network_a_schema(tmp_path: Path) -> None:
    text = REAL + "bridge: {database: 'postgresql://karvon@db.example/karvon'}\n"
    database = settings_of(text, tmp_path).database
    assert (database.url, database.schema) == ("postgresql://karvon@db.example/karvon", "telegram")


def test_one_sqlite_file_per_network(tmp_path: Path) -> None:
    text = REAL + "bridge: {database: 'sqlite:/srv/{network}.db'}\n"
    assert settings_of(text, tmp_path).database.url == "sqlite:/srv/telegram.db"


def test_secrets_that_nobody_chose_stay_the_same(tmp_path: Path) -> None:
    first, second = settings_of(REAL, tmp_path), settings_of(REAL, tmp_path)
    assert first == second
    assert len(first.encryption_key) == 32
    assert first.registration.as_token != first.registration.hs_token


def test_chosen_keys_are_used(tmp_path: Path) -> None:
    (tmp_path / "old").write_text(f"{ENCRYPTION_KEY}\n{ENCRYPTION_KEY}\n")
    text = (
        f"{REAL}bridge: {{encryption_key: {ENCRYPTION_KEY}, previous_encryption_keys_file: old}}\n"
    )
    settings = settings_of(text, tmp_path)
    key = base64.b64decode(ENCRYPTION_KEY)
    assert settings.encryption_key == key
    assert settings.previous_encryption_keys == (key, key)


def test_nothing_secret_is_in_the_repr(tmp_path: Path) -> None:
    settings = settings_of(f"{REAL}bridge: {{encryption_key: {ENCRYPTION_KEY}}}\n", tmp_path)
    shown = repr(settings)
    for secret in (
        API_HASH,
        settings.registration.as_token,
        settings.registration.hs_token,
        repr(settings.encryption_key),
    ):
        assert secret not in shown


def test_the_sandbox_takes_the_place_of_telegram(tmp_path: Path) -> None:
    telegram = telegram_of(settings_of("sandbox: {telegram: {port: 4430}}\n", tmp_path))
    assert telegram.server is not None
    assert (telegram.server.ip, telegram.server.port) == ("127.0.0.1", 4430)
    assert telegram.server.rsa_public_key_file == sandbox_public_key()
    assert b"BEGIN RSA PUBLIC KEY" in sandbox_public_key().read_bytes()
    assert telegram.api_id is not None


def test_namespaces_match_exactly_what_is_ours(tmp_path: Path) -> None:
    text = REAL + 'bridge: {username_template: "tg.{userid}.x", double_puppet: false}\n'
    registration = settings_of(text, tmp_path).registration
    assert all(namespace.exclusive for namespace in registration.namespaces)

    def ours(mxid: str) -> bool:
        return any(re.fullmatch(one.regex, mxid) for one in registration.namespaces)

    assert ours("@telegrambot:karvon.localhost")
    assert ours("@tg.12.x:karvon.localhost")
    assert not ours("@tgx12.x:karvon.localhost")
    assert not ours("@tg.12.x:karvonxlocalhost")
    assert not ours("@ali:karvon.localhost")


def test_double_puppeting_has_a_token_of_its_own(tmp_path: Path) -> None:
    settings = settings_of(REAL, tmp_path)
    assert settings.double_puppet_token not in (None, settings.registration.as_token)
    off = settings_of(REAL + "bridge: {double_puppet: false}\n", tmp_path)
    assert off.double_puppet_token is None


def test_by_default_everybody_here_may_and_the_demo_user_is_admin(tmp_path: Path) -> None:
    permissions = settings_of(REAL, tmp_path).permissions
    assert permissions.level("@ali:karvon.localhost") is Level.USER
    assert permissions.level("@demo:karvon.localhost") is Level.ADMIN
    assert permissions.level("@ali:example.org") is Level.NONE


@pytest.mark.parametrize(
    ("mxid", "level"),
    [
        ("@boss:a.example", Level.ADMIN),
        ("@staff-1:a.example", Level.USER),
        ("@staff-guest-1:a.example", Level.NONE),
        ("@ali:b.example", Level.USER),
        ("@ali:b.example:8448", Level.NONE),
        ("@ali:c.example", Level.NONE),
        ("nonsense", Level.NONE),
        ("@a*b:x", Level.NONE),
    ],
)
def test_the_most_exact_entry_counts(mxid: str, level: Level) -> None:
    permissions = Permissions(
        {
            "@boss:a.example": Level.ADMIN,
            "@staff-*:a.example": Level.USER,
            "@staff-guest-*:a.example": Level.NONE,
            "b.example": Level.USER,
        }
    )
    assert permissions.level(mxid) is level


def test_a_star_is_everybody_else() -> None:
    assert Permissions({"*": Level.USER}).level("@ali:c.example") is Level.USER
    assert Permissions({"*": Level.USER, "c.example": Level.NONE}).level("@a:c.example") is (
        Level.NONE
    )


@given(st.integers(1, 10**9), st.sampled_from(["", "K", "M", "G"]))
def test_sizes(number: int, unit: str) -> None:
    assert parse_size(f"{number}{unit}") == number * 1024 ** " KMG".index(unit or " ")


@pytest.mark.parametrize(
    ("listen", "url"),
    [
        ("host: 0.0.0.0, port: 8080", "http://127.0.0.1:8080"),
        ('host: "::1", port: 8080', "http://[::1]:8080"),
        ("host: 192.0.2.1, port: 8080", "http://192.0.2.1:8080"),
    ],
)
def test_the_homeserver_is_told_an_address_it_can_reach(
    listen: str, url: str, tmp_path: Path
) -> None:
    text = f"telegram: {{api_id: 5, api_hash: {API_HASH}, listen: {{{listen}}}}}\n"
    assert settings_of(text, tmp_path).registration.url == url
