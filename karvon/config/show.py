# SPDX-License-Identifier: AGPL-3.0-or-later
"""The effective configuration for bug reports: secrets are hidden."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from karvon.config.model import KarvonConfig
from karvon.yamltext import to_yaml

HIDDEN = "(hidden)"
_CREDENTIALS = re.compile(r"(?<=://)[^/]*@|\?.*$")


def redacted(config: KarvonConfig) -> str:
    """Give the configuration as YAML without secrets; of a database's address the place remains."""
    return to_yaml(_plain(config.model_dump()))


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return _hide(value.get_secret_value())
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, bool | int | float | None) else str(value)


def _hide(secret: str) -> str:
    scheme, colon, _ = secret.partition(":")
    if colon and scheme in {"postgres", "postgresql", "sqlite"}:
        return _CREDENTIALS.sub(lambda found: "" if found[0][0] == "?" else f"{HIDDEN}@", secret)
    return HIDDEN
