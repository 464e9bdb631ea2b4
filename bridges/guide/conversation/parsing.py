# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the content of a message to what was said; pure, and total over all contents."""

from collections.abc import Mapping
from typing import Any

FILES = frozenset({"m.file", "m.image", "m.video", "m.audio"})
TEXTS = frozenset({"m.text", "m.emote"})


def kind_of(content: Mapping[str, Any]) -> str:
    """Give the ``msgtype``; empty if it is none, or a later version of a message."""
    relation = content.get("m.relates_to")
    if isinstance(relation, Mapping) and relation.get("rel_type") == "m.replace":
        return ""
    kind = content.get("msgtype")
    return kind if isinstance(kind, str) else ""


def said_in(content: Mapping[str, Any]) -> str:
    """Give the text of a message without what it replies to.

    Source: Matrix specification, "Fallbacks for rich replies" (removed in v1.13, still sent).
    """
    body = content.get("body")
    if not isinstance(body, str):
        return ""
    relation = content.get("m.relates_to")
    if isinstance(relation, Mapping) and "m.in_reply_to" in relation and body.startswith("> "):
        lines = body.split("\n")
        while lines and lines[0].startswith("> "):
            lines.pop(0)
        body = "\n".join(lines)
    return body.strip()
