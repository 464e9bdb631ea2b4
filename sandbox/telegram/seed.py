# SPDX-License-Identifier: AGPL-3.0-or-later
"""The people a fresh network starts with: two fictional ones, or those of a seed file.

A seed file is JSON: ``{"accounts": [{"phone", "first_name", "last_name"?, "username"?,
"password"?, "hint"?}], "rooms": [{"kind", "title", "creator", "members"?, "username"?,
"about"?}]}``. Sowing again changes nothing.
"""

import json
from pathlib import Path
from typing import Any

from sandbox.telegram.accounts import UnknownAccountError
from sandbox.telegram.operator import OperatorError
from sandbox.telegram.sandbox import TelegramSandbox

DEMO: dict[str, Any] = {
    "accounts": [
        {
            "phone": "+99955500101",
            "first_name": "Nodira",
            "last_name": "Sandbox",
            "username": "nodira_sandbox",
        },
        {
            "phone": "+99955500102",
            "first_name": "Farhod",
            "last_name": "Sandbox",
            "username": "farhod_sandbox",
        },
    ],
}


class SeedError(Exception):
    """The seed file cannot be used; the text says what is wrong with it."""


def read_seed(path: Path | None) -> dict[str, Any]:
    """Read a seed file, or return the demo's people; raises `SeedError`."""
    if path is None:
        return DEMO
    try:
        seed = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SeedError(f"{path}: cannot be read as JSON ({error})") from error
    if not isinstance(seed, dict):
        raise SeedError(f"{path}: must hold an object with the keys accounts and rooms")
    return seed


async def sow(net: TelegramSandbox, seed: dict[str, Any]) -> None:
    """Create what is missing; raises `SeedError`."""
    titles = {room.title for room in net.world.rooms}
    try:
        for account in seed.get("accounts", []):
            await net.add_account(**account)
        for room in seed.get("rooms", []):
            if room["title"] not in titles:
                wanted = {**room, "members": tuple(room.get("members", ()))}
                await net.add_room(**wanted)
    except (TypeError, KeyError, UnknownAccountError, OperatorError) as error:
        raise SeedError(f"the seed is wrong: {error}") from error
