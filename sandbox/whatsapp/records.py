# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the network remembers."""

from attrs import define, field, frozen

from sandbox.whatsapp.jids import GROUP_SERVER, LID_SERVER, NEWSLETTER_SERVER, PHONE_SERVER, Jid


@define
class Settings:
    """The network's own: the root of the protocol's trust, and TLS keys with certificates (PEM)."""

    root: bytes
    authority: str
    server: str


@define
class Account:
    """A person: a number, the name for it that hides the number (LID), and the phone's key."""

    phone: str
    lid: str
    name: str
    identity: bytes
    last_device: int = 0

    def jid(self, device: int = 0, *, lid: bool = True) -> Jid:
        """Return an address of this person in one of the two ways."""
        return Jid(self.lid, LID_SERVER, device) if lid else Jid(self.phone, PHONE_SERVER, device)


@frozen
class PublicKey:
    """A numbered key others start conversations with; signed ones carry a signature."""

    number: bytes
    value: bytes
    signature: bytes = b""


@define
class Device:
    """A linked device, and the keys it has left here for others."""

    phone: str
    number: int
    identity: bytes
    registration: bytes = b""
    key_type: bytes = b""
    signed: PublicKey | None = None

    @property
    def key(self) -> str:
        """The name of this device among all devices."""
        return f"{self.phone}:{self.number}"


@define
class OneTimeKeys:
    """A device's keys that are given away once each, oldest first."""

    device: str
    keys: list[PublicKey] = field(factory=list)


@frozen
class Letter:
    """A stanza that waits until a device has confirmed it."""

    number: int
    device: str
    tag: str
    id: str
    body: bytes


@define
class Member:
    """Somebody in a group; `role` is empty, ``admin`` or ``superadmin``."""

    lid: str
    role: str = ""


@define
class Group:
    """A group as its members see it.

    Attributes:
        is_community: it has no messages, and gathers the groups that have it as `community`.
        community: the id of the one it belongs to.
        is_default: the one group of a community that everybody in it is in.
    """

    id: str
    subject: str
    created: int
    owner: str
    members: list[Member]
    subject_time: int
    subject_owner: str
    description: str = ""
    description_id: str = ""
    locked: bool = False
    announcement: bool = False
    expiration: int = 0
    invite: str = ""
    version: int = 1
    is_community: bool = False
    community: str = ""
    is_default: bool = False

    @property
    def jid(self) -> Jid:
        """The group's address."""
        return Jid(self.id, GROUP_SERVER)

    def member(self, lid: str) -> Member | None:
        """Return somebody's membership."""
        return next((one for one in self.members if one.lid == lid), None)


@define
class Follower:
    """Somebody who follows a channel; its owner does too."""

    lid: str
    muted: bool = False


@define
class Newsletter:
    """A channel."""

    id: str
    name: str
    description: str
    created: int
    owner: str
    invite: str
    followers: list[Follower]
    changed: int = 0

    @property
    def jid(self) -> Jid:
        """The channel's address."""
        return Jid(self.id, NEWSLETTER_SERVER)

    def follower(self, lid: str) -> Follower | None:
        """Return how somebody follows it."""
        return next((one for one in self.followers if one.lid == lid), None)


@define
class Post:
    """Something posted in a channel.

    Attributes:
        number: among the channel's posts; what is done to a post names it by this.
        kind: text, media and so on, as its sender has called it.
        body: a ``Message`` that everybody can read, empty after it was taken away.
        changed: when it was edited, in milliseconds since 1970.
        reactions: by the LID of who reacts.
        viewers: LIDs of those who have seen it.
    """

    newsletter: str
    number: int
    id: str
    kind: str
    time: int
    body: bytes
    media: str = ""
    changed: int = 0
    reactions: dict[str, str] = field(factory=dict)
    viewers: list[str] = field(factory=list)
