# SPDX-License-Identifier: AGPL-3.0-or-later
"""A policy file of a test, and the module's configuration that names it."""

import json
from pathlib import Path
from typing import Any

from attrs import frozen


@frozen
class PolicyFile:
    """``policy.yaml`` in a folder of a test; JSON is YAML."""

    folder: Path

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.folder / "policy.yaml"

    def write(self, **sections: Any) -> None:
        """Replace it in one step."""
        self.folder.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps(sections), encoding="utf-8")
        beside.replace(self.path)

    def allow(self, *servers: str) -> None:
        """Allow these servers and nobody else; rooms can be shared with them."""
        self.write(federation={"allow": list(servers)}, rooms={"default": "allowlisted"})

    def module(self) -> dict[str, Any]:
        """Give the entry for ``modules`` of ``homeserver.yaml``."""
        return {
            "module": "policy_module.module.PolicyModule",
            "config": {
                "policy": str(self.path),
                "state": str(self.folder / "state"),
                "audit": str(self.folder / "audit"),
            },
        }
