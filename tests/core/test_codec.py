# SPDX-License-Identifier: AGPL-3.0-or-later
"""Events come out of the queue as they went in."""

from typing import get_args

from hypothesis import given

from bridges.core.events import RemoteEvent
from bridges.core.history.pages import PastMessage
from bridges.core.storage.codec import EventCodec
from tests.core.strategies import past_messages, remote_event_kinds, remote_events

_codec = EventCodec()


@given(remote_events)
def test_every_event_survives_storing(event: RemoteEvent) -> None:
    payload = _codec.encode(event)
    assert payload.isascii()
    assert _codec.decode(payload) == event


@given(past_messages)
def test_messages_of_the_past_survive_storing(message: PastMessage) -> None:
    payload = _codec.encode_past(message)
    assert payload.isascii()
    assert _codec.decode_past(payload) == message


def test_no_kind_of_event_is_missing_in_these_tests() -> None:
    assert set(get_args(RemoteEvent)) == set(remote_event_kinds)
