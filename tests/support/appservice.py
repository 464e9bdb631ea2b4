# SPDX-License-Identifier: AGPL-3.0-or-later
"""Registrations of application services for the test homeserver."""

import re
import secrets
from typing import Any

from attrs import frozen

from tests.support.synapse_config import SERVER_NAME


@frozen
class Registration:
    """What a homeserver and an application service agree on.

    Source: Matrix specification, Application Service API, "Registration".
    """

    id: str
    url: str | None
    as_token: str
    hs_token: str
    bot: str
    """Localpart of the bot, which is not the registration's sender: that one cannot sync."""
    ghost_prefix: str
    """Start of the localparts that only this service may use."""
    server_name: str
    double_puppet: bool

    @property
    def bot_mxid(self) -> str:
        """Full user id of the bot."""
        return f"@{self.bot}:{self.server_name}"

    def ghost_mxid(self, name: str) -> str:
        """Full user id of the ghost called `name`."""
        return f"@{self.ghost_prefix}{name}:{self.server_name}"

    def as_dict(self) -> dict[str, Any]:
        """The registration file's content, with the extensions a bridge asks for.

        MSC2409 under its stable and unstable name (ephemeral events) and MSC4190 (devices
        without login).
        """
        server = re.escape(self.server_name)
        users = [
            {"exclusive": True, "regex": f"@{re.escape(self.bot)}:{server}"},
            {"exclusive": True, "regex": f"@{re.escape(self.ghost_prefix)}.*:{server}"},
        ]
        if self.double_puppet:
            users.append({"exclusive": False, "regex": f"@.*:{server}"})
        return {
            "id": self.id,
            "url": self.url,
            "as_token": self.as_token,
            "hs_token": self.hs_token,
            "sender_localpart": f"_karvon_{self.id}",
            "rate_limited": False,
            "namespaces": {"users": users, "rooms": [], "aliases": []},
            "receive_ephemeral": True,
            "de.sorunome.msc2409.push_ephemeral": True,
            "io.element.msc4190": True,
        }


def registration(
    id: str,  # noqa: A002 - the field's name in the specification
    bot: str,
    ghost_prefix: str,
    url: str | None,
    double_puppet: bool = True,
    server_name: str = SERVER_NAME,
) -> Registration:
    """Make a registration with fresh random tokens.

    Args:
        id: unique among the registrations of one homeserver.
        bot: localpart of the bot.
        ghost_prefix: start of the ghosts' localparts, such as `telegram_`.
        url: where the homeserver pushes transactions; None for a service that only sends.
        double_puppet: also claim, not exclusively, all users of the server, so that the
            service may act in the name of real people and sees what they do.
        server_name: the homeserver's name.
    """
    return Registration(
        id=id,
        url=url,
        as_token=secrets.token_urlsafe(24),
        hs_token=secrets.token_urlsafe(24),
        bot=bot,
        ghost_prefix=ghost_prefix,
        server_name=server_name,
        double_puppet=double_puppet,
    )
