# SPDX-License-Identifier: AGPL-3.0-or-later
"""Nodes as bytes, in WhatsApp's binary XML.

A node is a list: tag, then names and values of the attributes, then the content if there is one.
A text is whatever is shortest: a word of the dictionaries, digits or hexadecimal letters two to a
byte, an address, or its UTF-8 with a length. Read from the behaviour of the libraries this
sandbox talks to; there is no public specification.
"""

import re
import zlib

from sandbox.whatsapp.jids import LID_SERVER, PHONE_SERVER, BadJidError, Jid
from sandbox.whatsapp.node import Content, Node
from sandbox.whatsapp.tokens import TOKENS, Tokens

_EMPTY, _LIST_8, _LIST_16 = 0, 248, 249
_INTEROP_JID, _OTHER_JID, _DEVICE_JID, _PAIR_JID = 245, 246, 247, 250
_HEX, _DIGITS = 251, 255
_BYTES_8, _BYTES_20, _BYTES_32 = 252, 253, 254

_DIGIT_LETTERS = "0123456789-."
_HEX_LETTERS = "0123456789ABCDEF"
_FILLER = 15
_MAX_PACKED = 127
_MAX_DEPTH = 64
_COMPRESSED = 2
_MAX_INFLATED = 64 * 1024 * 1024
_DEVICE_SERVERS = {PHONE_SERVER: 0, LID_SERVER: 1, "hosted": 128, "hosted.lid": 129}
_SERVER_OF_DOMAIN = {number: server for server, number in _DEVICE_SERVERS.items()}
# The agent of old addresses sits in the user part; only a plain one is packed as an address.
_PACKABLE_USER = re.compile(r"[^_.]*")


class CodecError(ValueError):
    """The bytes are no node, or the node cannot be written."""


def encode(node: Node, tokens: Tokens = TOKENS) -> bytes:
    """Return a node as it travels: one byte of flags (not compressed), then the node."""
    out = bytearray(b"\0")
    _Writer(out, tokens).node(node)
    return bytes(out)


def decode(data: bytes, tokens: Tokens = TOKENS) -> Node:
    """Return the node of a decrypted frame. Raises `CodecError` for anything else."""
    if not data:
        raise CodecError("an empty frame")
    body = _inflate(data[1:]) if data[0] & _COMPRESSED else data[1:]
    reader = _Reader(body, tokens)
    node = reader.node()
    if reader.place != len(body):
        raise CodecError(f"{len(body) - reader.place} bytes after the node")
    return node


def _inflate(data: bytes) -> bytes:
    engine = zlib.decompressobj()
    try:
        body = engine.decompress(data, _MAX_INFLATED)
    except zlib.error as error:
        raise CodecError(f"compressed badly: {error}") from error
    if not engine.eof:
        raise CodecError("compressed content is cut short or too long")
    return body


class _Writer:
    def __init__(self, out: bytearray, tokens: Tokens) -> None:
        self._out = out
        self._tokens = tokens

    def node(self, node: Node) -> None:
        if not node.tag:
            raise CodecError("a node without a tag")
        self._list(1 + 2 * len(node.attrs) + (node.content is not None))
        self._text(node.tag)
        for name, value in node.attrs.items():
            self._text(name)
            self._text(value)
        if isinstance(node.content, bytes):
            self._bytes(node.content)
        elif node.content is not None:
            self._list(len(node.content))
            for child in node.content:
                self.node(child)

    def _list(self, size: int) -> None:
        if size == 0:
            self._out.append(_EMPTY)
        elif size < 1 << 8:
            self._out += bytes((_LIST_8, size))
        elif size < 1 << 16:
            self._out.append(_LIST_16)
            self._out += size.to_bytes(2, "big")
        else:
            raise CodecError(f"{size} parts are too many for one node")

    def _bytes(self, data: bytes) -> None:
        size = len(data)
        if size < 1 << 8:
            self._out += bytes((_BYTES_8, size))
        elif size < 1 << 20:
            self._out.append(_BYTES_20)
            self._out += size.to_bytes(3, "big")
        else:
            self._out.append(_BYTES_32)
            self._out += size.to_bytes(4, "big")
        self._out += data

    def _text(self, text: str) -> None:
        code = self._tokens.codes.get(text)
        if code is not None:
            self._out += code
        elif text and _packs(text, _DIGIT_LETTERS):
            self._packed(_DIGITS, text, _DIGIT_LETTERS)
        elif text and _packs(text, _HEX_LETTERS):
            self._packed(_HEX, text, _HEX_LETTERS)
        elif (jid := _address(text)) is not None:
            self._jid(jid)
        else:
            self._bytes(text.encode())

    def _packed(self, kind: int, text: str, letters: str) -> None:
        halves = [letters.index(letter) for letter in text]
        odd = len(halves) % 2
        halves += [_FILLER] * odd
        self._out += bytes((kind, len(halves) // 2 | odd << 7))
        self._out += bytes(
            high << 4 | low for high, low in zip(halves[::2], halves[1::2], strict=True)
        )

    def _jid(self, jid: Jid) -> None:
        if jid.device:
            self._out += bytes((_DEVICE_JID, _DEVICE_SERVERS[jid.server], jid.device))
            self._text(jid.user)
            return
        self._out.append(_PAIR_JID)
        if jid.user:
            self._text(jid.user)
        else:
            # An empty text would come back as an address without a user, which clients refuse.
            self._out.append(_EMPTY)
        self._text(jid.server)


def _packs(text: str, letters: str) -> bool:
    return len(text) <= _MAX_PACKED and all(letter in letters for letter in text)


def _address(text: str) -> Jid | None:
    try:
        jid = Jid.parse(text)
    except BadJidError:
        return None
    if not _PACKABLE_USER.fullmatch(jid.user) or str(jid) != text:
        return None
    if jid.device and (jid.server not in _DEVICE_SERVERS or jid.device > 255 or not jid.user):
        return None
    return jid


class _Reader:
    def __init__(self, data: bytes, tokens: Tokens) -> None:
        self._data = data
        self._tokens = tokens
        self.place = 0

    def node(self, depth: int = 0) -> Node:
        if depth > _MAX_DEPTH:
            raise CodecError("nodes inside nodes without end")
        size = self._list_size(self._byte())
        if size == 0:
            raise CodecError("an empty list instead of a node")
        tag = self._text(self._byte())
        if not tag:
            raise CodecError("a node without a tag")
        attrs = {self._text(self._byte()): self._text(self._byte()) for _ in range((size - 1) // 2)}
        content = self._content(depth) if size % 2 == 0 else None
        return Node(tag, attrs, content)

    def _content(self, depth: int) -> Content:
        kind = self._byte()
        if kind in {_EMPTY, _LIST_8, _LIST_16}:
            return tuple(self.node(depth + 1) for _ in range(self._list_size(kind)))
        data = self._maybe_bytes(kind)
        return self._text(kind).encode() if data is None else data

    def _text(self, kind: int) -> str:
        word = self._tokens.word(kind)
        if word is not None:
            return word
        data = self._maybe_bytes(kind)
        if data is not None:
            try:
                return data.decode()
            except UnicodeDecodeError as error:
                raise CodecError("a text is not UTF-8") from error
        if kind == _EMPTY:
            return ""
        if kind in {_HEX, _DIGITS}:
            return self._packed(_HEX_LETTERS if kind == _HEX else _DIGIT_LETTERS)
        if kind in {_PAIR_JID, _DEVICE_JID, _OTHER_JID, _INTEROP_JID}:
            return self._jid(kind)
        double = self._tokens.double_word(kind, self._byte())
        if double is None:
            raise CodecError(f"byte {kind} starts no text")
        return double

    def _maybe_bytes(self, kind: int) -> bytes | None:
        width = {_BYTES_8: 1, _BYTES_20: 3, _BYTES_32: 4}.get(kind)
        return None if width is None else self._take(self._number(width))

    def _packed(self, letters: str) -> str:
        size = self._byte()
        halves = [half for byte in self._take(size & 127) for half in (byte >> 4, byte & 15)]
        if size & 128 and (not halves or halves.pop() not in {0, _FILLER}):
            raise CodecError("packed letters end badly")
        if any(half >= len(letters) for half in halves):
            raise CodecError("packed letters that are none")
        return "".join(letters[half] for half in halves)

    def _jid(self, kind: int) -> str:
        if kind == _PAIR_JID:
            user, server = self._text(self._byte()), self._text(self._byte())
            return f"{user}@{server}"
        if kind == _DEVICE_JID:
            domain, device = self._byte(), self._byte()
            server = _SERVER_OF_DOMAIN.get(domain, PHONE_SERVER)
            return str(Jid(self._text(self._byte()), server, device))
        user, device = self._text(self._byte()), self._number(2)
        if kind == _INTEROP_JID:
            user = f"{self._number(2)}-{user}"
        return str(Jid(user, self._text(self._byte()), device))

    def _list_size(self, kind: int) -> int:
        if kind == _EMPTY:
            return 0
        if kind == _LIST_8:
            return self._byte()
        if kind == _LIST_16:
            return self._number(2)
        raise CodecError(f"byte {kind} starts no list")

    def _number(self, width: int) -> int:
        return int.from_bytes(self._take(width), "big")

    def _byte(self) -> int:
        return self._take(1)[0]

    def _take(self, count: int) -> bytes:
        end = self.place + count
        if end > len(self._data):
            raise CodecError("the node is cut short")
        taken = self._data[self.place : end]
        self.place = end
        return taken
