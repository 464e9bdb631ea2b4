# SPDX-License-Identifier: AGPL-3.0-or-later
"""Places, contacts, dice, games, lists and the like are readable."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types as tl

from bridges.core.content import Location, MediaKind, RemoteMedia, Text, TextKind
from bridges.core.events import RemoteEdit
from bridges.telegram.from_telegram.cards import money
from bridges.telegram.from_telegram.convert import events_of
from bridges.telegram.media import load_reference
from tests.telegram.tl_samples import (
    BORIS,
    BOT,
    CHANNEL,
    GEO,
    NOW,
    html_of,
    message,
    only,
    said,
    surroundings,
    text_of,
)

MAP = "https://www.openstreetmap.org/?mlat=38.56&mlon=68.78#map=16/38.56/68.78"


def words(text: str) -> Any:
    return tl.TextWithEntities(text, [])


def todo(*done: int) -> Any:
    items = [tl.TodoItem(1, words("bread")), tl.TodoItem(2, words("tea"))]
    completions = [tl.TodoCompletion(one, tl.PeerUser(BORIS), NOW) for one in done]
    return tl.MessageMediaToDo(tl.TodoList(words("Bazaar"), items), completions)


class TestPlaces:
    def test_a_place_on_the_map(self) -> None:
        rough = tl.GeoPoint(long=-68.78, lat=38.56, access_hash=1, accuracy_radius=30)
        assert said(tl.MessageMediaGeo(rough)) == (
            Location(
                "geo:38.56,-68.78;u=30",
                text="📍 A place\n" + MAP.replace("68.78", "-68.78"),
            ),
        )

    def test_a_venue_has_its_name_and_address(self) -> None:
        (part,) = said(tl.MessageMediaVenue(GEO, "Choyxona", "Rudaki 1", "", "", ""))
        assert isinstance(part, Location)
        assert part.description == "Choyxona, Rudaki 1"
        assert part.text == f"📍 Choyxona\nRudaki 1\n{MAP}"
        assert not part.is_own

    @pytest.mark.parametrize("point", [tl.GeoPointEmpty(), tl.GeoPoint(0.0, 0.0, 1)])
    def test_a_place_that_is_hidden_is_told(self, point: Any) -> None:
        (part,) = said(tl.MessageMediaGeo(point))
        hidden = isinstance(point, tl.GeoPointEmpty)
        assert isinstance(part, Text if hidden else Location)

    @pytest.mark.parametrize(
        ("period", "edited_after", "shown"),
        [
            (900, None, "Live location for 15 min"),
            (900, 60, "Live location for 15 min"),
            (60, 60, "Live location, ended"),
            (0x7FFFFFFF, 60, "Live location, until it is turned off"),
        ],
    )
    def test_a_live_location_says_until_when(
        self, period: int, edited_after: int | None, shown: str
    ) -> None:
        edited = None if edited_after is None else NOW + timedelta(seconds=edited_after)
        (part,) = said(tl.MessageMediaGeoLive(GEO, period), edit_date=edited)
        assert isinstance(part, Location)
        assert part.text.startswith(f"📍 {shown}\n")
        assert part.is_own


class TestLiveLocations:
    """Somebody's way is shown, but not every step of it."""

    def edit(self, seconds: int, period: int = 900, **more: Any) -> RemoteEdit:
        moved = message(
            media=tl.MessageMediaGeoLive(GEO, period),
            edit_date=NOW + timedelta(seconds=seconds),
            edit_hide=True,
            **more,
        )
        event = only(events_of(tl.UpdateEditMessage(moved, 7 + seconds, 1), surroundings()))
        assert isinstance(event, RemoteEdit)
        return event

    def test_steps_within_half_a_minute_are_one(self) -> None:
        first, second, third = (self.edit(seconds).stamp for seconds in (1, 29, 31))
        assert first == second < third

    def test_the_end_is_always_shown(self) -> None:
        on_the_way = self.edit(59)
        ended = self.edit(59, period=59)
        assert ended.stamp > on_the_way.stamp


class TestContacts:
    def test_a_contact_is_a_vcard(self) -> None:
        media = tl.MessageMediaContact("992900000000", "Ali; the", "Made-Up", "", BORIS)
        (part,) = said(media)
        assert isinstance(part, RemoteMedia)
        assert (part.kind, part.info.name) == (MediaKind.FILE, "Ali; the Made-Up.vcf")
        assert part.info.mime == "text/vcard"
        assert text_of(part) == "Ali; the Made-Up\n+992900000000"
        assert "karvon:user/2" in html_of(part)
        card = load_reference(part.reference).content
        assert card.split("\r\n") == [
            "BEGIN:VCARD",
            "VERSION:3.0",
            "N:Made-Up;Ali\\; the;;;",
            "FN:Ali\\; the Made-Up",
            "TEL;TYPE=CELL:+992900000000",
            "END:VCARD",
            "",
        ]
        assert part.info.size == len(card.encode())

    def test_the_card_the_sender_made_is_kept(self) -> None:
        own = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ali\r\nEND:VCARD"
        (part,) = said(tl.MessageMediaContact("992900000000", "Ali", "", own, 0))
        assert isinstance(part, RemoteMedia)
        assert load_reference(part.reference).content == own + "\n"
        assert html_of(part) == ""

    def test_nobody_slips_lines_into_a_card(self) -> None:
        media = tl.MessageMediaContact("1\r\nURL:x", "Ali\nTEL:5", "", "no card", 0)
        (part,) = said(media)
        assert isinstance(part, RemoteMedia)
        assert len(load_reference(part.reference).content.splitlines()) == 6


class TestCards:
    @pytest.mark.parametrize(
        ("emoji", "value", "shown"),
        [
            ("🎲", 6, "🎲 6"),
            ("🎯", 1, "🎯 1"),
            ("🎰", 1, "🎰 BAR BAR BAR"),
            ("🎰", 64, "🎰 7️⃣ 7️⃣ 7️⃣"),
            ("🎰", 2, "🎰 🍇 BAR BAR"),
            ("🎰", 65, "🎰 65"),
        ],
    )
    def test_dice_show_what_came_up(self, emoji: str, value: int, shown: str) -> None:
        (part,) = said(tl.MessageMediaDice(value, emoji))
        assert isinstance(part, Text)
        assert (part.kind, part.text.body) == (TextKind.TEXT, shown)

    def test_a_list_shows_what_is_done(self) -> None:
        (part,) = said(todo(2))
        assert text_of(part) == "Bazaar\n☐ bread\n☑ tea"

    def test_ticking_an_item_is_an_edit(self) -> None:
        ticked = message(media=todo(1), edit_hide=True)
        event = only(events_of(tl.UpdateEditMessage(ticked, 7, 1), surroundings()))
        assert isinstance(event, RemoteEdit)
        assert text_of(event.parts[0]) == "Bazaar\n☑ bread\n☐ tea"

    @pytest.mark.parametrize(
        ("media", "shown"),
        [
            (
                tl.MessageMediaGame(
                    tl.Game(1, 2, "camels", "Camels", "Race them", tl.PhotoEmpty(1))
                ),
                [
                    "🎮 Camels",
                    "Race them",
                    "Open Telegram to play it.",
                    "https://t.me/camel_bot?game=camels",
                ],
            ),
            (
                tl.MessageMediaInvoice("Tea", "A pot", "USD", 1250, ""),
                ["🧾 Tea", "A pot", "$12.50, to be paid in Telegram"],
            ),
            (
                tl.MessageMediaInvoice("Tea", "", "JPY", 1250, "", receipt_msg_id=4),
                ["🧾 Tea", "¥1,250, paid"],
            ),
            (
                tl.MessageMediaInvoice("Tea", "", "XTR", 5, ""),
                ["🧾 Tea", "5 ⭐, to be paid in Telegram"],
            ),
            (
                tl.MessageMediaStory(tl.PeerUser(BORIS), 3),
                ["A story of Boris Made-Up. See it in Telegram.", "https://t.me/boris_test/s/3"],
            ),
            (
                tl.MessageMediaGiveaway([CHANNEL], 3, NOW, months=6),
                [
                    "🎁 A giveaway with 3 prizes",
                    "Telegram Premium for 6 months",
                    "Until 2026-11-01",
                    "News",
                ],
            ),
            (
                tl.MessageMediaGiveawayResults(CHANNEL, 1, 1, 0, [BORIS], NOW, stars=500),
                ["🏆 The giveaway is over: 1 winners", "500 stars", "Boris Made-Up"],
            ),
            (tl.MessageMediaUnsupported(), ["does not know"]),
        ],
    )
    def test_what_stays_in_telegram_is_described_with_its_link(
        self, media: Any, shown: list[str]
    ) -> None:
        (part,) = said(media, tl.PeerChannel(CHANNEL), from_id=tl.PeerUser(BOT), message="see")
        assert isinstance(part, Text)
        assert part.kind is TextKind.NOTICE
        *lines, link, caption = part.text.body.splitlines()
        assert (link, caption) == ("https://t.me/news_test/5", "see")
        if shown == ["does not know"]:
            assert shown[0] in lines[0]
        else:
            assert lines == shown


@given(st.integers(-(2**63), 2**63), st.text(max_size=5))
def test_any_amount_of_any_currency_is_readable(amount: int, currency: str) -> None:
    assert money(amount, currency)
