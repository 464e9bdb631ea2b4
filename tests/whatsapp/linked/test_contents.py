# SPDX-License-Identifier: AGPL-3.0-or-later
"""What messages say once everything about them is looked up, live and from the history."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridges.core.content import RemoteMedia, Text
from bridges.core.events import RemoteEdit
from bridges.core.ids import SHARED, ChatID, ChatKey
from tests.whatsapp.from_whatsapp.samples import FILE, checked
from tests.whatsapp.linked.double import Scene, scene

GROUP = ChatKey(ChatID("120363@g.us"), SHARED)


@pytest.fixture
async def linked(tmp_path: Path) -> AsyncIterator[Scene]:
    """A linked account."""
    async with scene(tmp_path) as made:
        yield made


async def test_mentioned_people_are_called_by_the_name_they_give_themselves(linked: Scene) -> None:
    linked.message("hello")
    mention = {"text": "@200 come", "contextInfo": {"mentionedJID": ["200@lid"]}}
    await linked.until_taken(linked.message("2", message=checked(extendedTextMessage=mention)))
    (part,) = linked.handle.messages()[-1].parts
    assert isinstance(part, Text)
    assert part.text.body == "@Boris come"
    assert part.text.mentions == {"lid-200"}


async def test_what_was_around_a_message_is_told_beside_it(linked: Scene) -> None:
    photo = checked(imageMessage=FILE)
    await linked.until_taken(linked.message("1", message=photo, is_view_once=True))
    (part,) = linked.handle.messages()[-1].parts
    assert isinstance(part, Text)
    assert "seen once" in part.text.body


async def test_an_answer_tells_what_it_answers(linked: Scene) -> None:
    quoted = {"conversation": "the plan"}
    context = {"stanzaID": "never seen", "participant": "200@lid", "quotedMessage": quoted}
    answer = checked(extendedTextMessage={"text": "yes", "contextInfo": context})
    await linked.until_taken(linked.message("1", message=answer))
    (message,) = linked.handle.messages()
    assert message.reply_to == "never seen"
    assert message.answered is not None
    assert message.answered.body == "Answer to Boris\n> the plan"


async def test_a_photo_in_high_definition_replaces_the_other(linked: Scene) -> None:
    linked.message("1", message=checked(imageMessage=FILE))
    association = {
        "associationType": "HD_IMAGE_DUAL_UPLOAD",
        "parentMessageKey": {"ID": "1"},
    }
    better = checked(
        imageMessage={**FILE, "width": 4000, "height": 3000},
        messageContextInfo={"messageAssociation": association},
    )
    await linked.until_taken(linked.message("2", message=better))
    (edit,) = [one for one in linked.handle.received if isinstance(one, RemoteEdit)]
    assert edit.target == "1"
    (part,) = edit.parts
    assert isinstance(part, RemoteMedia)
    assert part.info.width == 4000


async def test_the_history_tells_who_came_and_went(linked: Scene) -> None:
    def old(identifier: str, **told: Any) -> dict[str, Any]:
        key = {"ID": identifier, "remoteJID": GROUP.chat, "participant": "200@lid"}
        return {"message": {"key": key, "messageTimestamp": "1790000000", **told}}

    messages = [
        old("1", messageStubType="GROUP_PARTICIPANT_ADD", messageStubParameters=["300@lid"]),
        old("2", messageStubType="E2E_ENCRYPTED"),
        old("3", message={"conversation": "*hello*"}),
    ]
    linked.worker.happens("app_state", collection="critical_unblock_low")
    number = linked.worker.happens(
        "history_sync",
        sync_type="INITIAL_BOOTSTRAP",
        part=1,
        parts=1,
        push_names={"200@lid": "Zarina", "300@lid": "Farrukh"},
        conversation={"ID": GROUP.chat, "messages": messages},
    )
    await linked.until_taken(number)
    assert linked.session is not None
    page = await linked.session.history(GROUP, None, 10)
    said = [
        part.text.body
        for one in page.messages
        for part in one.message.parts
        if isinstance(part, Text)
    ]
    assert sorted(said) == ["Zarina added Farrukh.", "hello"]
