# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs as a script: Twisted's trial, perhaps with the module in every test homeserver.

    under_trial.py FOLDER POLICY trial-arguments…

``FOLDER`` has Synapse's ``tests``; they hide ours, so nothing of ours is imported here. ``POLICY`` is a
policy file, beside which each homeserver gets a folder of its own, or ``-`` to leave the module out.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import Mock

from synapse.config._base import RootConfig
from synapse.config.homeserver import HomeServerConfig
from synapse.http.matrixfederationclient import MatrixFederationHttpClient
from synapse.module_api import ModuleApi
from synapse.server import HomeServer
from twisted.scripts import trial

from policy_module.config import PolicyConfig
from policy_module.module import PolicyModule


class ModuleWithItsOwnFolder(PolicyModule):
    """The module, which expects that no other process uses its folders.

    Many test homeservers are made from one configuration, which Synapse's tests keep.
    """

    def __init__(self, config: PolicyConfig, api: ModuleApi) -> None:
        _give_agents(api._hs)
        own = Path(tempfile.mkdtemp(dir=config.policy.parent))
        folders = {"state": own / "state", "audit": own / "audit"}
        super().__init__(config.model_copy(update=folders), api)


def _give_agents(hs: HomeServer) -> None:
    """Give a client that a test made up the agents of a real one, which the module insists on."""
    made_up = hs.get_federation_http_client()
    if isinstance(made_up, Mock):
        real = MatrixFederationHttpClient(hs, tls_client_options_factory=None)
        made_up.agent = real.agent
        made_up._simple_http_client = real._simple_http_client


def put_module_into_every_homeserver(policy: Path) -> None:
    """Change what the tests configure on its way into Synapse, the one way for all of them."""
    parse = HomeServerConfig.parse_config_dict
    module = {
        "module": f"{__name__}.{ModuleWithItsOwnFolder.__name__}",
        "config": {"policy": str(policy), "state": "replaced", "audit": "replaced"},
    }

    def parse_with_module(self: RootConfig, config: dict[str, Any], *args: Any) -> None:
        changed = {
            **config,
            "federation_domain_whitelist": config.get("federation_domain_whitelist") or [],
            "modules": [module, *config.get("modules", [])],
        }
        parse(self, changed, *args)

    HomeServerConfig.parse_config_dict = parse_with_module  # type: ignore[assignment]


def main(folder: str, policy: str, *arguments: str) -> None:
    """Run trial."""
    sys.path.insert(0, folder)
    if policy != "-":
        put_module_into_every_homeserver(Path(policy))
    sys.argv = ["trial", *arguments]
    trial.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
