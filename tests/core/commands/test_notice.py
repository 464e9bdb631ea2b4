# SPDX-License-Identifier: AGPL-3.0-or-later
"""Markup comes from templates only, whatever people are called."""

import html
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from bridges.core.commands.notice import render
from bridges.core.i18n import Translator
from bridges.core.text import user_text

ENGLISH = Translator({})


def test_markup_of_templates() -> None:
    content = render(
        ENGLISH,
        "en",
        [
            user_text("**Chats**"),
            user_text("- `{usage}`: find", usage="search <text>"),
            user_text("- [{name}](https://matrix.to/#/{room})", name="A & B", room="!a:b.example"),
            user_text("The end"),
        ],
        markdown=True,
    )
    assert content.html == (
        "<strong>Chats</strong><ul>"
        "<li><code>search &lt;text&gt;</code>: find</li>"
        '<li><a href="https://matrix.to/#/!a:b.example">A &amp; B</a></li>'
        "</ul>The end"
    )
    assert content.body == (
        "**Chats**\n- `search <text>`: find\n- [A & B](https://matrix.to/#/!a:b.example)\nThe end"
    )


def test_without_markdown_there_is_no_html() -> None:
    assert render(ENGLISH, "en", user_text("say `it`")).html is None


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(
    st.text() | st.sampled_from(["<script>alert(1)</script>", "**a**`b`[c](d)", "{name}", "- x"])
)
def test_values_are_never_markup(name: str) -> None:
    content = render(ENGLISH, "en", user_text("`{name}` is here", name=name), markdown=True)
    assert content.html is not None
    parser = Tags()
    parser.feed(content.html)
    parser.close()
    assert parser.tags == ["code"]
    shown = " ".join(name.split())
    assert html.unescape(content.html) == f"<code>{shown}</code> is here"
    assert content.body == f"`{shown}` is here"
    assert len(content.body.split("\n")) == 1
