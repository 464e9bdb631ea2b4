# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people say to the guide about who is here, and how news are put."""

import pytest

from bridges.contacts.directory.model import Handle, Here, News
from bridges.guide.commands.directory import told
from tests.contacts.directory.making import person
from tests.guide.conftest import Village

HERE = [Here(person(f"friend{number}"), frozenset({Handle("tel:+1")})) for number in range(5)]
NAMES = {one.user: f"Friend {number}" for number, one in enumerate(HERE)}


def test_a_few_are_told_by_name_and_many_by_number() -> None:
    assert [str(one) for one in told(News(tuple(HERE[:2])), NAMES)] == [
        "Friend 0 is here now: @friend0:people.example",
        "Friend 1 is here now: @friend1:people.example",
    ]
    (many,) = told(News(tuple(HERE)), NAMES)
    assert "5 more" in str(many)
    (first,) = told(News(tuple(HERE[:1]), first=True), NAMES)
    assert "1 are here already" in str(first)


@pytest.mark.synapse
async def test_who_may_know_is_chosen_in_the_chat(village: Village) -> None:
    async with village.guided(), village.person(device="for-the-directory") as madina:
        room = await madina.chat_with(village.guide)
        await madina.say(room, "visible")
        await madina.hears(lambda text: text.startswith("Those who have you"))
        await madina.say(room, "who-is-here")
        await madina.hears(lambda text: text.startswith("Log in to"))
        await madina.say(room, "visible nobody")
        await madina.hears(lambda text: text.startswith("Nobody is told"))
        await madina.say(room, "who-is-here")
        await madina.hears(lambda text: "visible nobody" in text)
        await madina.say(room, "visible somehow")
        await madina.hears(lambda text: text.startswith("Say `visible nobody`"))
        await madina.say(room, "visible mutual")
        await madina.hears(lambda text: text.startswith("Those who have you"))
