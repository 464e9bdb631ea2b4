# SPDX-License-Identifier: AGPL-3.0-or-later
"""How many files somebody may have here at a time."""

from unittest.mock import AsyncMock, Mock

import pytest
from attrs import evolve
from mautrix.types import EventID, RoomID, UserID

from bridges.core.clock import SystemClock
from bridges.guide.archives.attachment import Attachment, attachment_of
from bridges.guide.archives.deposit import Deposit, Details, State
from bridges.guide.commands.archives import ArchiveCommands
from bridges.guide.conversation.command import CannotDo

CONTENT = {
    "msgtype": "m.file",
    "body": "WhatsApp Chat with Behi.zip",
    "url": "mxc://home.test/file",
    "info": {"size": 10},
}


def dropped(attachment: Attachment, number: int, state: State) -> Deposit:
    details = Details(RoomID("!room:home.test"), attachment)
    return Deposit(EventID(f"${number}"), UserID("@madina:home.test"), state, number, details)


async def test_files_that_were_brought_over_do_not_count() -> None:
    attachment = attachment_of(CONTENT)
    done = [dropped(attachment, number, State.DONE) for number in range(200)]
    store = Mock(of=AsyncMock(return_value=done), add=AsyncMock(return_value=True))
    workshop = Mock()
    commands = ArchiveCommands(workshop, store, SystemClock(), "home.test", 1000)
    context = Mock(
        person=UserID("@madina:home.test"),
        room=RoomID("!room:home.test"),
        message=Mock(content=CONTENT, event=EventID("$new")),
        reply=AsyncMock(return_value=EventID("$notice")),
    )
    await commands.file(context)
    workshop.begin.assert_called_once()
    store.of.return_value = [evolve(one, state=State.READY) for one in done[:50]]
    with pytest.raises(CannotDo, match="forget files"):
        await commands.file(context)
