# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs as a script: Twisted's trial, perhaps with the module in every test homeserver.

    under_trial.py FOLDER MODULE_CONFIG trial-arguments…

``FOLDER`` has Synapse's ``tests``; they hide ours, so nothing of ours is imported here.
``MODULE_CONFIG`` is the module's configuration as JSON, or ``null`` to leave the module out.
"""

import json
import sys
from typing import Any

from synapse.config._base import RootConfig
from synapse.config.homeserver import HomeServerConfig
from twisted.scripts import trial


def put_module_into_every_homeserver(module_config: dict[str, Any]) -> None:
    """Change what the tests configure on its way into Synapse, the one way for all of them."""
    parse = HomeServerConfig.parse_config_dict

    def parse_with_module(self: RootConfig, config: dict[str, Any], *args: Any) -> None:
        module = {"module": "policy_module.module.PolicyModule", "config": module_config}
        changed = {
            **config,
            "federation_domain_whitelist": config.get("federation_domain_whitelist") or [],
            "modules": [module, *config.get("modules", [])],
        }
        parse(self, changed, *args)

    HomeServerConfig.parse_config_dict = parse_with_module  # type: ignore[assignment]


def main(folder: str, module_config: str, *arguments: str) -> None:
    """Run trial."""
    sys.path.insert(0, folder)
    if (chosen := json.loads(module_config)) is not None:
        put_module_into_every_homeserver(chosen)
    sys.argv = ["trial", *arguments]
    trial.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
