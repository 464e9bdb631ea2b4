# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mentioning by @username those users who cannot be mentioned by their number."""

from collections.abc import Mapping, Sequence

from bridges.core.formatting.addresses import user_of_address
from bridges.core.formatting.styles import Kind, Span, Style
from bridges.core.formatting.substitution import substituted
from bridges.core.ids import RemoteUserID
from bridges.telegram.formatting.links import username_address


def name_users(
    text: str, spans: Sequence[Span], usernames: Mapping[RemoteUserID, str]
) -> tuple[str, list[Span]]:
    """Replace the text of links to users in ``usernames`` by their usernames.

    Expects canonical spans; ranges that touch the text follow it, custom emoji in it are gone.
    """

    def username(span: Span) -> tuple[str, Style] | None:
        user = user_of_address(span.style.argument) if span.style.kind is Kind.LINK else None
        name = usernames.get(user) if user else None
        return (f"@{name}", Style(Kind.LINK, username_address(name))) if name else None

    return substituted(text, spans, username)
