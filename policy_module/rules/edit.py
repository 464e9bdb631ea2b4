# SPDX-License-Identifier: AGPL-3.0-or-later
"""Changing the text of a policy file as a careful person would: one entry, and nothing else.

The file is never written anew from its content: pieces of its text are replaced, so that comments,
order and style of everything else stay as they are. What comes of it is read again and compared with
what was meant.
"""

import json
import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Any

from attrs import frozen
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*")


class Listing(StrEnum):
    """The lists of servers under ``federation``."""

    ALLOW = "allow"
    DENY = "deny"


@frozen
class AddServer:
    """Put a server, or a pattern, on a list; an entry with the same name there is replaced."""

    to: Listing
    server: str
    until: date | None = None
    """The last day."""
    note: str = ""


@frozen
class RemoveServer:
    """Take a server, or a pattern, off both lists."""

    server: str


Change = AddServer | RemoveServer


class EditError(ValueError):
    """The change cannot be made in this text; the message says what to do."""


def edit(text: str, change: Change) -> str:
    """Make a change in the text of a policy file.

    Raises:
        EditError: if there is nothing to remove, or the text is written in a way that is not
            understood; it has to be changed by hand then.
    """
    before = _content(text)
    meant = _changed(before, change)
    if isinstance(change, RemoveServer) and meant == before:
        raise EditError(f"{change.server} is on neither list")
    for listing in [change.to] if isinstance(change, AddServer) else list(Listing):
        text = _without(text, listing, change.server)
    if isinstance(change, AddServer):
        text = _with(text, change)
    if _content(text) != meant:
        raise EditError("federation is written in an unusual way; change the file by hand")
    return text


def _content(text: str) -> dict[str, Any]:
    try:
        content = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError) as error:
        raise EditError("the file is not YAML; repair it by hand") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise EditError("the file is no policy; repair it by hand")
    return content


def _changed(content: dict[str, Any], change: Change) -> dict[str, Any]:
    """Give the content that the changed text must have."""
    federation = content.get("federation") or {}
    if not isinstance(federation, dict):
        raise EditError("federation is not a mapping; repair it by hand")
    lists = {one.value: list(federation.get(one.value) or []) for one in Listing}
    touched = {change.to.value} if isinstance(change, AddServer) else set(lists)
    for name in touched:
        lists[name] = [entry for entry in lists[name] if _server(entry) != change.server]
    if isinstance(change, AddServer):
        lists[change.to.value].insert(0, _entry(change))
    kept = {name: entries for name, entries in lists.items() if name in federation or entries}
    return content | {"federation": {**federation, **kept}}


def _server(entry: Any) -> Any:
    return entry.get("server") if isinstance(entry, dict) else entry


def _entry(change: AddServer) -> dict[str, Any]:
    entry: dict[str, Any] = {"server": change.server}
    if change.until is not None:
        entry["until"] = change.until
    if change.note:
        entry["note"] = change.note
    return entry


def _written(change: AddServer) -> str:
    parts = [f"server: {json.dumps(change.server)}"]
    if change.until is not None:
        parts.append(f"until: {change.until.isoformat()}")
    if change.note:
        parts.append(f"note: {json.dumps(change.note, ensure_ascii=False)}")
    return "{" + ", ".join(parts) + "}"


# -- Places in the text


def _find(node: Node | None, key: str) -> tuple[Node, Node] | None:
    """Find the nodes of a key and of its value in a mapping."""
    if isinstance(node, MappingNode):
        for name, value in node.value:
            if name.value == key:
                return name, value
    return None


def _composed(text: str) -> Node | None:
    node: Node | None = YAML(typ="safe", pure=True).compose(text)
    return node


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _line_end(text: str, index: int) -> int:
    """Give the index behind the end of a line."""
    end = text.find("\n", index)
    return len(text) if end < 0 else end + 1


def _indentation(text: str, index: int) -> str:
    return " " * (index - _line_start(text, index))


def _with(text: str, change: AddServer) -> str:
    """Put the entry first in its list, which is made if it is not there."""
    entry, key = _written(change), change.to.value
    federation = _find(_composed(text), "federation")
    if federation is None:
        gap = "" if not text or text.endswith("\n") else "\n"
        return f"{text}{gap}federation:\n  {key}:\n    - {entry}\n"
    name, section = federation
    found = _find(section, key)
    if found is None:
        return _with_list(text, name, section, f"{key}: [{entry}]")
    listing = found[1]
    start, end = listing.start_mark.index, listing.end_mark.index
    if not isinstance(listing, SequenceNode):
        place = found[0].end_mark.index + 1  # behind the colon of an empty value
        return f"{text[:place]} [{entry}]{text[place:]}"
    if listing.flow_style:
        if listing.value:
            return f"{text[: start + 1]}{entry}, {text[start + 1 :]}"
        behind = _indentation(text, found[0].start_mark.index) + "  "
        rest, line_end = text[end : _line_end(text, end)], _line_end(text, end)
        head = text[:start].rstrip(" ")
        if _starts_block(text, found[0]):
            return f"{head}{rest.rstrip()}\n{behind}- {entry}\n{text[line_end:]}"
        return f"{text[:start]}[{entry}]{text[end:]}"
    return f"{text[:start]}- {entry}\n{_indentation(text, start)}{text[start:]}"


def _starts_block(text: str, key: Node) -> bool:
    """Whether a key stands first in its line, as in block style."""
    index = key.start_mark.index
    return not text[_line_start(text, index) : index].strip(" ")


def _with_list(text: str, name: Node, section: Node, line: str) -> str:
    """Put a first key into ``federation``."""
    if isinstance(section, MappingNode) and not section.flow_style and section.value:
        place = section.start_mark.index
        return f"{text[:place]}{line}\n{_indentation(text, place)}{text[place:]}"
    if isinstance(section, MappingNode) and section.flow_style:
        place = section.start_mark.index + 1
        return f"{text[:place]}{line}{', ' if section.value else ''}{text[place:]}"
    place = name.end_mark.index + 1
    return f"{text[:place]} {{{line}}}{text[place:]}"


def _without(text: str, listing: Listing, server: str) -> str:
    """Take the entries of a server out of a list."""
    while True:
        federation = _find(_composed(text), "federation")
        found = None if federation is None else _find(federation[1], listing.value)
        if found is None or not isinstance(found[1], SequenceNode):
            return text
        entries = found[1].value
        index = next((i for i, one in enumerate(entries) if _names(one, server)), None)
        if index is None:
            return text
        if found[1].flow_style:
            text = _cut_flow(text, entries, index)
        else:
            text = _cut_block(text, found[1], index, found[0])


def _names(entry: Node, server: str) -> bool:
    if isinstance(entry, ScalarNode):
        return bool(entry.value == server)
    found = _find(entry, "server")
    return found is not None and found[1].value == server


def _cut_flow(text: str, entries: list[Node], index: int) -> str:
    start, end = entries[index].start_mark.index, entries[index].end_mark.index
    behind = re.compile(r"\s*,[ ]?").match(text, end)
    if behind is not None:
        return text[:start] + text[behind.end() :]
    if index > 0:
        comma = text.rfind(",", 0, start)
        return text[:comma] + text[comma + 1 : start].rstrip(" ") + text[end:]
    return text[:start] + text[end:]


def _cut_block(text: str, listing: SequenceNode, index: int, key: Node) -> str:
    """Cut the lines of one entry; comments in them stay, each on a line of its own."""
    entry = listing.value[index]
    dash = text.rfind("-", 0, entry.start_mark.index)
    last = max(scalar.end_mark.index for scalar in _ends(entry))
    start, end = _line_start(text, dash), _line_end(text, max(last - 1, dash))
    hidden = list(text[start:end])
    for scalar in _scalars(entry):
        for place in range(scalar.start_mark.index - start, scalar.end_mark.index - start):
            if 0 <= place < len(hidden) and hidden[place] != "\n":
                hidden[place] = "x"
    comments = [
        text[start + match.start() : start + match.end()]
        for match in _COMMENT.finditer("".join(hidden))
    ]
    kept = "".join(f"{_indentation(text, dash)}{comment}\n" for comment in comments)
    text = text[:start] + kept + text[end:]
    if len(listing.value) == 1:
        colon = key.end_mark.index + 1
        text = f"{text[:colon]} []{text[colon:]}"
    return text


def _scalars(node: Node) -> Iterator[ScalarNode]:
    if isinstance(node, ScalarNode):
        yield node
    elif isinstance(node, MappingNode):
        for pair in node.value:
            for one in pair:
                yield from _scalars(one)
    elif isinstance(node, SequenceNode):
        for one in node.value:
            yield from _scalars(one)


def _ends(node: Node) -> Iterator[Node]:
    """Give the nodes whose end is the end of written text: a block's own end lies behind it."""
    if isinstance(node, MappingNode | SequenceNode) and not node.flow_style:
        yield from _scalars(node)
    else:
        yield node
