# SPDX-License-Identifier: AGPL-3.0-or-later
"""What goes over the socket: it survives the way, and rubbish is refused in words."""

import asyncio
import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.whatsapp.wire.frames import FrameError, pack, read_frame, unpack
from bridges.whatsapp.wire.messages import (
    Acknowledgement,
    Answer,
    Call,
    Greeting,
    Refusal,
    Said,
    WorkerEvent,
    from_json,
    to_json,
)
from bridges.whatsapp.wire.values import Contact, Group, Sent, read

_LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
_JSON = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
_OBJECTS = st.dictionaries(st.text(), _JSON, max_size=4)
_NUMBERS = st.integers(0, 2**53)
_SAID: st.SearchStrategy[Said] = st.one_of(
    st.builds(Greeting, _NUMBERS, st.text()),
    st.builds(Call, _NUMBERS, st.text(), st.text(), _OBJECTS),
    st.builds(Answer, _NUMBERS, _JSON),
    st.builds(Refusal, _NUMBERS, st.text(), st.text()),
    st.builds(WorkerEvent, st.text(), _NUMBERS, st.text(), _OBJECTS),
    st.builds(Acknowledgement, st.text(), _NUMBERS),
)


def _reader(data: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return reader


@given(st.lists(_SAID, max_size=4))
async def test_what_is_said_arrives(said: list[Said]) -> None:
    reader = _reader(b"".join(pack(to_json(one)) for one in said))
    heard = []
    while (frame := await read_frame(reader)) is not None:
        heard.append(from_json(frame))
    assert heard == said


@given(st.binary(max_size=60))
async def test_rubbish_is_refused(data: bytes) -> None:
    reader = _reader(data)
    with contextlib.suppress(FrameError):  # anything else would end the worker
        while (frame := await read_frame(reader)) is not None:
            from_json(frame)


@given(st.dictionaries(st.text(max_size=8), _JSON, max_size=4))
def test_an_object_is_something_said_or_refused(content: dict[str, Any]) -> None:
    for kind in ("greeting", "call", "answer", "refusal", "event", "acknowledgement", "else"):
        with contextlib.suppress(FrameError):
            from_json({**content, "is": kind})


async def test_a_frame_that_is_too_large_is_refused_on_both_sides() -> None:
    with pytest.raises(FrameError, match="103 bytes are too many"):
        pack({"a": "x" * 95}, limit=100)
    with pytest.raises(FrameError, match="a frame of 2147483647 bytes is announced"):
        await read_frame(_reader(b"\x7f\xff\xff\xff"))


async def test_a_stream_that_ends_within_a_frame_is_no_end() -> None:
    with pytest.raises(FrameError, match="ended within"):
        await read_frame(_reader(pack({"a": 1})[:-1]))


def test_json_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(FrameError):
        unpack(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}")


def test_results_are_read_into_values() -> None:
    sent = read(Sent, {"id": "A", "timestamp": 7, "sender": "1@lid", "more": "of a newer worker"})
    assert sent == Sent("A", 7, "1@lid")
    assert read(list[Contact], []) == []
    with pytest.raises(FrameError):
        read(Group, {"jid": "1@g.us"})


async def test_text_that_is_no_unicode_gets_through_to_be_refused_by_the_library() -> None:
    frame = await read_frame(_reader(pack({"a": "\ud800"})))
    assert frame == {"a": "\ud800"}
