# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything the bridge needs, started: database server, homeserver, WhatsApp, its worker, configuration."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from bridges.core.config import BridgeSettings, ListenConfig
from bridges.whatsapp.config import WhatsAppConfig
from karvon.config.layout import Layout
from karvon.config.load import load_config
from karvon.config.secretstore import SecretStore
from karvon.config.settings import bridge_settings
from karvon.stack.registration import DOUBLE_PUPPET, registration_documents
from tests.bench.matrix_side import MatrixSide, matrix_side
from tests.bench.stack import homeserver, registration_file
from tests.conformance.whatsapp_driver import WhatsAppDriver
from tests.support.ports import LOOPBACK, PortLease
from tests.support.postgres import PostgresServer
from tests.support.synapse import SynapseServer

_REGISTRATIONS = ("whatsapp", DOUBLE_PUPPET)


@frozen
class Stack:
    """What runs beside the bridge.

    Attributes:
        net: the network with its people, in this process, and the bridge's worker.
        owner: the person who uses the bridge.
        config: the one YAML; ``settings`` is what it says about the bridge.
    """

    synapse: SynapseServer
    net: WhatsAppDriver
    owner: MatrixSide
    config: Path
    settings: BridgeSettings


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
        net = await opened.enter_async_context(WhatsAppDriver())
        port = opened.enter_context(PortLease()).port
        synapse = await homeserver(folder, postgres, _REGISTRATIONS)
        opened.push_async_callback(synapse.close)
        database = f"sqlite:{folder / 'one'}.db"
        if postgres is not None:
            database = await postgres.create_database("one")
        network = net.config(ListenConfig(host=LOOPBACK, port=port))
        assert isinstance(network, WhatsAppConfig)
        path = folder / "one.yaml"
        content = _content(folder, synapse, network, database)
        path.write_text(json.dumps(content, indent=1), "utf-8")  # JSON is YAML.
        config = load_config(path, {}, cwd=folder)
        secrets = SecretStore(Layout.of(config).secrets)
        for name, document in registration_documents(config, secrets).items():
            registration_file(folder, name).write_text(json.dumps(document), "utf-8")
        await synapse.start()
        token = await synapse.register_user("owner", "a password nobody uses")
        owner = await opened.enter_async_context(
            matrix_side(synapse.url, synapse.mxid("owner"), token)
        )
        settings = bridge_settings(config, config.whatsapp, secrets)
        yield Stack(synapse, net, owner, path, settings)


def _content(
    folder: Path, synapse: SynapseServer, network: WhatsAppConfig, database: str
) -> dict[str, Any]:
    """The one YAML, as an operator with an own homeserver would write it."""
    linked = network.linked
    return {
        "data_dir": str(folder / "var"),
        "homeserver": {
            "managed": False,
            "server_name": synapse.server_name,
            "url": synapse.url,
        },
        "bridge": {"database": database, "metrics": True},
        "telegram": {"enabled": False},
        "whatsapp": {
            "enabled": True,
            "listen": {"port": network.listen.port},
            "linked": {"worker": str(linked.worker), "worker_files": str(linked.worker_files)},
        },
    }
