# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which files of a stream are old enough to be deleted.

Each file starts with a signed checkpoint and the state of the tree there, so what remains can be
verified without what was deleted.
"""

from collections.abc import Sequence

from policy_module.audit.checkpoints import open_checkpoint
from policy_module.audit.lines import MAX_LINE, Head, InvalidLineError, parse
from policy_module.audit.notes import InvalidNoteError
from policy_module.audit.segments import Segment


def outdated(
    segments: Sequence[Segment], cutoff: str, origin: str, key: bytes
) -> Sequence[Segment]:
    """Give the segments that ended before ``cutoff``, a time as the log writes it.

    ``segments`` are those of one stream in order. A file ended when the next one began; the last one
    has not. What is not signed by the key or about ``origin`` is kept. Raises ``OSError``.
    """
    old = 0
    for following in segments[1:]:
        began = _began(following, origin, key)
        if began is None or began >= cutoff:
            break
        old += 1
    return segments[:old]


def _began(segment: Segment, origin: str, key: bytes) -> str | None:
    with segment.path.open("rb") as file:
        raw = file.readline(MAX_LINE)
    try:
        head = parse(raw.removesuffix(b"\n"))
        checkpoint = open_checkpoint(head.note, key) if isinstance(head, Head) else None
    except (InvalidLineError, InvalidNoteError):
        return None
    return checkpoint.time if checkpoint and checkpoint.origin == origin else None
