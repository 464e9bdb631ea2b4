# SPDX-License-Identifier: AGPL-3.0-or-later
"""The way out: everything that somebody has, and whether it is whole."""

import re
from typing import Any

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
    if not re.search(rf"^messages: {messages}$", exported.out, re.MULTILINE):
        raise CommandFailed(f"{messages} messages were brought over; exported: {exported.out}")
    found = [one.stat().st_size for one in folder.rglob("*") if one.is_file()]
    return {
        "messages": messages,
        "files": len(found),
        "bytes": sum(found),
        "steps": {name: one.as_dict() for name, one in steps.items()},
    }
