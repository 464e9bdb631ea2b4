# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses of the network: ``user[:device]@server``."""

import re

from attrs import evolve, frozen

PHONE_SERVER = "s.whatsapp.net"
LID_SERVER = "lid"
GROUP_SERVER = "g.us"
NEWSLETTER_SERVER = "newsletter"
BROADCAST_SERVER = "broadcast"

_SHAPE = re.compile(r"(?P<user>[^@:]*)(?::(?P<device>[0-9]{1,5}))?@(?P<server>[^@:]+)")


class BadJidError(ValueError):
    """The text is no address."""


@frozen
class Jid:
    """One address; device 0 is the phone and is not written."""

    user: str
    server: str
    device: int = 0

    @classmethod
    def parse(cls, text: str) -> "Jid":
        """Read an address. Raises `BadJidError`."""
        shape = _SHAPE.fullmatch(text)
        if shape is None:
            raise BadJidError(f"{text!r} is no address")
        return cls(shape["user"], shape["server"], int(shape["device"] or 0))

    def __str__(self) -> str:
        device = f":{self.device}" if self.device else ""
        return f"{self.user}{device}@{self.server}"

    @property
    def is_lid(self) -> bool:
        """Whether this names a person without saying the number."""
        return self.server == LID_SERVER

    @property
    def is_group(self) -> bool:
        """Whether this is a group."""
        return self.server == GROUP_SERVER

    @property
    def is_newsletter(self) -> bool:
        """Whether this is a channel."""
        return self.server == NEWSLETTER_SERVER

    @property
    def is_shared(self) -> bool:
        """Whether several people may write there, so that a message has to say who does."""
        return self.server in {GROUP_SERVER, BROADCAST_SERVER}

    @property
    def bare(self) -> "Jid":
        """The same without the device."""
        return evolve(self, device=0)


SERVER = Jid("", PHONE_SERVER)
STATUS = Jid("status", BROADCAST_SERVER)
"""Where people post what is seen for a day."""
