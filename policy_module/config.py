# SPDX-License-Identifier: AGPL-3.0-or-later
"""The module's part of homeserver.yaml: where its files are. The rules are in ``policy.yaml``."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError

from policy_module.rules.mistakes import mistakes, written


class PolicyConfigError(ValueError):
    """The configuration is refused; the message is one line naming each key and what is right."""


class PolicyConfig(BaseModel):
    """Everything under ``config:`` of the module. Paths are absolute, or relative to where Synapse
    was started."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    policy: Annotated[Path, Strict(False)]
    """The policy file."""
    state: Annotated[Path, Strict(False)]
    """Folder for what the module has to remember; it is made if it is not there."""
    audit: Annotated[Path, Strict(False)]
    """Folder of the audit log; all processes of the homeserver share it."""
    audit_keep_days: Annotated[int, Field(ge=1)] | None = 400
    """Days for which its files are kept; null: for ever."""


def parse(raw: object) -> PolicyConfig:
    """Check the configuration as read from YAML.

    Raises:
        PolicyConfigError: with every mistake in one line.
    """
    try:
        return PolicyConfig.model_validate({} if raw is None else raw)
    except ValidationError as error:
        found = list(mistakes(error, PolicyConfig))
    raise PolicyConfigError(
        "; ".join(f"{written(('config', *path))}: {message}" for path, message in found)
    )
