# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a converter may look at beside the message itself."""

from collections.abc import Mapping

from attrs import field, frozen

from bridges.core.text import Translation
from bridges.whatsapp.formatting import Mentioned
from bridges.whatsapp.ids import Jid, maybe_jid, user_id

_SHOWN_DIGITS = 4


@frozen
class Surroundings:
    """What is known when a message is converted.

    Attributes:
        people: who is behind the addresses in the message, by their user part; see
            ``context.addresses_in``.
        say: puts sentences to the account's owner.
        takes_view_once: what can be seen once in WhatsApp is carried over, and stays in Matrix.
    """

    people: Mapping[str, Mentioned] = field(factory=dict)
    say: Translation = str
    takes_view_once: bool = False

    def person(self, address: str) -> Mentioned | None:
        """Somebody by their address; None if it is none."""
        jid = maybe_jid(address)
        if jid is None:
            return None
        return self.people.get(jid.user) or stranger(jid)

    def named(self, address: str) -> str:
        """How somebody is called; an address that is none, as it is."""
        person = self.person(address)
        return address if person is None else person.name


def stranger(jid: Jid) -> Mentioned:
    """Somebody of whom nothing but the address is known; of a LID, only its end is shown."""
    name = f"+{jid.user}" if jid.server == "s.whatsapp.net" else f"…{jid.user[-_SHOWN_DIGITS:]}"
    return Mentioned(user_id(jid), name)
