# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading the HTML of Matrix clients (Matrix spec v1.11 §11.2.1.1) as styled text.

What networks cannot show is turned into readable text: lists get markers, table rows become lines,
headings become bold, quotes inside quotes get ``> ``. Unknown tags are ignored, their text stays.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from typing import ClassVar, Protocol

from attrs import define

from bridges.core.formatting.addresses import chat_of_address, message_of_address
from bridges.core.formatting.layout import Layout, OpenStyle
from bridges.core.formatting.styles import Kind, Span, Style
from bridges.core.formatting.tokens import End, Start, Text, Token, tokens
from bridges.core.formatting.writer import COLLAPSED_ATTRIBUTE, EMOTICON_ATTRIBUTE

_REPLY_FALLBACK = re.compile(r"\s*<mx-reply\b[^>]*>.*?</mx-reply\s*>", re.IGNORECASE | re.DOTALL)
_INLINE = {
    **dict.fromkeys(("b", "strong", "th", "dt", "summary"), Kind.BOLD),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), Kind.BOLD),
    **dict.fromkeys(("i", "em", "cite", "var", "dfn"), Kind.ITALIC),
    **dict.fromkeys(("u", "ins"), Kind.UNDERLINE),
    **dict.fromkeys(("s", "strike", "del"), Kind.STRIKE),
    **dict.fromkeys(("code", "tt", "kbd", "samp"), Kind.CODE),
}
_MARGINS = {
    **dict.fromkeys(("p", "h1", "h2", "h3", "h4", "h5", "h6"), 2),
    **dict.fromkeys(("div", "section", "article", "header", "footer", "main", "aside"), 1),
    **dict.fromkeys(("nav", "figure", "figcaption", "center", "address", "details"), 1),
    **dict.fromkeys(("summary", "dl", "dt", "dd", "caption"), 1),
}
_MATRIX_ADDRESS = re.compile(r"https://matrix\.to/#/\S+")
_NUMBER = re.compile(r"\s*(-?[0-9]{1,9})")
_DEEPEST_INDENT = 8
_INDENT = 4


@define
class _List:
    next_number: int | None


@define
class _Anchor:
    opened: OpenStyle
    address: str
    mark: int
    is_neutral: bool = False


class Dialect(Protocol):
    """What a network's texts can hold."""

    @property
    def bullet(self) -> str:
        """Stands before an item of a list without numbers."""
        ...

    def link(self, address: str) -> str | None:
        """The address to keep for a link, or None if it may not be one."""
        ...

    def hidden(self, address: str, covered: str) -> str | None:
        """What must be said beside a link's text, because the network does not say where it leads."""
        ...

    def emoji(self, source: str) -> str | None:
        """The custom emoji at an inline picture's address, or None if it is none or not to be sent."""
        ...


def read_html(html: str, dialect: Dialect) -> tuple[str, list[Span]]:
    """Turn any HTML, well-formed or not, into text and spans, in linear time."""
    reader = _Reader(dialect)
    fallback = _REPLY_FALLBACK.match(html)
    for token in tokens(html[fallback.end() :] if fallback else html):
        reader.take(token)
    return reader.finish()


class _Reader:
    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._layout = Layout()
        self._open: defaultdict[str, list[OpenStyle | None]] = defaultdict(list)
        self._anchor: _Anchor | None = None
        self._lists: list[_List] = []
        self._quotes = 0
        self._quote: OpenStyle | None = None
        self._pres = 0
        self._pre: OpenStyle | None = None
        self._pre_starts = False
        self._first_cell = True

    def take(self, token: Token) -> None:
        pre_starts, self._pre_starts = self._pre_starts, False
        if isinstance(token, Text):
            data = self._shown(token.data.replace("\0", "\ufffd"))
            if self._pres:
                self._layout.verbatim(data.removeprefix("\n") if pre_starts else data)
            else:
                self._layout.words(data)
        elif isinstance(token, Start):
            self._start(token.name, token.attributes)
        else:
            self._end(token)

    def _shown(self, data: str) -> str:
        """Text as it is shown: where a link's is its address in Matrix, that of the network."""
        if self._anchor and self._anchor.is_neutral and _MATRIX_ADDRESS.fullmatch(data.strip()):
            return self._anchor.address
        return data

    def finish(self) -> tuple[str, list[Span]]:
        """Close everything; a link that never ended is none."""
        for name in list(self._open):
            while self._open[name]:
                self._close_inline(name)
        for block in (self._pre, self._quote):
            if block:
                self._layout.close(block)
        return self._layout.finish(), self._layout.spans

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._margin(name)
        if name in self._STARTS:
            self._STARTS[name](self, attributes)
        elif name in _INLINE:
            self._open_inline(name, Style(_INLINE[name]))

    def _end(self, token: End) -> None:
        name = token.name
        if name in self._ENDS:
            self._ENDS[name](self)
        elif name in _INLINE or name == "span":
            self._close_inline(name)
        self._margin(name)

    def _margin(self, name: str) -> None:
        """Paragraphs are set apart by an empty line, but not inside of lists."""
        if name in _MARGINS:
            self._layout.boundary(1 if self._lists else _MARGINS[name])

    def _open_inline(self, name: str, style: Style | None) -> None:
        self._open[name].append(self._layout.open(style) if style else None)

    def _close_inline(self, name: str) -> None:
        if self._open[name]:
            opened = self._open[name].pop()
            if opened:
                self._layout.close(opened)

    def _break(self, _attributes: dict[str, str]) -> None:
        self._layout.line_break()

    def _rule(self, _attributes: dict[str, str]) -> None:
        self._layout.boundary(1)
        self._layout.words("———")
        self._layout.boundary(1)

    def _image(self, attributes: dict[str, str]) -> None:
        description = attributes.get("alt") or attributes.get("title") or ""
        emoji = self._dialect.emoji(attributes.get("src", ""))
        if not description.strip():
            description = "🖼"
        if emoji is None or EMOTICON_ATTRIBUTE not in attributes:
            self._layout.words(description)
            return
        opened = self._layout.open(Style(Kind.EMOJI, emoji))
        self._layout.words(description)
        self._layout.close(opened)

    def _superscript(self, _attributes: dict[str, str]) -> None:
        self._layout.words("^")

    def _subscript(self, _attributes: dict[str, str]) -> None:
        self._layout.words("_")

    def _span(self, attributes: dict[str, str]) -> None:
        reason = attributes.get("data-mx-spoiler")
        if reason and reason.strip():
            self._layout.words(f"({reason.strip()}) ")
        self._open_inline("span", None if reason is None else Style(Kind.SPOILER))

    def _code(self, attributes: dict[str, str]) -> None:
        if self._pre:
            self._name_language(self._pre, attributes)
        self._open_inline("code", None if self._pre else Style(Kind.CODE))

    def _start_pre(self, attributes: dict[str, str]) -> None:
        self._pres += 1
        self._pre_starts = True
        if self._pre is None:
            self._layout.block()
            self._pre = self._layout.open(Style(Kind.PRE))
        self._name_language(self._pre, attributes)

    def _end_pre(self) -> None:
        self._pres = max(self._pres - 1, 0)
        if self._pre and not self._pres:
            self._layout.close(self._pre)
            self._layout.block()
            self._pre = None

    @staticmethod
    def _name_language(pre: OpenStyle, attributes: dict[str, str]) -> None:
        """Take the language from the class, unless the text has begun."""
        for name in attributes.get("class", "").split():
            language = name.removeprefix("language-")
            if pre.start is None and name != language:
                pre.style = Style(Kind.PRE, language)

    def _start_quote(self, attributes: dict[str, str]) -> None:
        self._layout.block()
        self._quotes += 1
        if self._quote is None:
            collapsed = COLLAPSED_ATTRIBUTE in attributes
            kind = Kind.COLLAPSED_QUOTE if collapsed else Kind.QUOTE
            self._quote = self._layout.open(Style(kind))
        self._prefix_lines()
        self._layout.join_next()

    def _end_quote(self) -> None:
        self._quotes = max(self._quotes - 1, 0)
        if self._quote and not self._quotes:
            self._layout.close(self._quote)
            self._quote = None
        self._prefix_lines()
        self._layout.block()

    def _prefix_lines(self) -> None:
        self._layout.line_prefix = "> " * min(self._quotes - 1, _DEEPEST_INDENT)

    def _start_link(self, attributes: dict[str, str]) -> None:
        self._end_link()
        given = attributes.get("href", "")
        address = self._dialect.link(given)
        if address:
            opened = self._layout.open(Style(Kind.LINK, address))
            is_neutral = bool(message_of_address(given) or chat_of_address(given))
            self._anchor = _Anchor(opened, address, self._layout.mark(), is_neutral)

    def _end_link(self) -> None:
        if self._anchor:
            anchor, self._anchor = self._anchor, None
            self._layout.close(anchor.opened)
            covered = self._layout.since(anchor.mark)
            hidden = self._dialect.hidden(anchor.address, covered)
            if covered and hidden:
                self._layout.space()
                self._layout.words(f"({hidden})")

    def _start_ordered(self, attributes: dict[str, str]) -> None:
        number = _NUMBER.match(attributes.get("start", ""))
        self._start_list(_List(int(number[1]) if number else 1))

    def _start_unordered(self, _attributes: dict[str, str]) -> None:
        self._start_list(_List(None))

    def _start_list(self, entered: _List) -> None:
        self._layout.boundary(1)
        self._lists.append(entered)

    def _end_list(self) -> None:
        if self._lists:
            self._lists.pop()
        self._layout.boundary(1)

    def _start_item(self, attributes: dict[str, str]) -> None:
        if self._layout.one_line:
            self._layout.space()
        else:
            self._layout.block()
            self._layout.indent(_INDENT * min(max(len(self._lists) - 1, 0), _DEEPEST_INDENT))
        self._layout.marker(self._item_sign(attributes))

    def _item_sign(self, attributes: dict[str, str]) -> str:
        entered = self._lists[-1] if self._lists else _List(None)
        if entered.next_number is None:
            return self._dialect.bullet
        given = _NUMBER.match(attributes.get("value", ""))
        number = int(given[1]) if given else entered.next_number
        entered.next_number = number + 1
        return f"{number}."

    def _end_item(self) -> None:
        self._layout.boundary(1)

    def _edge_of_table(self, _attributes: dict[str, str] | None = None) -> None:
        self._end_cell()
        self._layout.boundary(1)
        self._first_cell = True

    def _start_cell(self, _attributes: dict[str, str]) -> None:
        self._end_cell()
        if not self._first_cell:
            self._layout.space()
            self._layout.marker("|")
        self._first_cell = False
        self._layout.one_line = True

    def _start_head_cell(self, attributes: dict[str, str]) -> None:
        self._start_cell(attributes)
        self._open_inline("th", Style(Kind.BOLD))

    def _end_cell(self) -> None:
        self._close_inline("th")
        self._layout.one_line = False

    def _start_term(self, attributes: dict[str, str]) -> None:
        self._start_definition(attributes)
        self._open_inline("dt", Style(Kind.BOLD))

    def _start_definition(self, _attributes: dict[str, str]) -> None:
        self._close_inline("dt")

    _STARTS: ClassVar[dict[str, Callable[["_Reader", dict[str, str]], None]]] = {
        "a": _start_link,
        "blockquote": _start_quote,
        "br": _break,
        "code": _code,
        "dd": _start_definition,
        "dt": _start_term,
        "hr": _rule,
        "img": _image,
        "li": _start_item,
        "ol": _start_ordered,
        "pre": _start_pre,
        "span": _span,
        "sub": _subscript,
        "sup": _superscript,
        "table": _edge_of_table,
        "td": _start_cell,
        "th": _start_head_cell,
        "tr": _edge_of_table,
        "ul": _start_unordered,
    }
    _ENDS: ClassVar[dict[str, Callable[["_Reader"], None]]] = {
        "a": _end_link,
        "blockquote": _end_quote,
        "li": _end_item,
        "ol": _end_list,
        "pre": _end_pre,
        "table": _edge_of_table,
        "td": _end_cell,
        "th": _end_cell,
        "tr": _edge_of_table,
        "ul": _end_list,
    }
