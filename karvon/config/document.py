# SPDX-License-Identifier: AGPL-3.0-or-later
"""YAML text to plain values with their places in the text.

Reads the events of ruamel.yaml's parser instead of building its objects, so that aliases are counted
before anything is expanded, nesting cannot exhaust the stack, and only plain values can come out:
the YAML 1.2 core schema without tags (https://yaml.org/spec/1.2.2/#103-core-schema).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from attrs import define, field, frozen
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StreamMark, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)
from ruamel.yaml.reader import ReaderError

from karvon.config.problems import ConfigError, KeyPath, Position, Problem, printable

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_ALIASES = 100
MAX_VALUES = 20_000

_UNUSABLE = re.compile(r"[\0\ud800-\udfff]")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {
    word: word.lower() == "true" for word in ["true", "True", "TRUE", "false", "False", "FALSE"]
}
_INT = re.compile(r"[-+]?[0-9]{1,20}|0o[0-7]{1,20}|0x[0-9a-fA-F]{1,16}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,20}|[0-9]{1,20}(\.[0-9]{0,20})?)([eE][-+]?[0-9]{1,3})?")


@frozen
class Document:
    """A YAML file as plain values."""

    source: str
    values: dict[str, Any]
    keys: dict[KeyPath, Position]
    """Where each key stands."""
    items: dict[KeyPath, Position]
    """Where each value begins."""

    def place(self, path: KeyPath, *, of_key: bool = False) -> Position | None:
        """Give the place of a value, of its key, or of the nearest section around it."""
        while path and path not in self.items:
            path = path[:-1]
        if not path:
            return None
        key, item = self.keys.get(path), self.items.get(path)
        if key is None or item is None:
            return item
        return key if of_key or item.line != key.line else item


def read_text(path: Path, source: str) -> str:
    """Read a configuration file. Raises ``ConfigError``, with one problem."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        message = (
            "there is no such file; copy config/karvon.example.yaml to it, or leave --config out"
        )
        raise ConfigError([Problem(source, message)]) from None
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise ConfigError([Problem(source, message)]) from None
    if len(data) > MAX_BYTES:
        message = f"is larger than {MAX_BYTES // 1024} KiB; this is not a configuration of karvon"
        raise ConfigError([Problem(source, message)])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = error.start - (before.rfind(b"\n") + 1) + 1
        position = Position(before.count(b"\n") + 1, column)
        message = "is not UTF-8 text here; save the file with the encoding UTF-8"
        raise ConfigError([Problem(source, message, position)]) from None


def parse(text: str, source: str) -> Document:
    """Parse a YAML text whose root is a mapping. Raises ``ConfigError``."""
    builder = _Builder(source)
    try:
        for event in _events(text):
            builder.take(event)
    except MarkedYAMLError as error:
        raise ConfigError([_syntax_problem(source, text, error)]) from None
    except ReaderError as error:
        before = text[: error.position]
        position = Position(before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1)
        message = f"the character U+{error.character:04X} is not allowed in YAML; remove it"
        raise ConfigError([Problem(source, message, position)]) from None
    except YAMLError as error:
        raise ConfigError([Problem(source, f"is not YAML: {printable(str(error))}")]) from None
    return builder.document()


def _events(text: str) -> Iterator[Event]:
    yield from YAML(typ="safe", pure=True).parse(text)


def scalar(text: str) -> Any:
    """Read an unquoted scalar: null, true, false, a number, or else text."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text[2:] if base != 10 else text, base)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _position(mark: StreamMark) -> Position:
    return Position(mark.line + 1, mark.column + 1)


def _syntax_problem(source: str, text: str, error: MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    position = None if mark is None else _position(mark)
    lines = text.splitlines()
    if position is not None and position.line <= len(lines):
        line = lines[position.line - 1]
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent:
            tab = Position(position.line, indent.index("\t") + 1)
            return Problem(source, "a tab cannot indent YAML; use spaces", tab)
    words = " ".join(filter(None, (error.context, error.problem)))
    return Problem(source, f"is not YAML: {printable_sentence(words)}", position)


def printable_sentence(text: str) -> str:
    """Give a parser's message as one line."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:200]


@define
class _Open:
    """A collection that is being read."""

    value: dict[str, Any] | list[Any]
    path: KeyPath
    anchor: str | None
    size_before: int
    key: str | None = None
    """In a mapping: the key whose value comes next."""


@define
class _Anchored:
    value: Any
    size: int
    """How many values it is made of, aliases inside it expanded."""


@define
class _Builder:
    """Builds the values from parser events; iterative, so depth costs no stack."""

    source: str
    problems: list[Problem] = field(factory=list)
    keys: dict[KeyPath, Position] = field(factory=dict)
    items: dict[KeyPath, Position] = field(factory=dict)
    _stack: list[_Open] = field(factory=list)
    _anchors: dict[str, _Anchored] = field(factory=dict)
    _root: Any = None
    _documents: int = 0
    _aliases: int = 0
    _size: int = 0

    def document(self) -> Document:
        """Give the finished document. Raises ``ConfigError`` if anything was wrong."""
        if not self.problems and not isinstance(self._root, dict):
            message = (
                "is empty; copy config/karvon.example.yaml, or leave --config out to use the defaults"
                if self._root is None
                else "must hold sections such as telegram:"
            )
            self.problems.append(Problem(self.source, message))
        if self.problems:
            raise ConfigError(self.problems)
        return Document(self.source, self._root, self.keys, self.items)

    def take(self, event: Event) -> None:
        """Take the next event. Raises ``ConfigError`` where going on makes no sense."""
        match event:
            case DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self._stop(event, "a second document begins; remove the line ---")
            case MappingEndEvent() | SequenceEndEvent():
                self._close()
            case AliasEvent():
                self._place(event, self._expand(event))
            case NodeEvent():
                self._node(event)

    def _node(self, event: NodeEvent) -> None:
        if getattr(event, "tag", None) not in {None, "!"}:
            self._note(event, "tags (words after !) are not supported; remove it")
        if isinstance(event, ScalarEvent):
            self._size += 1
            plain = event.style in {None, ""}
            value = scalar(event.value) if plain and not self._awaits_key() else event.value
            if _UNUSABLE.search(event.value):
                self._stop(event, "contains a character that is no text; remove it")
            self._place(event, value)
            if event.anchor is not None:
                self._anchors[event.anchor] = _Anchored(value, 1)
            return
        if self._awaits_key():
            self._stop(event, "a key must be a plain word")
        if len(self._stack) >= MAX_DEPTH:
            self._stop(event, "is nested too deeply; nothing in this file is")
        collection: dict[str, Any] | list[Any] = {} if isinstance(event, MappingStartEvent) else []
        before = self._size
        self._size += 1
        path = self._place(event, collection)
        self._stack.append(_Open(collection, path, event.anchor, before))

    def _awaits_key(self) -> bool:
        top = self._stack[-1] if self._stack else None
        return top is not None and isinstance(top.value, dict) and top.key is None

    def _place(self, event: NodeEvent, value: Any) -> KeyPath:
        """Put a value where it belongs and give its path."""
        if not self._stack:
            self._root = value
            self.items[()] = _position(event.start_mark)
            return ()
        top = self._stack[-1]
        if isinstance(top.value, list):
            path = (*top.path, len(top.value))
            top.value.append(value)
        elif top.key is None:
            self._key(event, top, value)
            return top.path
        else:
            path = (*top.path, top.key)
            top.value[top.key] = value
            top.key = None
        self.items[path] = _position(event.start_mark)
        return path

    def _key(self, event: NodeEvent, top: _Open, value: Any) -> None:
        if not isinstance(value, str):
            self._stop(event, "a key must be a plain word")
        path = (*top.path, value)
        if value == "<<":
            self._note(event, "merge keys (<<) are not supported; write the keys out")
        elif path in self.keys:
            first = self.keys[path].line
            self._note(event, f"is already set in line {first}; keep one of the two", path)
        self.keys.setdefault(path, _position(event.start_mark))
        top.key = value

    def _close(self) -> None:
        done = self._stack.pop()
        if done.anchor is not None:
            self._anchors[done.anchor] = _Anchored(done.value, self._size - done.size_before)

    def _expand(self, event: AliasEvent) -> Any:
        self._aliases += 1
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            self._stop(
                event, f"*{printable(event.anchor)} names no earlier &{printable(event.anchor)}"
            )
        self._size += anchored.size
        if self._aliases > MAX_ALIASES or self._size > MAX_VALUES:
            self._stop(event, "aliases (*) expand to too much; write the values out")
        return anchored.value

    def _note(self, event: Event, message: str, path: KeyPath = ()) -> None:
        self.problems.append(Problem(self.source, message, _position(event.start_mark), path))

    def _stop(self, event: Event, message: str) -> NoReturn:
        self._note(event, message)
        raise ConfigError(self.problems)
