# SPDX-License-Identifier: AGPL-3.0-or-later
"""A policy, ready to be asked."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from attrs import frozen

from policy_module.rules.document import (
    DestinationEntry,
    Direction,
    GroupSection,
    Permission,
    PolicyDocument,
    Purpose,
    ServerEntry,
)
from policy_module.rules.names import Pattern, parse_pattern
from policy_module.rules.patterns import PatternIndex
from policy_module.territory.territory import Territory


@frozen
class ListedServer:
    """An entry about servers; ``until`` in seconds since 1970, ``None`` without an end."""

    pattern: Pattern
    rule: str
    direction: Direction | None = None
    """``None``: both."""
    until: float | None = None


@frozen
class Listing:
    """What a list from elsewhere says."""

    allowed: tuple[ListedServer, ...] = ()
    denied: tuple[ListedServer, ...] = ()

    @classmethod
    def of(cls, listings: Iterable["Listing"]) -> "Listing":
        """Put several together."""
        several = tuple(listings)
        return cls(
            tuple(entry for each in several for entry in each.allowed),
            tuple(entry for each in several for entry in each.denied),
        )


@frozen
class Destination:
    """An entry about hosts we may connect to; ``until`` as in :class:`ListedServer`."""

    pattern: Pattern
    rule: str
    abroad: bool
    until: float | None = None


@frozen
class Group:
    """People with rules of their own."""

    name: str
    members: re.Pattern[str]
    may: frozenset[Permission]


@frozen
class Policy:
    """The rules of this homeserver; made by :meth:`of`, never changed.

    ``digest`` is the SHA-256, in hexadecimal, of all it was made from in canonical form.
    """

    own_server: str
    document: PolicyDocument
    digest: str
    allowed: PatternIndex[ListedServer]
    denied: PatternIndex[ListedServer]
    egress: Mapping[Purpose, PatternIndex[Destination]]
    groups: tuple[Group, ...]
    territories: Mapping[str, Territory]

    @classmethod
    def of(
        cls,
        own_server: str,
        document: PolicyDocument,
        listings: Iterable[Listing] = (),
        territories: Mapping[str, Territory] = MappingProxyType({}),
    ) -> "Policy":
        """Make the policy of ``own_server``; ``listings`` come from other files.

        ``territories`` are those of the document, by name.
        """
        listing = Listing.of(listings)
        federation = document.federation
        return cls(
            own_server=own_server,
            document=document,
            digest=_digest(document, listing, territories),
            allowed=PatternIndex.of((*map(_server, federation.allow), *listing.allowed)),
            denied=PatternIndex.of((*map(_server, federation.deny), *listing.denied)),
            egress=MappingProxyType(
                {purpose: PatternIndex.of(_destinations(purpose, document)) for purpose in Purpose}
            ),
            groups=tuple(map(_group, document.groups)),
            territories=MappingProxyType(dict(territories)),
        )

    @property
    def home(self) -> Territory | None:
        """The territory everything has to be in; ``None`` if addresses are not looked at."""
        name = self.document.residency.territory
        return None if name is None else self.territories[name]

    def next_end(self, now: float) -> float | None:
        """Give the first time after ``now`` at which an entry ends, in seconds since 1970."""
        entries = (
            *self.allowed,
            *self.denied,
            *(e for index in self.egress.values() for e in index),
        )
        return min(
            (entry.until for entry in entries if entry.until is not None and entry.until >= now),
            default=None,
        )


def _server(entry: ServerEntry) -> ListedServer:
    return ListedServer(
        parse_pattern(entry.server),
        entry.server,
        None if entry.direction == "both" else Direction(entry.direction),
        entry.until.timestamp() if entry.until is not None else None,
    )


def _destinations(purpose: Purpose, document: PolicyDocument) -> Iterator[Destination]:
    yield from (_destination(purpose, entry) for entry in document.egress.of(purpose))
    if purpose is Purpose.OTHER:  # where to fetch a list is said once
        for signed in document.federation.lists:
            host = _host_of_list(signed.source)
            if host is not None:
                yield Destination(host, f"federation.lists: {signed.name}", abroad=False)


def _host_of_list(source: str) -> Pattern | None:
    try:
        url = urlsplit(source)
        if url.scheme != "https" or not url.hostname:
            return None
        host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
        return parse_pattern(host if url.port in {None, 443} else f"{host}:{url.port}")
    except ValueError:  # refused where it is fetched
        return None


def _destination(purpose: Purpose, entry: DestinationEntry) -> Destination:
    return Destination(
        parse_pattern(entry.host.lower()),  # names of hosts have no case, and nor has what asks
        f"{purpose}: {entry.host}",
        entry.abroad,
        entry.until.timestamp() if entry.until is not None else None,
    )


def _group(section: GroupSection) -> Group:
    members = "|".join(re.escape(member).replace(r"\*", ".*") for member in section.members)
    return Group(section.name, re.compile(members, re.DOTALL), section.may)


def _digest(
    document: PolicyDocument, listing: Listing, territories: Mapping[str, Territory]
) -> str:
    content = json.dumps(document.canonical(), sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(content.encode())
    for sign, entries in (("", listing.allowed), ("!", listing.denied)):
        for entry in entries:
            digest.update(
                f"\n{sign}{entry.pattern.text}\t{entry.rule}\t{entry.direction}"
                f"\t{entry.until}".encode()
            )
    for name, territory in sorted(territories.items()):
        digest.update(f"\n{name}\t{territory.digest}".encode())
    return digest.hexdigest()
