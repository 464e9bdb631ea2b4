# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the bot's sentences become a message.

Templates may hold a little markup: ``**strong**``, ```code```, ``[label](address)`` and ``- `` at the
start of a line. Values never do, whatever they contain: names of chats and people come from outside.
"""

import html
import re
from collections.abc import Sequence
from itertools import groupby

from bridges.core.content import FormattedText
from bridges.core.i18n import Translator
from bridges.core.text import UserText

_MARKUP = (
    (re.compile(r"\*\*(.+?)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"`(.+?)`"), r"<code>\1</code>"),
    (re.compile(r"\[(.+?)\]\((.+?)\)"), r'<a href="\2">\1</a>'),
)
_ITEM = "- "


def render(
    translator: Translator,
    language: str,
    text: UserText | Sequence[UserText],
    *,
    markdown: bool = False,
) -> FormattedText:
    """Make the content of a notice: one line per text, values on a single line each.

    HTML is made only with ``markdown``.
    """
    texts = (text,) if isinstance(text, UserText) else tuple(text)
    lines = [
        (translator.template(one, language), _single_lines(translator.values(one, language)))
        for one in texts
    ]
    body = "\n".join(template.format_map(values) for template, values in lines)
    if not markdown:
        return FormattedText(body)
    return FormattedText(body, _blocks([_line_html(*line) for line in lines]))


def _single_lines(values: dict[str, str | int]) -> dict[str, str | int]:
    return {
        name: " ".join(value.split()) if isinstance(value, str) else value
        for name, value in values.items()
    }


def _line_html(template: str, values: dict[str, str | int]) -> str:
    marked = html.escape(template).replace("\n", "<br>")
    for pattern, replacement in _MARKUP:
        marked = pattern.sub(replacement, marked)
    return marked.format_map({name: html.escape(str(value)) for name, value in values.items()})


def _blocks(lines: Sequence[str]) -> str:
    blocks: list[str] = []
    for is_list, group in groupby(lines, lambda line: line.startswith(_ITEM)):
        if is_list:
            items = "".join(f"<li>{line.removeprefix(_ITEM)}</li>" for line in group)
            blocks.append(f"<ul>{items}</ul>")
        else:
            blocks.append("<br>".join(group))
    return "".join(blocks)
