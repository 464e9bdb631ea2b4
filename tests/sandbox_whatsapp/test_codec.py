# SPDX-License-Identifier: AGPL-3.0-or-later
"""Nodes survive being written and read, by us and by a codec of another make."""

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyaileys.wabinary import BinaryNode, decode_binary_node, encode_binary_node

from sandbox.whatsapp.codec import CodecError, decode, encode
from sandbox.whatsapp.jids import Jid
from sandbox.whatsapp.node import Node
from sandbox.whatsapp.tokens import TOKENS

_words = st.sampled_from(sorted(TOKENS.codes))
_addresses = st.builds(
    Jid,
    st.text("0123456789", min_size=1, max_size=15),
    st.sampled_from(["s.whatsapp.net", "lid"]),
    st.integers(0, 255),
).map(str)
_texts = st.one_of(
    _words,
    _addresses,
    st.text("0123456789-.", min_size=1, max_size=140),
    st.text("0123456789ABCDEF", min_size=1, max_size=140),
    st.text(min_size=1, max_size=300),
)
_attrs = st.dictionaries(_texts, _texts | st.just(""), max_size=4)
_nodes = st.recursive(
    st.builds(Node, _texts, _attrs, st.none() | st.binary(max_size=300)),
    lambda inner: st.builds(Node, _texts, _attrs, st.lists(inner, max_size=4).map(tuple)),
    max_leaves=8,
)
# Where the other codec loses something on its own: "_" in front of an address, texts with "@".
_plain = st.one_of(_words, _addresses, st.text("abcXYZ09-.яў", min_size=1, max_size=40))
_plain_nodes = st.recursive(
    st.builds(Node, _plain, st.dictionaries(_plain, _plain, max_size=3), st.binary(max_size=300)),
    lambda inner: st.builds(Node, _plain, st.just({}), st.lists(inner, min_size=1).map(tuple)),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(_nodes)
def test_what_was_written_is_read_again(node: Node) -> None:
    assert decode(encode(node)) == node


@settings(max_examples=60, deadline=None)
@given(_plain_nodes)
def test_another_codec_reads_what_we_write(node: Node) -> None:
    assert _ours(decode_binary_node(encode(node))) == node


@settings(max_examples=60, deadline=None)
@given(_plain_nodes)
def test_we_read_what_another_codec_writes(node: Node) -> None:
    assert decode(encode_binary_node(_theirs(node))) == node


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_node_or_refused(data: bytes) -> None:
    try:
        node = decode(data)
    except CodecError:
        return
    assert node.tag


def test_compressed_frames_are_read() -> None:
    node = Node("message", {"id": "3EB0"}, b"x" * 1000)
    assert decode(b"\2" + zlib.compress(encode(node)[1:])) == node


def test_a_server_is_an_address_without_user() -> None:
    # Clients refuse an address whose user is an empty text rather than left out.
    assert encode(Node("iq", {"from": "@s.whatsapp.net"}))[-3:-1] == bytes((250, 0))


def test_long_content_keeps_its_length() -> None:
    for size in (255, 256, (1 << 20) - 1, 1 << 20):
        assert decode(encode(Node("enc", {}, bytes(size)))).data == bytes(size)


@pytest.mark.parametrize(
    "data",
    [b"", b"\0", b"\0\0", b"\2not compressed", encode(Node("iq")) + b"\0", encode(Node("iq"))[:-1]],
)
def test_broken_frames_are_refused(data: bytes) -> None:
    with pytest.raises(CodecError):
        decode(data)


def test_nodes_without_end_are_refused() -> None:
    node = Node("a")
    for _ in range(70):
        node = Node("a", {}, (node,))
    with pytest.raises(CodecError, match="without end"):
        decode(encode(node))


def _theirs(node: Node) -> BinaryNode:
    content = node.content
    children = [_theirs(one) for one in content] if isinstance(content, tuple) else content
    return BinaryNode(node.tag, dict(node.attrs), children)


def _ours(node: BinaryNode) -> Node:
    content = node.content
    return Node(
        node.tag, node.attrs, tuple(map(_ours, content)) if isinstance(content, list) else content
    )
