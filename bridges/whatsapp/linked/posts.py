# SPDX-License-Identifier: AGPL-3.0-or-later
"""Channels, which the protocol calls newsletters: what is told of them, and what is done to their posts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from bridges.core.chat import MUTED_FOR_EVER, NOT_MUTED
from bridges.core.formatting.names import clean_name
from bridges.core.ids import MessageID
from bridges.whatsapp.json_form import mapping, number, text
from bridges.whatsapp.linked.incoming import Edited, Revoked

_TAKEN_AWAY = "8"
_MUTED, _STRANGER = "ON", "GUEST"


@frozen
class Channel:
    """A channel, as the account sees it; `picture` is an id, empty if it has none."""

    address: str
    name: str
    description: str
    picture: str
    muted: bool
    followed: bool

    @property
    def muted_until(self) -> datetime:
        """The same for the core: a channel is muted for ever, or not."""
        return muted_until(self.muted)


def channel(told: Mapping[str, Any]) -> Channel:
    """Read what the worker tells of a channel."""
    about, viewer = mapping(told.get("thread_meta")), mapping(told.get("viewer_meta"))
    return Channel(
        text(told.get("id")),
        clean_name(text(mapping(about.get("name")).get("text"))),
        text(mapping(about.get("description")).get("text")),
        _picture(about),
        viewer.get("mute") == _MUTED,
        viewer.get("role") != _STRANGER,
    )


def _picture(about: Mapping[str, Any]) -> str:
    large, small = (text(mapping(about.get(one)).get("id")) for one in ("picture", "preview"))
    return large or small


def is_muted(told: Mapping[str, Any]) -> bool:
    """Whether a ``newsletter_mute_change`` event says that a channel is muted now."""
    return told.get("mute") == _MUTED


def muted_until(muted: bool) -> datetime:
    """Until when a channel is muted."""
    return MUTED_FOR_EVER if muted else NOT_MUTED


def change_of_post(data: Mapping[str, Any]) -> Edited | Revoked | None:
    """Read a message in a channel that stands for an earlier one of the same id; None if none does."""
    post = MessageID(text(data.get("id")))
    if data.get("edit") == _TAKEN_AWAY:
        return Revoked(post)
    edited = number(mapping(data.get("newsletter")).get("edit_ts"))
    return Edited(post, mapping(data.get("message")), edited * 1000) if edited > 0 else None
