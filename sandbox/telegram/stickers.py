# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sets of stickers and custom emoji: https://core.telegram.org/api/stickers."""

from collections.abc import Sequence
from typing import Any

from attrs import Factory, define, frozen
from telethon.tl import types
from telethon.tl.tlobject import TLObject

from sandbox.telegram.files import Files
from sandbox.telegram.persistence import Store
from sandbox.telegram.rpc import bad_request

_FIRST_ID = 7_000_000_001
_ACCESS_SALT = 0x2C86D1F3A94E7B05


@frozen
class Sticker:
    """One sticker to make: the emoji it stands for, its file and how large it is, in pixels."""

    emoji: str
    data: bytes
    mime: str
    name: str
    side: int = 512
    seconds: float | None = None


@define
class StickerSetRecord:
    """A set: its documents and the emoji each stands for. `emojis`: it holds custom emoji."""

    id: int
    short_name: str
    title: str
    emojis: bool = False
    documents: list[int] = Factory(list)
    stands_for: list[str] = Factory(list)

    @property
    def access_hash(self) -> int:
        """The hash clients name the set with."""
        return self.id ^ _ACCESS_SALT


class StickerSets:
    """All sets, found by id or short name."""

    def __init__(self, store: Store, files: Files) -> None:
        self._store = store
        self._files = files
        self._sets = {one.id: one for one in store.load("sticker_set", StickerSetRecord)}

    def by_name(self, short_name: str) -> StickerSetRecord | None:
        """Find a set by its short name."""
        found = (one for one in self._sets.values() if one.short_name == short_name)
        return next(found, None)

    def create(
        self, owner: int, short_name: str, title: str, stickers: Sequence[Sticker], *, emojis: bool
    ) -> StickerSetRecord:
        """Make a set, or return the one that has the short name already."""
        known = self.by_name(short_name)
        if known is not None:
            return known
        made = StickerSetRecord(_FIRST_ID + len(self._sets), short_name, title, emojis)
        for sticker in stickers:
            document: Any = self._document(owner, made, sticker)
            made.documents.append(document.id)
            made.stands_for.append(sticker.emoji)
        self._sets[made.id] = made
        self._store.save("sticker_set", str(made.id), made)
        return made

    def find(self, given: Any) -> StickerSetRecord:
        """Return the set an ``InputStickerSet`` names; raises STICKERSET_INVALID."""
        found = None
        if isinstance(given, types.InputStickerSetID):
            found = self._sets.get(given.id)
            if found is not None and given.access_hash != found.access_hash:
                found = None
        elif isinstance(given, types.InputStickerSetShortName):
            found = self.by_name(given.short_name)
        if found is None:
            raise bad_request("STICKERSET_INVALID")
        return found

    def full(self, found: StickerSetRecord) -> Any:
        """Return the TL ``messages.StickerSet`` with all its documents."""
        packs = [
            types.StickerPack(emoji, [document])
            for emoji, document in zip(found.stands_for, found.documents, strict=True)
        ]
        return types.messages.StickerSet(
            set=types.StickerSet(
                id=found.id,
                access_hash=found.access_hash,
                title=found.title,
                short_name=found.short_name,
                count=len(found.documents),
                hash=len(found.documents),
                emojis=found.emojis or None,
            ),
            packs=packs,
            keywords=[],
            documents=[self._files.find(number) for number in found.documents],
        )

    def custom_emoji(self, number: int) -> TLObject | None:
        """Return the document of a custom emoji, None if there is no such emoji."""
        known = any(one.emojis and number in one.documents for one in self._sets.values())
        return self._files.find(number) if known else None

    def _document(self, owner: int, made: StickerSetRecord, sticker: Sticker) -> TLObject:
        named = types.InputStickerSetID(made.id, made.access_hash)
        about: Any = types.DocumentAttributeSticker(sticker.emoji, named)
        if made.emojis:
            about = types.DocumentAttributeCustomEmoji(sticker.emoji, named)
        size: Any = types.DocumentAttributeImageSize(sticker.side, sticker.side)
        if sticker.seconds is not None:
            size = types.DocumentAttributeVideo(sticker.seconds, sticker.side, sticker.side)
        attributes = [size, about, types.DocumentAttributeFilename(sticker.name)]
        return self._files.keep(owner, sticker.data, sticker.mime, attributes)
