# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polls (``PollCreationMessage`` in all its versions) and what has come out of one."""

from attrs import evolve

from bridges.core.content import FormattedText, RemotePart, Text, TextKind
from bridges.core.formatting.compose import plain, stacked, styled
from bridges.core.formatting.names import clean_name
from bridges.whatsapp.json_form import Json, mapping, mappings, number, text
from bridges.whatsapp.polls import poll_of

POLLS = frozenset(
    {
        "pollCreationMessage",
        "pollCreationMessageV2",
        "pollCreationMessageV3",
        "pollCreationMessageV5",
        "pollCreationMessageV6",
    }
)
"""Fields of ``Message`` that are a poll; version 4 is wrapped around one of them."""


def poll_part(message: Json) -> RemotePart:
    """What a poll asks. Votes name answers by the hash of their text, so that is not touched."""
    question = text(message.get("name"))
    options = [text(one.get("optionName")) for one in mappings(message.get("options"))]
    if not options:
        return Text(FormattedText(f"📊 {clean_name(question)}"), TextKind.NOTICE)
    poll = poll_of(question, options, number(message.get("selectableOptionsCount")))
    return evolve(poll, quiz=bool(mapping(message.get("correctAnswer"))))


def poll_result(message: Json) -> Text:
    """What ``pollResultSnapshotMessage`` says."""
    counts = [
        f"{number(one.get('optionVoteCount'))} · {clean_name(text(one.get('optionName')))}"
        for one in mappings(message.get("pollVotes"))
    ]
    title = styled(f"📊 {clean_name(text(message.get('name')))}", "strong")
    return Text(stacked(title, *map(plain, counts)))
