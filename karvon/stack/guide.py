# SPDX-License-Identifier: AGPL-3.0-or-later
"""The guide as a part of the stack: whether it can run, its account, its settings."""

import asyncio
import ctypes.util
import functools
import re
from collections.abc import Callable

import aiohttp
import uvloop
from mautrix.types import UserID

from bridges.core.config import LogSettings, parse_size
from bridges.guide.config import GuideSettings
from karvon.config.layout import Layout
from karvon.config.model import KarvonConfig
from karvon.config.secretstore import SecretStore
from karvon.config.settings import (
    MIGRATION_PREFIX,
    database_of,
    encryption_keys,
    permissions,
    policy_settings,
    registration,
)
from karvon.errors import OperatorError
from karvon.files import make_private_folder
from karvon.leaving import leaving_settings, receipt_key
from karvon.migration import migration_settings, policy_findings
from karvon.stack.own import OwnConnector
from karvon.stack.synapse import shared_secret
from karvon.stack.users import RegistrationError, ensure_user
from karvon.stack.whatsapp import has_module

_LONGEST_SOCKET = 107
"""Bytes in the path of a Unix socket (unix(7))."""

_NEEDED = ("nio", "vodozemac", "phonenumbers", "pysodium")


def _has_sodium() -> bool:
    return ctypes.util.find_library("sodium") is not None


def hindrance(
    config: KarvonConfig,
    module: Callable[[str], bool] = has_module,
    has_sodium: Callable[[], bool] = _has_sodium,
) -> str | None:
    """Give why the guide cannot run although it is wanted, and what to do; or None."""
    if not config.uses_guide:
        return None
    if not all(map(module, _NEEDED)):
        return "what it needs is not installed: pip install 'karvon[guide]'"
    if not has_sodium():
        return "libsodium is not installed: on Debian, apt install libsodium23"
    if len(bytes(Layout.of(config).guide_socket.absolute())) > _LONGEST_SOCKET:
        return "the path of the data folder is too long for sockets in it: set data_dir to another"
    return None


def without_guide(config: KarvonConfig) -> KarvonConfig:
    """Give the configuration with the guide switched off."""
    return config.model_copy(update={"guide": config.guide.model_copy(update={"enabled": False})})


def guide_settings(config: KarvonConfig, secrets: SecretStore) -> GuideSettings:
    """Resolve the guide's settings; secrets that are missing are made."""
    guide, homeserver, layout = config.guide, config.homeserver, Layout.of(config)
    key, previous = encryption_keys(config, secrets)
    migration = migration_settings(config, secrets)
    token = guide.access_token
    return GuideSettings(
        homeserver_url=homeserver.client_url,
        server_name=homeserver.server_name,
        mxid=UserID(f"@{guide.username}:{homeserver.server_name}"),
        displayname=guide.displayname,
        avatar=guide.avatar,
        password=_password(config, secrets),
        access_token=None if token is None else token.get_secret_value(),
        pickle_key=secrets.token("guide_pickle_key"),
        encryption_key=key,
        previous_encryption_keys=previous,
        database=database_of(config, "guide"),
        folder=layout.guide,
        socket=layout.guide_socket.absolute(),
        permissions=permissions(config),
        archive_size=parse_size(guide.archive_size),
        migration=migration,
        leaving=leaving_settings(config, secrets),
        receipt_key=functools.partial(receipt_key, config),
        bridges=tuple(migration.addresses.values()),
        services=_services(config, secrets),
        metrics=guide.metrics,
        obstacles=functools.partial(policy_findings, config, migration),
        log=LogSettings(config.logging.level, config.logging.format),
        policy=policy_settings(config),
    )


def _services(config: KarvonConfig, secrets: SecretStore) -> tuple[str, ...]:
    """Give patterns of all ids on the homeserver that are no person's."""
    networks = [registration(config, one, secrets) for one in config.networks]
    ours = [one.regex for given in networks for one in given.namespaces]
    server = re.escape(config.homeserver.server_name)
    ours += [f"@{re.escape(name)}:{server}" for name in (config.guide.username, MIGRATION_PREFIX)]
    return (*ours, f"@{re.escape(MIGRATION_PREFIX)}_.*:{server}")


def run_guide(config: KarvonConfig, secrets: SecretStore) -> int:
    """Run the guide; give the exit code. Raises ``OperatorError`` if it cannot run."""
    if not config.uses_guide:
        raise OperatorError("the guide is switched off; set guide.enabled to true")
    why = hindrance(config)
    if why is not None:
        raise OperatorError(f"the guide cannot run: {why}")
    from bridges.guide.process import run_guide as run

    make_private_folder(Layout.of(config).guide)
    settings = guide_settings(config, secrets)

    async def main() -> int:
        await _with_account(config, secrets, settings)
        return await run(settings)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


def _password(config: KarvonConfig, secrets: SecretStore) -> str | None:
    given = config.guide.password
    if given is not None:
        return given.get_secret_value()
    return secrets.token("guide_password") if config.homeserver.managed else None


async def _with_account(
    config: KarvonConfig, secrets: SecretStore, settings: GuideSettings
) -> None:
    """Make the account on the managed homeserver. Raises ``OperatorError`` if that does not work."""
    if not config.homeserver.managed or settings.password is None:
        return
    secret, name = shared_secret(config.homeserver, secrets), config.guide.username
    url = settings.homeserver_url
    try:
        async with aiohttp.ClientSession(connector=OwnConnector((url,))) as http:
            await ensure_user(http, url, secret, name, settings.password)
    except (RegistrationError, aiohttp.ClientError, TimeoutError) as error:
        raise OperatorError(f"the account of the guide cannot be made: {error}") from None
