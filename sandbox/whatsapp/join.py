# SPDX-License-Identifier: AGPL-3.0-or-later
"""Starts a program as a client of a sandbox that runs in another process.

``python -m sandbox.whatsapp.join --control URL --authority FILE MODULE ARGUMENTS…`` asks the control
API whom to trust and where the proxy is, and becomes ``python -m sandbox.whatsapp.launch MODULE …``
with that in its environment. It is a new program, because the Go runtime reads ``SSL_CERT_FILE`` once.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from sandbox.whatsapp.environment import CERTIFICATES, ROOT


def main() -> None:
    """Become the program; end with 1 if the sandbox cannot be asked."""
    parser = argparse.ArgumentParser("sandbox.whatsapp.join", description=__doc__)
    parser.add_argument("--control", required=True, help="address of the control API")
    parser.add_argument("--authority", type=Path, required=True, help="file for its certificate")
    parser.add_argument("module", help="what to run")
    given, arguments = parser.parse_known_args()
    try:
        told = asyncio.run(_ask(given.control))
    except (aiohttp.ClientError, TimeoutError) as error:
        parser.exit(1, f"sandbox.whatsapp.join: {given.control} does not answer: {error}\n")
    given.authority.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    given.authority.write_text(told["authority"])
    command = [sys.executable, "-m", "sandbox.whatsapp.launch", given.module, *arguments]
    os.execve(command[0], command, environment(os.environ, told, given.authority))  # noqa: S606


def environment(
    inherited: Mapping[str, str], told: Mapping[str, Any], authority: Path
) -> dict[str, str]:
    """Return a client's environment: our own, but with no other way out than the sandbox's proxy.

    `told` is the control API's answer to ``/ready``.
    """
    kept = {name: value for name, value in inherited.items() if "proxy" not in name.lower()}
    return kept | {
        CERTIFICATES: str(authority.absolute()),
        ROOT: told["root_key"],
        "https_proxy": told["proxy"],
        "no_proxy": str(urlsplit(told["proxy"]).hostname),
    }


async def _ask(control: str) -> dict[str, Any]:
    async with aiohttp.ClientSession() as http, http.get(f"{control}/ready") as response:
        response.raise_for_status()
        answer: dict[str, Any] = await response.json()
        return answer


if __name__ == "__main__":
    main()
