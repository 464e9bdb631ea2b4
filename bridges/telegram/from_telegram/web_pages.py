# SPDX-License-Identifier: AGPL-3.0-or-later
"""Previews of links, as far as Telegram has them ready with the message."""

from typing import Any

from telethon.tl.types import WebPage

from bridges.core.content import LinkPreview
from bridges.core.formatting.names import clean_name
from bridges.telegram.formatting.links import web_address

_LONGEST_DESCRIPTION = 400


def previews(page: Any) -> tuple[LinkPreview, ...]:
    """What a page says; nothing if it is not loaded yet or says nothing."""
    if not isinstance(page, WebPage):
        return ()
    address, title = web_address(page.url), clean_name(page.title or page.site_name)
    if address is None or not title:
        return ()
    description = " ".join((page.description or "").split())[:_LONGEST_DESCRIPTION]
    return (LinkPreview(address, title, description, clean_name(page.site_name)),)
