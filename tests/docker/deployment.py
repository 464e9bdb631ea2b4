# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading the files in docker/ as the container engine does."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
IN_CONTAINER = "/run/secrets"


def dockerfile() -> str:
    """Give the Dockerfile with its continued lines joined and comments left out."""
    lines = (DOCKER / "Dockerfile").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#"))
    return re.sub(r"\\\n\s*", " ", text)


def instruction(name: str) -> str:
    """Give the argument of the last instruction with this name, which is the one in force."""
    found: list[str] = re.findall(rf"^{name}\s+(.*)$", dockerfile(), re.MULTILINE)
    return found[-1]


def health_command() -> list[str]:
    """Give the image's health check in its JSON form."""
    command = instruction("HEALTHCHECK").partition("CMD ")[2]
    return list(json.loads(command))


def compose() -> dict[str, Any]:
    """Give compose.yaml, its anchors merged."""
    loaded = YAML(typ="safe").load(DOCKER / "compose.yaml")
    return dict(loaded)


def interpolate(value: str, variables: dict[str, str]) -> str:
    """Fill ``${NAME:?message}`` and ``${NAME:-default}``."""
    return re.sub(r"\$\{(\w+)[^}]*\}", lambda match: variables[match[1]], value)


def copy_scripts(folder: Path) -> Path:
    """Copy docker/ to a place where its scripts may write, without what was made in it."""
    return Path(
        shutil.copytree(DOCKER, folder / "docker", ignore=shutil.ignore_patterns("secrets", ".env"))
    )
