# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rich messages as text: headings, lists, quotes, code, tables (Telegram's ``RichMessage``)."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from telethon.tl import types as tl

from bridges.core.content import FormattedText
from bridges.core.formatting.compose import (
    chained,
    linked,
    plain,
    quoted,
    stacked,
    styled,
)
from bridges.core.text import user_text
from bridges.telegram.formatting.links import safe_address, web_address
from bridges.telegram.from_telegram.cards import in_telegram
from bridges.telegram.from_telegram.rich_texts import DEEPEST, NOTHING, rich_text, wrapped
from bridges.telegram.from_telegram.surroundings import Surroundings

Block = Callable[[Any, int], FormattedText | None]
"""Writes one block that lies this deep in others."""


def article(rich: Any, message: Any, around: Surroundings) -> FormattedText:
    """A ``RichMessage`` as text; with a link if it is not all there or holds pictures."""
    text = _blocks(rich.blocks, 0)
    if text.body and not (rich.part or rich.photos or rich.documents):
        return text
    more = plain(around.say(user_text("There is more of this message in Telegram.")))
    return stacked(text, more, in_telegram(message, around))


def _blocks(blocks: Sequence[Any], depth: int) -> FormattedText:
    if depth > DEEPEST:
        return NOTHING
    return stacked(*(_KINDS.get(type(one), _any)(one, depth) for one in blocks))


def _any(block: Any, _depth: int) -> FormattedText | None:
    """Paragraphs and the like, and pictures, of which only the caption can be shown."""
    text = getattr(block, "text", None)
    if text is not None:
        return rich_text(text)
    return stacked(plain(_PICTURES.get(type(block), "")), _caption(block))


def _caption(block: Any) -> FormattedText | None:
    caption = getattr(block, "caption", None)
    return caption and stacked(rich_text(caption.text), rich_text(caption.credit))


def _heading(block: Any, _depth: int) -> FormattedText:
    return wrapped(rich_text(block.text), "strong")


def _list(block: Any, depth: int) -> FormattedText:
    first = getattr(block, "start", None) or 1
    return stacked(
        *(
            chained(plain(_mark(item, number)), _item(item, depth))
            for number, item in enumerate(block.items, start=first)
        )
    )


def _mark(item: Any, number: int) -> str:
    """What stands before an item of a list; only items of numbered ones may have a number."""
    if item.checkbox:
        return "☑ " if item.checked else "☐ "
    return f"{item.num or number}. " if hasattr(item, "num") else "• "


def _item(item: Any, depth: int) -> FormattedText:
    blocks = getattr(item, "blocks", None)
    return rich_text(item.text) if blocks is None else _blocks(blocks, depth + 1)


def _quote(block: Any, _depth: int) -> FormattedText:
    return quoted(stacked(rich_text(block.text), rich_text(block.caption)))


def _quoted_blocks(block: Any, depth: int) -> FormattedText:
    return quoted(stacked(_blocks(block.blocks, depth + 1), rich_text(block.caption)))


def _code(block: Any, _depth: int) -> FormattedText:
    text = rich_text(block.text).body
    name = "-".join(plain(block.language or "").body.split())
    attribute = f' class="language-{escape(name)}"' if name else ""
    return FormattedText(text, f"<pre><code{attribute}>{escape(text, quote=False)}</code></pre>")


def _math(block: Any, _depth: int) -> FormattedText:
    return styled(block.source, "code")


def _divider(_block: Any, _depth: int) -> FormattedText:
    return FormattedText("———", "<hr>")


def _details(block: Any, depth: int) -> FormattedText:
    title = wrapped(rich_text(block.title), "strong")
    return stacked(title, _blocks(block.blocks, depth + 1))


def _table(block: Any, _depth: int) -> FormattedText:
    rows = []
    for row in block.rows:
        cells = [rich_text(cell.text) for cell in row.cells]
        spaced = [one for cell in cells for one in (plain(" | "), cell)]
        rows.append(chained(*spaced[1:]))
    return stacked(wrapped(rich_text(block.title), "strong"), *rows)


def _buttons(block: Any, _depth: int) -> FormattedText:
    return stacked(*(_button(one) for one in block.buttons))


def _button(button: Any) -> FormattedText | None:
    address = safe_address(getattr(button.type, "url", None) or "")
    return None if address is None else linked(f"[{rich_text(button.text).body}]", address)


def _related(block: Any, _depth: int) -> FormattedText:
    return stacked(*(linked(one.title or one.url, web_address(one.url)) for one in block.articles))


def _pictures(block: Any, depth: int) -> FormattedText:
    return stacked(_blocks(block.items, depth + 1), _caption(block))


def _cover(block: Any, depth: int) -> FormattedText:
    return _blocks([block.cover], depth + 1)


def _author(block: Any, _depth: int) -> FormattedText:
    return wrapped(rich_text(block.author), "em")


_PICTURES: Mapping[type, str] = {
    tl.PageBlockPhoto: "🖼",
    tl.PageBlockVideo: "🎞",
    tl.PageBlockAudio: "🎵",
    tl.PageBlockDocument: "📎",
    tl.PageBlockMap: "📍",
    tl.PageBlockEmbed: "🔗",
    tl.PageBlockEmbedPost: "🔗",
}
_KINDS: Mapping[type, Block] = {
    tl.PageBlockTitle: _heading,
    tl.PageBlockSubtitle: _heading,
    tl.PageBlockHeader: _heading,
    tl.PageBlockSubheader: _heading,
    tl.PageBlockKicker: _heading,
    tl.PageBlockHeading1: _heading,
    tl.PageBlockHeading2: _heading,
    tl.PageBlockHeading3: _heading,
    tl.PageBlockHeading4: _heading,
    tl.PageBlockHeading5: _heading,
    tl.PageBlockHeading6: _heading,
    tl.PageBlockList: _list,
    tl.PageBlockOrderedList: _list,
    tl.PageBlockBlockquote: _quote,
    tl.PageBlockPullquote: _quote,
    tl.PageBlockBlockquoteBlocks: _quoted_blocks,
    tl.PageBlockPreformatted: _code,
    tl.PageBlockMath: _math,
    tl.PageBlockDivider: _divider,
    tl.PageBlockDetails: _details,
    tl.PageBlockTable: _table,
    tl.PageBlockButtonRow: _buttons,
    tl.PageBlockRelatedArticles: _related,
    tl.PageBlockCollage: _pictures,
    tl.PageBlockSlideshow: _pictures,
    tl.PageBlockCover: _cover,
    tl.PageBlockAuthorDate: _author,
}
