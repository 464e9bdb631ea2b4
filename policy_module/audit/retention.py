# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which files of a stream are old enough to be deleted.

Each file starts with a signed checkpoint and the state of the tree there, so what remains can be
verified without what was deleted.
"""

from collections.abc import Sequence

from policy_module.audit.checkpoints import Author
from policy_module.audit.lines import MAX_LINE, Head, InvalidLineError, parse
from policy_module.audit.segments import Segment


def outdated(segments: Sequence[Segment], cutoff: str, author: Author) -> Sequence[Segment]:
    """Give the segments that ended before ``cutoff``, a time as the log writes it.

    ``segments`` are those of one stream in order. A file ended when the next one began; the last one
    has not, and neither has one before a file that ``author`` did not begin. Raises ``OSError``.
    """
    old = 0
    for following in segments[1:]:
        began = _began(following, author)
        if began is None or began >= cutoff:
            break
        old += 1
    return segments[:old]


def _began(segment: Segment, author: Author) -> str | None:
    with segment.path.open("rb") as file:
        raw = file.readline(MAX_LINE)
    try:
        head = parse(raw.removesuffix(b"\n"))
    except InvalidLineError:
        return None
    checkpoint = author.opened(head.note) if isinstance(head, Head) else None
    return checkpoint.time if checkpoint else None
