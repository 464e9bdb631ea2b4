# SPDX-License-Identifier: AGPL-3.0-or-later
"""Previews of links: pending first, completed later, or coming to nothing."""

from pathlib import Path
from typing import Any

from telethon.tl import functions, types

from sandbox.telegram import Person, TelegramSandbox
from tests.sandbox.conftest import Shared, Watch, populate, refused


async def _latest(person: Person, chat: str | int) -> Any:
    return (await person.history(chat, limit=1))[-1]


async def test_a_preview_is_completed_later(shared: Shared, watch: Watch) -> None:
    url = "https://news.example/one"
    shared.net.operator.expect_preview(url)
    sent = await shared.alisa.send("boris_test", f"see {url}!")
    assert isinstance(sent.media.webpage, types.WebPagePending)
    received = await shared.boris.wait_for_text(f"see {url}!")
    pages = watch(shared.boris, types.UpdateWebPage)
    edits = watch(shared.boris, types.UpdateEditMessage)
    shared.net.operator.complete_preview(url, "Headline", "What happened", site="News")
    update = await pages.first()
    assert (update.webpage.title, update.webpage.id) == ("Headline", sent.media.webpage.id)
    edited = (await edits.first()).message
    assert (edited.id, edited.edit_hide) == (received.ids[0], True)
    assert edited.edit_date is not None
    assert (edited.media.webpage.site_name, edited.message) == ("News", f"see {url}!")
    again = await shared.alisa.send("boris_test", f"again {url}")
    assert again.media.webpage.title == "Headline"


async def test_in_channels_the_channel_tells(shared: Shared, watch: Watch) -> None:
    url = "https://news.example/two"
    shared.net.operator.expect_preview(url)
    room = await shared.net.add_room("channel", "Links", "alisa_test", ("boris_test",))
    post = await shared.alisa.send(room.id, url)
    pages = watch(shared.boris, types.UpdateChannelWebPage)
    edits = watch(shared.boris, types.UpdateEditChannelMessage)
    shared.net.operator.complete_preview(url, "Two")
    assert (await pages.first()).channel_id == room.id
    edited = (await edits.first()).message
    assert (edited.id, edited.edit_hide) == (post.id, True)


async def test_a_preview_can_come_to_nothing(shared: Shared, watch: Watch) -> None:
    url = "https://gone.example/"
    shared.net.operator.expect_preview(url)
    await shared.alisa.send("boris_test", url)
    pages = watch(shared.boris, types.UpdateWebPage)
    shared.net.operator.complete_preview(url, None)
    assert isinstance((await pages.first()).webpage, types.WebPageEmpty)
    assert (await _latest(shared.boris, "alisa_test")).media is None


async def test_who_was_away_learns_of_it_in_the_difference(shared: Shared) -> None:
    url = "https://news.example/away"
    shared.net.operator.expect_preview(url)
    sent = await shared.alisa.send("boris_test", url)
    state = await shared.boris.client(functions.updates.GetStateRequest())
    shared.net.operator.complete_preview(url, "Away")
    ask = functions.updates.GetDifferenceRequest(state.pts, state.date, 0)
    difference = await shared.boris.client(ask)
    page, edit, *_ = difference.other_updates
    assert (type(page), page.webpage.title) == (types.UpdateWebPage, "Away")
    assert (type(edit), edit.message.edit_hide) == (types.UpdateEditMessage, True)
    assert (difference.state.pts, sent.media.webpage.id) == (state.pts + 2, page.webpage.id)


async def test_previews_that_are_not_wanted_or_unknown(shared: Shared) -> None:
    url = "https://news.example/three"
    shared.net.operator.expect_preview(url)
    target = await shared.alisa.entity("boris_test")
    await shared.alisa.client.send_message(target, url, link_preview=False)
    assert (await _latest(shared.boris, "alisa_test")).media is None
    sent = await shared.alisa.send("boris_test", "https://unknown.example/")
    assert sent.media is None
    with refused("WEBPAGE_NOT_FOUND"):
        await shared.alisa.send_media(
            "boris_test", types.InputMediaWebPage("https://unknown.example/"), "look"
        )


async def test_a_preview_follows_the_text(shared: Shared) -> None:
    url = "https://news.example/four"
    shared.net.operator.expect_preview(url)
    sent = await shared.alisa.send("boris_test", "no link yet")
    entity = types.MessageEntityTextUrl(0, 4, url)
    target = await shared.alisa.entity("boris_test")
    edit = functions.messages.EditMessageRequest(target, sent.id, message="link", entities=[entity])
    await shared.alisa.client(edit)
    assert (await _latest(shared.boris, "alisa_test")).media.webpage.url == url
    await shared.alisa.edit("boris_test", sent.id, "gone")
    assert (await _latest(shared.boris, "alisa_test")).media is None


async def test_a_large_preview_of_a_link_beside_the_text(shared: Shared) -> None:
    url = "https://news.example/five"
    shared.net.operator.expect_preview(url)
    shared.net.operator.complete_preview(url, "Five")
    shown = await shared.alisa.client(functions.messages.GetWebPagePreviewRequest(url))
    assert shown.media.webpage.title == "Five"
    media = types.InputMediaWebPage(url, force_large_media=True)
    await shared.alisa.send_media("boris_test", media, "x" * 2000)
    message = await _latest(shared.boris, "alisa_test")
    assert (message.media.force_large_media, message.media.webpage.title) == (True, "Five")


async def test_a_preview_is_completed_after_a_restart(tmp_path: Path) -> None:
    state, url = tmp_path / "state.db", "https://slow.example/"
    async with TelegramSandbox(state) as net:
        await populate(net)
        net.operator.expect_preview(url)
        await (await net.person("alisa_test")).send("boris_test", url)
    async with TelegramSandbox(state) as net:
        net.operator.complete_preview(url, "Slow")
        boris = await net.person("boris_test")
        assert (await _latest(boris, "alisa_test")).media.webpage.title == "Slow"
