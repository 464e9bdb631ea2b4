# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is told that a message which the network had taken was not delivered after all."""

from unittest.mock import AsyncMock, Mock

import pytest

from bridges.core.chat import ChatKind
from bridges.core.errors import Rejected
from bridges.core.events import RemoteFailure
from bridges.core.ids import ChatID, ChatKey, MessageID
from bridges.core.portal.gate import EchoGate
from bridges.core.portal.late_failures import LateFailures
from bridges.core.storage.portals import Portal

CHAT = ChatKey(ChatID("c"))
FAILURE = RemoteFailure(CHAT, MessageID("m"), "TEST.GONE", "Nobody has {what}.", {"what": "that"})


class Desk:
    """Late failures over played stores."""

    def __init__(self) -> None:
        self.link = Mock(event="$event", sender_mxid="@alisa:home.test", room=None)
        self.messages = Mock(parts=AsyncMock(return_value=[self.link]))
        portal = Portal(CHAT, ChatKind.DIRECT, room="!room:home.test")  # type: ignore[arg-type]
        self.portals = Mock(get=AsyncMock(return_value=portal))
        self.status = Mock(failed=AsyncMock())
        self.gate = EchoGate()
        self.failures = LateFailures(self.portals, self.messages, self.gate, self.status)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_the_writer_is_told_why(desk: Desk) -> None:
    await desk.failures.show(FAILURE)
    room, event, person, error = desk.status.failed.await_args.args
    assert (room, event, person) == ("!room:home.test", "$event", "@alisa:home.test")
    assert isinstance(error, Rejected)
    assert (error.code, str(error.text)) == ("TEST.GONE", "Nobody has that.")


async def test_a_message_that_is_not_in_the_room_needs_no_word(desk: Desk) -> None:
    desk.messages.parts.return_value = []
    await desk.failures.show(FAILURE)
    desk.status.failed.assert_not_awaited()
