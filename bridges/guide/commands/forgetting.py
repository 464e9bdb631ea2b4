# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command ``forget``: what is kept of a person is deleted."""

from collections.abc import Awaitable, Callable, Sequence

from mautrix.types import UserID

from bridges.core.commands.parser import Argument
from bridges.core.text import user_text
from bridges.guide.conversation.command import CannotDo, Command, Context

Forget = Callable[[UserID], Awaitable[None]]
"""Deletes something of a person; called again, it does no more."""


def forget_command(files: Forget, everything: Sequence[Forget]) -> Command:
    """Give the command: ``files`` deletes dropped files that wait, ``everything`` all there is."""

    async def forget(context: Context) -> None:
        match context.values.get("what", "").casefold():
            case "files":
                await files(context.person)
                await context.reply(
                    user_text("Files that you dropped and did not start are deleted.")
                )
            case "everything":
                for one in everything:
                    await one(context.person)
                await context.reply(
                    user_text(
                        "I have deleted your files, address books and answers. Rooms that were made stay;"
                        " `undo` does not work for them any more."
                    )
                )
            case _:
                raise CannotDo(
                    user_text(
                        "Say `forget files` to delete files you have dropped and not started, or `forget"
                        " everything` to delete all I know of you, address books and answers as well."
                    )
                )

    return Command(
        "forget",
        user_text("- `{usage}`: delete your files, or everything I know of you"),
        forget,
        (Argument("what", required=False),),
    )
