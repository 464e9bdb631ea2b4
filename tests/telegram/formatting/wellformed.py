# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages as Telegram itself would send them: entities that end between characters, properly placed.

A message is lines of words; some lines are quotes or code blocks. Inside a line, or over several plain
ones, styles overlap, nest and touch in any way in which Telegram keeps them apart.
"""

from collections.abc import Sequence
from typing import Any

from attrs import define, field, frozen
from hypothesis import strategies as st
from telethon.tl import types as tl

from tests.telegram.formatting.samples import CLUSTERS, SIMPLE

Draw = st.DrawFn

BLOCKS = ("", "", "quote", "collapsed", "pre", "pre python")
_WORDS = st.lists(st.sampled_from(CLUSTERS), min_size=1, max_size=3)
_SPECIAL = (
    ("@alice_demo", tl.MessageEntityMention),
    ("https://example.org/a?b=1&c=2", tl.MessageEntityUrl),
    ("nodira@example.org", tl.MessageEntityEmail),
)


@frozen
class Sent:
    """A message."""

    text: str
    entities: tuple[Any, ...]


@define
class _Paper:
    """Text under construction: clusters, each with its offset in UTF-16 code units."""

    clusters: list[str] = field(factory=list)
    offsets: list[int] = field(factory=lambda: [0])
    entities: list[Any] = field(factory=list)

    def write(self, cluster: str) -> None:
        self.clusters.append(cluster)
        self.offsets.append(self.offsets[-1] + len(cluster.encode("utf-16-le")) // 2)

    def place(self, first: int, last: int) -> tuple[int, int]:
        """Offset and length of the clusters from `first` to `last`."""
        return self.offsets[first], self.offsets[last + 1] - self.offsets[first]


@st.composite
def messages(draw: Draw) -> Sent:
    """Any message."""
    paper = _Paper()
    blocks = draw(st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=4))
    for index, block in enumerate(blocks):
        if index:
            paper.write("\n")
            if not block and not blocks[index - 1] and draw(st.booleans()):
                paper.write("\n")
        _write_block(draw, paper, block)
    ordered = sorted(paper.entities, key=lambda one: (one.offset, -one.length, _rank(one)))
    return Sent("".join(paper.clusters), tuple(ordered))


def _rank(entity: Any) -> int:
    order = (
        tl.MessageEntityBlockquote,
        tl.MessageEntityPre,
        (
            tl.MessageEntityTextUrl,
            tl.MessageEntityMentionName,
            tl.MessageEntityMention,
            tl.MessageEntityUrl,
            tl.MessageEntityEmail,
        ),
        tl.MessageEntityCode,
        *SIMPLE,
        tl.MessageEntityCustomEmoji,
    )
    return next(rank for rank, kinds in enumerate(order) if isinstance(entity, kinds))


def _write_block(draw: Draw, paper: _Paper, block: str) -> None:
    first = len(paper.clusters)
    special: list[tuple[int, int]] = []
    for index in range(draw(st.integers(1, 4))):
        if index:
            paper.write(draw(st.sampled_from((" ", " ", "  ", "\n"))))
        if not block.startswith("pre") and draw(st.integers(0, 5)) == 0:
            special.append(_write_special(draw, paper))
        else:
            for cluster in draw(_WORDS):
                paper.write(cluster)
    last = len(paper.clusters) - 1
    place = paper.place(first, last)
    match block:
        case "quote" | "collapsed":
            collapsed = True if block == "collapsed" else None
            paper.entities.append(tl.MessageEntityBlockquote(*place, collapsed))
        case "pre" | "pre python":
            paper.entities.append(tl.MessageEntityPre(*place, block.removeprefix("pre").strip()))
            return
    _style(draw, paper, first, last, special)


def _write_special(draw: Draw, paper: _Paper) -> tuple[int, int]:
    """Write a word that is a link by itself; one cluster, so that no style ends inside it."""
    word, kind = draw(st.sampled_from(_SPECIAL))
    at = len(paper.clusters)
    paper.write(word)
    paper.entities.append(kind(*paper.place(at, at)))
    return at, at


def _style(
    draw: Draw, paper: _Paper, first: int, last: int, special: Sequence[tuple[int, int]]
) -> None:
    links = _apart(draw, paper, first, last, special, gap=0)
    for place in links:
        kind = draw(st.sampled_from(("url", "user")))
        offset, length = paper.place(*place)
        paper.entities.append(
            tl.MessageEntityTextUrl(offset, length, 'https://example.org/?x="1"&y=<2>')
            if kind == "url"
            else tl.MessageEntityMentionName(offset, length, draw(st.integers(1, 2**40)))
        )
    codes = _apart(draw, paper, first, last, [*special, *links], gap=1)
    paper.entities += [tl.MessageEntityCode(*paper.place(*place)) for place in codes]
    for kind in SIMPLE:
        for place in _apart(draw, paper, first, last, codes, gap=1):
            paper.entities.append(kind(*paper.place(*place)))
    _draw_pictures(draw, paper, first, last, [*codes, *special])


def _draw_pictures(
    draw: Draw, paper: _Paper, first: int, last: int, taken: Sequence[tuple[int, int]]
) -> None:
    for at in range(first, last + 1):
        is_free = not any(start <= at <= end for start, end in taken)
        if is_free and not paper.clusters[at].isspace() and draw(st.integers(0, 4)) == 0:
            document = draw(st.integers(-(2**63), 2**63 - 1))
            paper.entities.append(tl.MessageEntityCustomEmoji(*paper.place(at, at), document))


def _apart(
    draw: Draw,
    paper: _Paper,
    first: int,
    last: int,
    taken: Sequence[tuple[int, int]],
    *,
    gap: int,
) -> list[tuple[int, int]]:
    """Places with at least `gap` clusters between each other that meet none of `taken`.

    Each begins and ends with something to see.
    """
    found: list[tuple[int, int]] = []
    start = first
    for _ in range(draw(st.integers(0, 2))):
        begin = draw(st.integers(start, last + 1))
        end = draw(st.integers(begin, begin + 5))
        if end > last:
            break
        visible = not paper.clusters[begin].isspace() and not paper.clusters[end].isspace()
        meets = any(one <= end and begin <= other for one, other in taken)
        if visible and not meets:
            found.append((begin, end))
            start = end + 1 + gap
        if start > last:
            break
    return found
