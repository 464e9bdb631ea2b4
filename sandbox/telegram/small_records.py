# SPDX-License-Identifier: AGPL-3.0-or-later
"""Records of one subject each: uploads and files, login codes, numbers that were used."""

from attrs import Factory, define, frozen
from telethon.tl.tlobject import TLObject

from sandbox.telegram.limits import DC_ID


@define
class Upload:
    """Parts of a file as one account sent them; sizes in bytes."""

    owner: int
    id: int
    sizes: dict[int, int] = Factory(dict)


@define
class StoredFile:
    """A finished file: `name` is the photo or document id, with the thumbnail type if any.

    `shown` is the photo or document as clients see it; thumbnails have none of their own. `dc` is
    the data centre it lies in. `seed` is set if the contents are generated instead of uploaded;
    `generation` counts how often its references have expired.
    """

    name: str
    owner: int
    upload: int
    size: int
    shown: TLObject | None = None
    dc: int = DC_ID
    seed: int | None = None
    generation: int = 1


@define
class LoginCode:
    """A code that was "sent" to a phone."""

    phone: str
    hash: str
    expires: float


@frozen
class RandomId:
    """A sender and the number they sent a message with: ``sender:random_id``."""

    text: str


@define
class Counter:
    """A counter for ids."""

    name: str
    value: int
