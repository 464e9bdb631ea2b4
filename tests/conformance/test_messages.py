# SPDX-License-Identifier: AGPL-3.0-or-later
"""Texts in both directions: formatting, replies, edits, deletions, order."""

import pytest

from tests.conformance.driver import Phone
from tests.conformance.markup import only, runs
from tests.conformance.stage import Conversation, Resident, Stage, seen_on, unique

pytestmark = pytest.mark.synapse

FORMATTED = (
    "<b>bold</b> <i>italic</i> <u>under</u> <del>gone</del> <code>x = 1</code> "
    '<a href="https://example.org/a?b=c">link</a>'
)
FORMATTED_BODY = "bold italic under gone x = 1 link"
NESTED = "🇹🇯 <b>bold <i>both <u>all three</u></i></b> 🏔️ <i>𐍈</i> end"
NESTED_BODY = "🇹🇯 bold both all three 🏔️ 𐍈 end"


async def test_text_reaches_matrix(stage: Stage, direct: Conversation, nodira: Phone) -> None:
    text = unique("Салом, o‘rtoq! 👋🏽")
    await nodira.send(direct.chat, text)
    event = await direct.in_matrix(text)
    assert event["sender"] == stage.ghost(nodira)
    assert event["content"]["msgtype"] == "m.text"


async def test_text_reaches_the_phone(
    direct: Conversation, nodira: Phone, zarina: Resident
) -> None:
    text = unique("Ассалому алайкум 👨‍👩‍👧‍👦")
    await direct.say(text)
    seen = await direct.on_phone(nodira, text)
    assert seen.sender == zarina.phone.user


async def test_order_is_kept_in_both_directions(direct: Conversation, nodira: Phone) -> None:
    there = [unique(f"to Matrix {number}") for number in range(10)]
    back = [unique(f"to the phone {number}") for number in range(10)]
    for one, other in zip(there, back, strict=True):
        await nodira.send(direct.chat, one)
        await direct.say(other)
    await direct.in_matrix(there[-1])
    await direct.on_phone(nodira, back[-1])
    in_room = [body for body in direct.resident.user.bodies(direct.room) if body in there]
    on_phone = [one.text for one in await nodira.messages(direct.chat) if one.text in back]
    assert in_room == there
    assert on_phone == back


@pytest.mark.capability("formatting")
@pytest.mark.parametrize(
    ("body", "html"),
    [(FORMATTED_BODY, FORMATTED), (NESTED_BODY, NESTED)],
    ids=["styles", "nested, beyond the BMP"],
)
class TestFormatting:
    async def test_reaches_matrix(
        self, stage: Stage, direct: Conversation, nodira: Phone, body: str, html: str
    ) -> None:
        mark = unique("")
        html = only(stage.driver.styles, html)
        await nodira.send(direct.chat, body + mark, html + mark)
        content = (await direct.in_matrix(body + mark))["content"]
        assert content["format"] == "org.matrix.custom.html"
        assert runs(content["formatted_body"]) == runs(html + mark)

    async def test_reaches_the_phone(
        self, stage: Stage, direct: Conversation, nodira: Phone, body: str, html: str
    ) -> None:
        mark = unique("")
        html = only(stage.driver.styles, html)
        await direct.say(body + mark, html + mark)
        seen = await direct.on_phone(nodira, body + mark)
        assert seen.html is not None
        assert runs(seen.html) == runs(html + mark)


class TestMarkupInPlainText:
    async def test_is_text_in_matrix(self, direct: Conversation, nodira: Phone) -> None:
        text = unique("<b>not bold</b> & *so*")
        await nodira.send(direct.chat, text)
        content = (await direct.in_matrix(text))["content"]
        if "formatted_body" in content:
            assert runs(content["formatted_body"]) == runs(content["body"], plain=True)

    async def test_is_text_on_the_phone(self, direct: Conversation, nodira: Phone) -> None:
        text = unique("<i>neither</i> & _so_")
        await direct.say(text)
        seen = await direct.on_phone(nodira, text)
        assert runs(seen.html or "") in ([], runs(text, plain=True))


@pytest.mark.capability("reply")
class TestReplies:
    async def test_reach_matrix(self, direct: Conversation, nodira: Phone) -> None:
        question, answer = unique("question"), unique("answer")
        event = await direct.say(question)
        seen = await direct.on_phone(nodira, question)
        await nodira.send(direct.chat, answer, reply_to=seen)
        content = (await direct.in_matrix(answer))["content"]
        assert content["m.relates_to"] == {"m.in_reply_to": {"event_id": event}}

    async def test_reach_the_phone(self, direct: Conversation, nodira: Phone) -> None:
        question, answer = unique("question"), unique("answer")
        asked = await nodira.send(direct.chat, question)
        event = await direct.in_matrix(question)
        await direct.resident.user.reply(direct.room, event["event_id"], answer)
        seen = await direct.on_phone(nodira, answer)
        assert seen.reply_to == asked.id


@pytest.mark.capability("edit")
class TestEdits:
    async def test_reach_matrix(self, direct: Conversation, nodira: Phone) -> None:
        before, after = unique("before"), unique("after")
        sent = await nodira.send(direct.chat, before)
        original = await direct.in_matrix(before)
        await nodira.edit(sent, after, f"<b>{after}</b>")
        edit = await direct.event(
            lambda event: event["content"].get("m.new_content", {}).get("body") == after,
            "the edit",
        )
        relation = {"rel_type": "m.replace", "event_id": original["event_id"]}
        assert edit["content"]["m.relates_to"] == relation
        assert edit["sender"] == original["sender"]
        assert runs(edit["content"]["m.new_content"]["formatted_body"]) == runs(f"<b>{after}</b>")

    async def test_reach_the_phone(self, direct: Conversation, nodira: Phone) -> None:
        before, after = unique("before"), unique("after")
        event = await direct.say(before)
        first = await direct.on_phone(nodira, before)
        await direct.resident.user.edit(direct.room, event, after, f"<i>{after}</i>")
        second = await direct.on_phone(nodira, after)
        assert second.id == first.id
        assert runs(second.html or "") == runs(f"<i>{after}</i>")

    async def test_twice_in_a_row(self, direct: Conversation, nodira: Phone) -> None:
        texts = [unique(f"version {number}") for number in range(3)]
        sent = await nodira.send(direct.chat, texts[0])
        await direct.in_matrix(texts[0])
        await nodira.edit(sent, texts[1])
        await nodira.edit(sent, texts[2])
        await direct.event(
            lambda event: event["content"].get("m.new_content", {}).get("body") == texts[2],
            "the last edit",
        )
        event = await direct.say(texts[0])
        await direct.resident.user.edit(direct.room, event, texts[1])
        await direct.resident.user.edit(direct.room, event, texts[2])
        await direct.on_phone(nodira, texts[2])

    async def test_of_a_strangers_message_is_refused(
        self, direct: Conversation, nodira: Phone
    ) -> None:
        text = unique("mine")
        await nodira.send(direct.chat, text)
        event = await direct.in_matrix(text)
        edit = await direct.resident.user.edit(direct.room, event["event_id"], "yours")
        await direct.status_of(edit, "FAIL_PERMANENT")
        assert (await direct.on_phone(nodira, text)).text == text


@pytest.mark.capability("delete")
class TestDeletions:
    async def test_reach_matrix(self, direct: Conversation, nodira: Phone) -> None:
        text = unique("never said")
        sent = await nodira.send(direct.chat, text)
        event = await direct.in_matrix(text)
        await nodira.delete(sent)
        await direct.event(
            lambda one: one["type"] == "m.room.redaction" and _target(one) == event["event_id"],
            "the redaction",
        )

    async def test_reach_the_phone(self, direct: Conversation, nodira: Phone) -> None:
        text, next_text = unique("never said"), unique("said")
        event = await direct.say(text)
        await direct.on_phone(nodira, text)
        await direct.resident.user.redact(direct.room, event)
        await direct.say(next_text)
        await direct.on_phone(nodira, next_text)
        assert text not in [one.text for one in await nodira.messages(direct.chat)]


def _target(redaction: dict[str, object]) -> object:
    content = redaction["content"]
    assert isinstance(content, dict)
    return redaction.get("redacts") or content.get("redacts")


class TestAwkwardTexts:
    async def test_4096_emoji_to_matrix(self, direct: Conversation, nodira: Phone) -> None:
        text = "🐫" * 4096
        await nodira.send(direct.chat, text[:2048])
        await nodira.send(direct.chat, text[2048:])
        await direct.in_matrix("🐫" * 2048)

    async def test_4096_emoji_to_the_phone(self, direct: Conversation, nodira: Phone) -> None:
        begin, end = unique("begin"), unique("end")
        await direct.say(begin)
        await direct.say("🏔" * 4096 + end)
        await seen_on(nodira, direct.chat, lambda one: one.text.endswith(end), "the last piece")
        texts = [one.text for one in await nodira.messages(direct.chat)]
        assert "".join(texts[texts.index(begin) + 1 :]) == "🏔" * 4096 + end
