# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading the one-line form in which the library's log shows what it receives and sends.

The library writes a line before it works on a stanza, and before a stanza leaves: `tap` makes use of
that. Attributes come sorted and unescaped, the name somebody gave himself (``notify``) among them; those
that are used here (``class``, ``from``, ``id``) sort before it, and the first of a name counts.
"""

import re
from collections.abc import Mapping

from attrs import frozen

_TAG = re.compile(r"<(?P<tag>[a-z:]+)(?P<attributes>(?: [a-z_:-]+=\"[^\"]*\")*)")
_ATTRIBUTE = re.compile(r" (?P<name>[a-z_:-]+)=\"(?P<value>[^\"]*)\"")
_PART = "<enc "
_IGNORED = re.compile(r"Ignoring message (?P<id>\S+) from ")
_HISTORY = "Received history sync ("
_SYNCED = re.compile(
    r"(?:Full sync of|Synced) app state (?P<collection>[a-z_]+) (?:completed|from )"
)
_OPENED = re.compile(r"Decrypting message from (?P<sender>\S+) in ")


@frozen
class Stanza:
    """A stanza's outside.

    Attributes:
        parts: how many encrypted parts it holds.
    """

    tag: str
    attributes: Mapping[str, str]
    parts: int

    def get(self, name: str) -> str:
        """Return an attribute; empty if there is none."""
        return self.attributes.get(name, "")

    @property
    def id(self) -> str:
        """The stanza's id."""
        return self.get("id")

    @property
    def sender(self) -> str:
        """Who wrote it, with the device's number: in groups a member."""
        return self.get("participant") or self.get("from")


def read(line: str) -> Stanza | None:
    """Read a line of log; None if it shows no stanza."""
    found = _TAG.match(line)
    if found is None:
        return None
    attributes: dict[str, str] = {}
    for one in _ATTRIBUTE.finditer(found["attributes"]):
        attributes.setdefault(one["name"], one["value"])
    return Stanza(found["tag"], attributes, line.count(_PART))


def ignored_message(line: str) -> str | None:
    """Return the id of a message the library has passed over as read before, if a line says so."""
    found = _IGNORED.match(line)
    return found["id"] if found else None


def sender_of_opened(line: str) -> str | None:
    """Return whose message the library begins to decrypt, if a line says so."""
    found = _OPENED.match(line)
    return found["sender"] if found else None


def synced_collection(line: str) -> str | None:
    """Return of which collection the library has the present state, if a line says so."""
    found = _SYNCED.match(line)
    return found["collection"] if found else None


def has_fetched_history(line: str) -> bool:
    """Tell whether a line says that the library has old chats, and is about to delete their file."""
    return line.startswith(_HISTORY)
