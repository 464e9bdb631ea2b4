# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the commands share: which configuration is meant, and where they were started."""

from collections.abc import Mapping
from pathlib import Path

import typer
from attrs import frozen

from karvon.config.load import DEFAULT_NAME, load_config
from karvon.config.model import KarvonConfig


@frozen
class Invocation:
    """How the command was called."""

    config_path: Path | None
    environ: Mapping[str, str]
    cwd: Path

    def load(self) -> KarvonConfig:
        """Load the configuration. Raises ``ConfigError``."""
        return load_config(self.config_path, self.environ, cwd=self.cwd)

    @property
    def file(self) -> Path:
        """The configuration file as the operator would name it, there or not."""
        return self.config_path or Path(DEFAULT_NAME)


def invocation(context: typer.Context) -> Invocation:
    """Give how the command was called."""
    found = context.find_object(Invocation)
    if found is None:
        raise RuntimeError("the callback of the command has not run")
    return found
