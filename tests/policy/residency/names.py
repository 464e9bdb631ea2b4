# SPDX-License-Identifier: AGPL-3.0-or-later
"""A Synapse module that answers for names below ``moving.test`` from a file.

The resolver of the operating system reads files below /etc and asks port 53: a test can give it no
names of its own. So the function that programs ask it with is replaced, before Synapse has a part.
"""

import json
import socket
from pathlib import Path
from typing import Any

from synapse.module_api import ModuleApi

DOMAIN = ".moving.test"


class NamesFromFile:
    """``config`` is the file: a mapping of names to lists of addresses."""

    def __init__(self, config: Path, api: ModuleApi) -> None:
        pass

    @staticmethod
    def parse_config(config: dict[str, str]) -> Path:
        """Runs while homeserver.yaml is read, before any module is made."""
        file = Path(config["file"])
        ask = socket.getaddrinfo

        def answered(host: Any, port: Any, *args: Any, **options: Any) -> Any:
            if not (isinstance(host, str) and host.endswith(DOMAIN)):
                return ask(host, port, *args, **options)
            addresses = json.loads(file.read_text()).get(host)
            if addresses is None:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return [entry for one in addresses for entry in ask(one, port, *args, **options)]

        socket.getaddrinfo = answered
        return file
