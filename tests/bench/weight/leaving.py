# SPDX-License-Identifier: AGPL-3.0-or-later
"""The way out: everything that somebody has, and whether it is whole."""

from typing import Any

from bridges.migration.archives.container import open_container
from bridges.migration.leaving.export.manifest import read_manifest
from tests.bench.figures import MEGABYTE
from tests.bench.weight.arriving import Say
from tests.bench.weight.commands import CommandFailed, Scale
from tests.migration.run.town import Town

_FOLDER = "everything"


async def leave(home: Town, messages: int, say: Say) -> dict[str, Any]:
    """Export what the owner has, so many messages, and have it checked. Raises ``CommandFailed``."""
    scale, folder = Scale(home.folder), home.folder / _FOLDER
    say(f"the export of an account with {messages:,} messages")
    exported = await scale.weigh("leave", "export", home.owner_mxid, "-o", folder)
    checked = await scale.weigh("leave", "check", folder)
    steps = {"export": exported, "check": checked}
    for name, one in steps.items():
        say(f"  {name}: {one.peak / MEGABYTE:.0f} MiB, {one.seconds:.0f} s")
    with open_container(folder) as container:
        rooms = read_manifest(container).rooms
    if sum(rooms.values()) != messages:
        raise CommandFailed(f"{messages} messages were brought over, and {rooms} are exported")
    found = [one.stat().st_size for one in folder.rglob("*") if one.is_file()]
    return {
        "messages": messages,
        "files": len(found),
        "bytes": sum(found),
        "steps": {name: one.as_dict() for name, one in steps.items()},
    }
