# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command ``report``: how each contact can be reached, as an answer and as two files."""

from bridges.contacts.report.as_html import as_html
from bridges.contacts.report.as_json import as_json
from bridges.contacts.report.as_text import as_text
from bridges.contacts.report.service import Reports
from bridges.core.text import user_text
from bridges.guide.conversation.command import Command, Context

_NAME = "karvon-contacts"


def report_command(reports: Reports) -> Command:
    """Give the command."""

    async def report(context: Context) -> None:
        await context.reply(user_text("I ask your networks who your contacts are. One moment …"))
        made = await reports.now(context.person)
        await context.reply(*as_text(made))
        if not made.input_cards:
            return
        words = await context.voice.words(context.person)
        language = await context.language()
        files = (
            (f"{_NAME}.html", "text/html", as_html(made, words, language)),
            (f"{_NAME}.json", "application/json", as_json(made, words)),
        )
        for name, mime, content in files:
            await context.reply_file(name, mime, content.encode())

    return Command(
        "report",
        user_text("- `{usage}`: show how each of your contacts can be reached from here"),
        report,
        lane="report",
    )
