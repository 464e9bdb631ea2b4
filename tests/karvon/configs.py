# SPDX-License-Identifier: AGPL-3.0-or-later
"""Configurations for tests, as an operator would write them."""

from collections.abc import Mapping
from pathlib import Path

from karvon.config.document import parse
from karvon.config.load import validate
from karvon.config.model import KarvonConfig
from karvon.config.problems import ConfigError

API_HASH = "0123456789abcdef0123456789abcdef"
ENCRYPTION_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def configured(text: str, folder: Path, environ: Mapping[str, str] | None = None) -> KarvonConfig:
    """Load a text as `karvon.yaml` in `folder`. Raises `ConfigError`."""
    return validate(parse(text, "karvon.yaml"), environ or {}, folder=folder)


def complaints(text: str, folder: Path, environ: Mapping[str, str] | None = None) -> list[str]:
    """The lines an operator sees for a text; none if it is right."""
    try:
        configured(text, folder, environ)
    except ConfigError as error:
        return str(error).splitlines()
    return []
