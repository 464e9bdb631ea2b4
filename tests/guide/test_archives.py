# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files dropped into an encrypted chat become rooms, also if the guide is killed meanwhile."""

from pathlib import Path

import pytest

from tests.guide.conftest import Village
from tests.migration.run.exports import whatsapp_chat

pytestmark = pytest.mark.synapse


async def test_a_chat_of_whatsapp_is_dropped_asked_about_and_brought_over(
    village: Village, tmp_path: Path
) -> None:
    file = whatsapp_chat(tmp_path, 130)
    before = await village.town.rooms()
    async with village.guided(), village.person() as madina:
        room = await madina.chat_with(village.guide)
        await madina.drop(room, file.name, file.read_bytes())
        asked = await madina.hears(lambda text: "time zone" in text)
        assert "1. Asia/Dushanbe" in asked
        await madina.say(room, "Atlantis")
        await madina.hears(lambda text: "I do not know this time zone" in text)
        await madina.say(room, "1")
        summary = await madina.hears(lambda text: "rooms: 1, messages: 130, people: 2" in text)
        assert "`start`" in summary
        assert await village.town.rooms() - before == {room}
        await madina.say(room, "start")
        totals = await madina.hears(lambda text: "I have read all rooms again" in text)
        assert "Messages in the file: 130, in the rooms: 130, left out: 0" in totals
        (made,) = await village.town.rooms() - before - {room}
        events = reversed(await village.town.owner.messages(made))
        said = [one for one in events if one["type"] == "m.room.message"]
        assert [one["content"]["body"] for one in said][:2] == ["message 13 0", "message 13 1"]
        assert len(said) == 130
        assert said[0]["sender"] == village.town.owner_mxid != said[1]["sender"]
        # 13 March 2024, 08:00 in Dushanbe
        assert said[0]["origin_server_ts"] == 1_710_298_800_000
        assert not list((village.settings.folder / "archives").glob("*/given"))
        await madina.say(room, "undo")
        await madina.hears(lambda text: text.startswith("Taken back"))
        assert made not in await village.town.rooms()
        assert not list((village.settings.folder / "archives").iterdir())
