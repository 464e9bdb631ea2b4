# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be done in a chat of an organisation's number."""

from collections.abc import Mapping

from bridges.core.capabilities import FileFeatures, RoomFeatures, Support
from bridges.core.content import MediaKind
from bridges.whatsapp.cloud.forms import LIMITS, LONGEST_CAPTION, LONGEST_TEXT, takes_caption
from bridges.whatsapp.cloud.graph import LARGEST_FILE

_FORMATTING: Mapping[str, Support] = {
    "bold": Support.FULL,
    "italic": Support.FULL,
    "strikethrough": Support.FULL,
    "inline_code": Support.FULL,
    "code_block": Support.FULL,
    "blockquote": Support.FULL,
    "list.unordered": Support.FULL,
    "list.ordered": Support.FULL,
}


def _file(kind: MediaKind) -> FileFeatures:
    """What is not taken as this kind is sent as a document."""
    limits = LIMITS.get(kind)
    mimes = {"*/*": Support.FULL if limits is None else Support.PARTIAL}
    for mime in sorted(limits.mimes) if limits else ():
        mimes[mime] = Support.FULL
    caption = Support.FULL if takes_caption(kind) else Support.FALLBACK
    return FileFeatures(mimes, caption, LONGEST_CAPTION, LARGEST_FILE)


FEATURES = RoomFeatures(
    id="org.karvon.whatsapp.cloud.1",
    formatting=_FORMATTING,
    file={kind: _file(kind) for kind in MediaKind},
    max_text_length=LONGEST_TEXT,
    reply=Support.FULL,
    edit=Support.REJECTED,
    delete=Support.REJECTED,
    reaction=Support.FULL,
    reaction_count=1,
    read_receipts=True,
    typing_notifications=True,
)
