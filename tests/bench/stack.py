# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything the bridge needs, started: database server, homeserver, Telegram, configuration."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from bridges.core.config import BridgeSettings
from karvon.config.layout import Layout
from karvon.config.load import load_config
from karvon.config.model import KarvonConfig
from karvon.config.secretstore import SecretStore
from karvon.config.settings import bridge_settings
from karvon.stack.registration import DOUBLE_PUPPET, registration_documents
from karvon.stack.synapse import HISTORY_MODULE
from tests.bench.matrix_side import MatrixSide, matrix_side
from tests.bench.telegram_side import TelegramSide, telegram_side
from tests.support.ports import PortLease
from tests.support.postgres import PostgresServer
from tests.support.synapse import SynapseServer, SynapseSettings

_REGISTRATIONS = ("telegram", DOUBLE_PUPPET)
_OWNER = "owner"
_LARGEST = "2G"
_LONGEST_PAST = 10_000


@frozen
class Configured:
    """A configuration of the bridge: the one YAML at `path`, and what is in it."""

    path: Path
    config: KarvonConfig

    @property
    def secrets(self) -> SecretStore:
        """The tokens that were made up."""
        return SecretStore(Layout.of(self.config).secrets)

    @property
    def settings(self) -> BridgeSettings:
        """What is said about the Telegram bridge."""
        return bridge_settings(self.config, self.config.telegram, self.secrets)


@frozen
class Stack:
    """What runs beside the bridge.

    Attributes:
        owner: the person who uses the bridge.
        one: configures a bridge with one login.
        several: the same with a database of its own, for a bridge with several logins.
    """

    synapse: SynapseServer
    telegram: TelegramSide
    owner: MatrixSide
    one: Configured
    several: Configured


@asynccontextmanager
async def running_stack(folder: Path, *, sqlite: bool) -> AsyncIterator[Stack]:
    """Start everything but the bridge; all files are in `folder`.

    Raises `tests.support.postgres.PostgresMissingError` where there is none and SQLite was not
    asked for.
    """
    async with AsyncExitStack() as opened:
        postgres = None
        if not sqlite:
            postgres = await opened.enter_async_context(PostgresServer(fsync=True))
        telegram = await opened.enter_async_context(telegram_side(folder))
        port = opened.enter_context(PortLease()).port
        synapse = await homeserver(folder, postgres, _REGISTRATIONS)
        opened.push_async_callback(synapse.close)

        async def configured(name: str) -> Configured:
            database = f"sqlite:{folder / name}.db"
            if postgres is not None:
                database = await postgres.create_database(name)
            content = _content(folder, synapse, telegram, database, port)
            path = folder / f"{name}.yaml"
            path.write_text(json.dumps(content, indent=1), "utf-8")  # JSON is YAML.
            return Configured(path, load_config(path, {}, cwd=folder))

        one = await configured("one")
        for name, document in registration_documents(one.config, one.secrets).items():
            registration_file(folder, name).write_text(json.dumps(document), "utf-8")
        await synapse.start()
        token = await synapse.register_user(_OWNER, "a password nobody uses")
        owner = await opened.enter_async_context(
            matrix_side(synapse.url, synapse.mxid(_OWNER), token)
        )
        yield Stack(synapse, telegram, owner, one, await configured("several"))


async def homeserver(
    folder: Path, postgres: PostgresServer | None, registrations: Sequence[str]
) -> SynapseServer:
    """A homeserver that is not started: it has its address, but not yet its registrations."""
    data = folder / "synapse"
    data.mkdir()
    files = [str(registration_file(folder, name)) for name in registrations]
    settings = SynapseSettings(
        database_url=None if postgres is None else await postgres.create_database("synapse"),
        modules=[HISTORY_MODULE],
        extra_config={"app_service_config_files": files, "max_upload_size": _LARGEST},
    )
    return SynapseServer(data, settings)


def registration_file(folder: Path, name: str) -> Path:
    """Where the homeserver looks for a registration."""
    return folder / f"registration-{name}.yaml"


def _content(
    folder: Path, synapse: SynapseServer, telegram: TelegramSide, database: str, port: int
) -> dict[str, Any]:
    """The one YAML, as an operator with an own homeserver would write it."""
    return {
        "data_dir": str(folder / "var"),
        "homeserver": {
            "managed": False,
            "server_name": synapse.server_name,
            "url": synapse.url,
        },
        "bridge": {"database": database, "metrics": True, "limits": {"media_size": _LARGEST}},
        "telegram": {"listen": {"port": port}, "backfill": {"initial_messages": _LONGEST_PAST}},
        "sandbox": {
            "enabled": True,
            "telegram": {"port": telegram.port, "control_port": telegram.control_port},
        },
    }
