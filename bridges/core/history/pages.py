# SPDX-License-Identifier: AGPL-3.0-or-later
"""Past messages as a network hands them over, page by page."""

from collections.abc import Mapping

from attrs import field, frozen

from bridges.core.chat import UserInfo
from bridges.core.events import ReactionsOf, RemoteMessage, RemotePollTally
from bridges.core.ids import ChatKey, MessageID, RemoteUserID


@frozen
class PastMessage:
    """A message as it is now.

    Attributes:
        edit_stamp: of the latest edit, comparable with ``RemoteEdit.stamp``; 0 if it was never edited.
        reactions: who reacts how to it.
        tally: how the poll in it stands.
    """

    message: RemoteMessage
    edit_stamp: int = 0
    reactions: tuple[ReactionsOf, ...] = ()
    tally: RemotePollTally | None = None


@frozen
class HistoryPage:
    """A piece of a chat's history.

    Attributes:
        messages: oldest first. What belongs together (an album) is never cut in two.
        more: ask with this as ``before`` for what comes before this page; None if there is nothing.
        continues: where there is nothing before, the chat that this one has grown out of.
        people: what the page tells about those who speak in it, so that they need not be asked for.
    """

    messages: tuple[PastMessage, ...] = ()
    more: MessageID | None = None
    continues: ChatKey | None = None
    people: Mapping[RemoteUserID, UserInfo] = field(factory=dict)
