# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses: text on our side, protobuf on the library's."""

import re

from bridges.whatsapp.worker.library import Foreign, Library

_JID = re.compile(
    r"(?:(?P<user>[^@:]*?)(?:_(?P<agent>\d{1,3}))?(?::(?P<device>\d{1,3}))?@)?(?P<server>[a-z.]+)"
)


class BadAddressError(ValueError):
    """This is no address of WhatsApp."""


def to_proto(library: Library, text: str) -> Foreign:
    """Read ``user[_agent][:device]@server``. Raises `BadAddressError`."""
    found = _JID.fullmatch(text)
    if found is None:
        raise BadAddressError(text)
    return library.proto.JID(
        User=found["user"] or "",
        RawAgent=int(found["agent"] or 0),
        Device=int(found["device"] or 0),
        Integrator=0,
        Server=found["server"],
        IsEmpty=False,
    )


def to_text(jid: Foreign, *, device: bool = False) -> str:
    """Write an address, by default without the device's number; empty if there is none."""
    if not jid.Server:
        return ""
    if not jid.User:
        return str(jid.Server)
    number = f":{jid.Device}" if device and jid.Device else ""
    return f"{jid.User}{number}@{jid.Server}"


def bare(address: str) -> str:
    """Return an address without the device's number; nothing for nothing."""
    user, _, server = address.partition("@")
    return f"{user.partition(':')[0]}@{server}" if server else ""
