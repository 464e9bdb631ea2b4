# SPDX-License-Identifier: AGPL-3.0-or-later
"""What ``karvon up`` shows once everything runs."""

from attrs import frozen
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from karvon.config.model import KarvonConfig
from karvon.config.settings import bot_mxid

_SANDBOX = (
    "Telegram is a sandbox with made-up people. For the real one, put telegram.api_id and "
    "telegram.api_hash from https://my.telegram.org/apps into karvon.yaml and start again."
)
_WHATSAPP_SANDBOX = (
    "WhatsApp is a sandbox too. Before you set whatsapp.enabled for the real one, read what it may "
    "do to accounts in docs/whatsapp.md."
)


@frozen
class Person:
    """Who may log in."""

    mxid: str
    password: str


def ready_screen(config: KarvonConfig, person: Person | None) -> RenderableType:
    """Give the screen: where the homeserver is, who logs in, what to type, what comes next."""
    table = Table.grid(padding=(0, 2))
    table.add_row("Homeserver", Text(config.homeserver.client_url, "bold"))
    if person is not None:
        table.add_row("User", Text(person.mxid, "bold"))
        table.add_row("Password", Text(person.password, "bold"))
    for network in config.networks:
        talk = Text.assemble(
            (bot_mxid(config, network), "bold"),
            "  write to it: ",
            ("help", "bold"),
            " or ",
            ("login", "bold"),
        )
        table.add_row(f"{network.network_name} bot", talk)
    if config.uses_guide:
        mxid = f"@{config.guide.username}:{config.homeserver.server_name}"
        hint = "  drop exports of your chats there"
        table.add_row("Guide", Text.assemble((mxid, "bold"), hint))
    lines: list[RenderableType] = [table, Text()]
    lines.append(Text("Log in with any Matrix client that can reach this address."))
    if config.uses_sandbox:
        lines.append(Text(_SANDBOX))
    if config.uses_whatsapp_sandbox:
        lines.append(Text(_WHATSAPP_SANDBOX))
    lines.append(Text("Ctrl-C stops everything; the next start goes on from here."))
    return Panel(Group(*lines), title="Karvon is ready", expand=False, padding=(1, 2))
