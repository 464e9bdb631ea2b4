# SPDX-License-Identifier: AGPL-3.0-or-later
"""When the guide runs, as whom, and that the rest goes on without it."""

from pathlib import Path

import pytest

from karvon.config.secretstore import SecretStore
from karvon.stack.guide import guide_settings, hindrance, without_guide
from karvon.stack.parts import GUIDE, HOMESERVER, plan
from tests.karvon.configs import API_HASH, complaints, configured

DEFAULTS = "logging: {}\n"
OWN = (
    f'telegram: {{api_id: 5, api_hash: "{API_HASH}"}}\n'
    "homeserver: {managed: false, url: 'https://m.example.org', server_name: example.org}\n"
)


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        (DEFAULTS, True),
        ("guide: {enabled: false}", False),
        (OWN, False),
        (OWN + "guide: {enabled: true, password: word}", True),
    ],
)
def test_when_it_runs(text: str, runs: bool, tmp_path: Path) -> None:
    parts = {part.name: part for part in plan(configured(text, tmp_path), None)}
    assert (GUIDE in parts) is runs
    if HOMESERVER in parts and runs:
        assert HOMESERVER in parts[GUIDE].after


def test_on_an_own_homeserver_its_account_has_to_be_given(tmp_path: Path) -> None:
    (complaint,) = complaints(OWN + "guide: {enabled: true}", tmp_path)
    assert "guide.access_token" in complaint
    assert complaints(OWN + "guide: {enabled: true, access_token: word}", tmp_path) == []


def test_without_what_it_needs_all_else_runs(tmp_path: Path) -> None:
    config = configured(DEFAULTS, tmp_path)
    assert "karvon[guide]" in str(hindrance(config, lambda name: name != "vodozemac"))
    assert "libsodium23" in str(hindrance(config, lambda _: True, lambda: False))
    assert hindrance(config, lambda _: True, lambda: True) is None
    assert GUIDE not in {part.name for part in plan(without_guide(config), None)}


def test_in_a_folder_with_too_long_a_name_it_does_not_run(tmp_path: Path) -> None:
    config = configured(f"data_dir: {tmp_path / ('x' * 120)}", tmp_path)
    assert "data_dir" in str(hindrance(config, lambda _: True, lambda: True))


def test_its_secrets_are_made_once_and_not_shown(tmp_path: Path) -> None:
    config = configured(DEFAULTS, tmp_path)
    secrets = SecretStore(tmp_path / "secrets")
    settings = guide_settings(config, secrets)
    again = guide_settings(config, secrets)
    assert (again.password, again.pickle_key) == (settings.password, settings.pickle_key)
    assert settings.mxid == "@karvon:karvon.localhost"
    assert settings.password is not None
    assert settings.password not in repr(settings)
    assert settings.pickle_key not in repr(settings)


def test_in_postgresql_it_has_a_schema_of_its_own(tmp_path: Path) -> None:
    config = configured("bridge: {database: 'postgresql://localhost/karvon'}", tmp_path)
    settings = guide_settings(config, SecretStore(tmp_path / "secrets"))
    assert settings.database.schema == "guide"
