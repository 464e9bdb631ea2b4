# SPDX-License-Identifier: AGPL-3.0-or-later
"""How phones write and show WhatsApp's markup: small, and nothing of the bridge's own."""

import html
import re
from html.parser import HTMLParser

_SIGNS = {"b": "*", "strong": "*", "i": "_", "em": "_", "del": "~", "s": "~", "code": "`"}
_TAGS = {"*": "b", "_": "i", "~": "del"}
_CODE = re.compile(r"```(.+?)```|`([^`\n]+)`", re.DOTALL)
_UNSEEN = re.compile("[\u200a\u2060]")


class _Writer(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.text += "\n" if tag == "br" else _SIGNS.get(tag, "")

    def handle_endtag(self, tag: str) -> None:
        self.text += _SIGNS.get(tag, "")

    def handle_data(self, data: str) -> None:
        self.text += data


def written(formatted: str) -> str:
    """What somebody types who wants a text to look like this Matrix HTML."""
    writer = _Writer()
    writer.feed(formatted)
    writer.close()
    return writer.text


def shown(text: str) -> tuple[str, str | None]:
    """What a phone shows: the plain text, and Matrix HTML if something is formatted."""
    formatted, last = "", 0
    for code in _CODE.finditer(text):
        formatted += _styled(text[last : code.start()])
        formatted += f"<code>{html.escape(code[1] or code[2], quote=False)}</code>"
        last = code.end()
    formatted += _styled(text[last:])
    formatted = _UNSEEN.sub("", formatted)
    plain = html.unescape(re.sub(r"</?(?:b|i|del|code)>", "", formatted))
    return plain, formatted if plain != html.unescape(formatted) else None


def _styled(text: str) -> str:
    text = html.escape(text, quote=False)
    for sign, tag in _TAGS.items():
        mark = re.escape(sign)
        pair = rf"(?<![^\W_]){mark}(?=[^\s{mark}])([^\n]*?[^\s{mark}]){mark}(?![^\W_])"
        text = re.sub(pair, rf"<{tag}>\1</{tag}>", text)
    return text
