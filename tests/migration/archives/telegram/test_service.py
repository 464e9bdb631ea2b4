# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every action of a service message as a line people can read."""

from typing import Any

import pytest

from bridges.core.chat import ChatKind
from bridges.migration.archives.telegram.service import service_line
from bridges.migration.archives.telegram.surroundings import Surroundings

AROUND = Surroundings("channel900", ChatKind.GROUP, lambda _path: None)

LINES: list[tuple[str, dict[str, Any], str]] = [
    ("create_group", {"title": "Bog‘"}, "Anor created Bog‘"),
    ("create_channel", {"title": "Kanal"}, "Anor created Kanal"),
    ("edit_group_title", {"title": "Yangi"}, "Anor renamed the chat: Yangi"),
    ("edit_group_photo", {}, "Anor changed the picture of the chat"),
    ("delete_group_photo", {}, "Anor removed the picture of the chat"),
    ("invite_members", {"members": ["Behi", None]}, "Anor added Behi, somebody"),
    ("invite_members", {"members": ["Anor"]}, "Anor joined the group"),
    ("invite_members", {}, "Anor added somebody"),
    ("remove_members", {"members": ["Behi"]}, "Anor removed Behi"),
    ("remove_members", {"members": ["Anor"]}, "Anor left the group"),
    ("join_group_by_link", {"inviter": None}, "Anor joined the group by a link"),
    ("join_group_by_request", {}, "Anor joined the group by request"),
    ("migrate_to_supergroup", {}, "The group became a supergroup."),
    ("clear_history", {}, "Anor cleared the history"),
    ("score_in_game", {"score": 7}, "Anor scored 7 in a game"),
    ("send_payment", {"amount": 1250, "currency": "USD"}, "Paid: $12.50"),
    ("send_payment", {"amount": 5, "currency": "XTR"}, "Paid: 5 ⭐"),
    ("send_payment", {}, "Paid: ?"),
    ("refunded_payment", {"amount": 100, "currency": "JPY"}, "Paid back: ¥100"),
    ("phone_call", {"discard_reason": "busy"}, "Anor called; the call was declined"),
    ("phone_call", {"discard_reason": "hangup"}, "Anor called; nobody answered"),
    ("conference_call", {"duration_seconds": 600}, "Anor called: 10 min"),
    ("conference_call", {"is_missed": True}, "Anor called; the call was missed"),
    ("group_call", {}, "Anor started a call in the group"),
    ("group_call", {"duration": 60}, "Anor ended the call in the group: 60 s"),
    (
        "group_call_scheduled",
        {"schedule_date": 1709870400},
        "Anor scheduled a call in the group for 2024-03-08 04:00 UTC",
    ),
    ("group_call_scheduled", {"schedule_date": -1}, "Anor scheduled a call in the group for ?"),
    ("invite_to_group_call", {"members": ["Behi"]}, "Anor invited Behi to a call in the group"),
    ("take_screenshot", {}, "Anor took a screenshot"),
    ("allow_sending_messages", {"reason_domain": "a.test"}, "Logged in on a.test with Telegram"),
    ("allow_sending_messages", {"reason_app_name": "x"}, "The bot was allowed to write."),
    ("attach_menu_bot_allowed", {}, "The bot was allowed to write."),
    ("web_app_bot_allowed", {}, "The bot was allowed to write."),
    ("send_passport_values", {"values": ["address"]}, "Documents of Telegram Passport were sent."),
    ("joined_telegram", {}, "Anor joined Telegram"),
    (
        "proximity_reached",
        {"from": "Behi", "to": None, "distance": 50},
        "Behi came within 50 m of somebody",
    ),
    ("requested_phone_number", {}, "Anor asked for the phone number"),
    ("set_messages_ttl", {"period": 0}, "Anor turned off automatic deletion of messages"),
    ("edit_chat_theme", {"emoticon": "🌷"}, "Anor changed the theme of the chat\n🌷"),
    ("send_webview_data", {}, "Data was sent to the bot."),
    ("send_premium_gift", {"cost": "$5", "months": 3}, "Anor sent a gift: $5"),
    ("send_premium_gift", {"months": 3}, "Anor sent a gift: Telegram Premium for 3 months"),
    ("send_stars_gift", {}, "Anor sent a gift"),
    ("send_ton_gift", {"cost": "1 TON"}, "Anor sent a gift: 1 TON"),
    (
        "send_star_gift",
        {"stars": 15, "gift_text": [{"type": "bold", "text": "Bayram"}, " bilan"]},
        "Anor sent a gift: 15 stars\n> Bayram bilan",
    ),
    ("topic_created", {"title": "Olma"}, "Anor created the topic Olma"),
    ("topic_edit", {"new_title": "Nok"}, "Anor renamed the topic: Nok"),
    ("topic_edit", {"new_icon_emoji_id": 5}, "Anor changed the topic"),
    ("suggest_profile_photo", {}, "Anor suggested a profile picture"),
    ("requested_peer", {"peers": "[1]"}, "Anor shared people or chats with the bot"),
    ("gift_code_prize", {"months": 6}, "A prize: Telegram Premium for 6 months"),
    ("stars_prize", {"stars": 9}, "A prize: 9 stars"),
    ("giveaway_launch", {}, "A giveaway has begun."),
    ("giveaway_results", {"winners": 2}, "The giveaway is over. Winners: 2"),
    ("set_chat_wallpaper", {}, "Anor changed the background of the chat"),
    ("set_same_chat_wallpaper", {}, "Anor changed the background of the chat"),
    ("boost_apply", {"boosts": 2}, "Anor boosted the group"),
    ("paid_messages_refund", {"stars_count": 4}, "Anor gave back 4 stars for messages"),
    ("paid_messages_price_change", {"price_stars": 4}, "A message costs 4 stars here now."),
    ("paid_messages_price_change", {"price_stars": 0}, "Messages cost nothing here now."),
    (
        "todo_completions",
        {"completed": [1, 2], "incompleted": [3]},
        "Anor ticked 2 and unticked 1 of the list",
    ),
    ("todo_append_tasks", {"items": [{"text": ["Non"], "id": 3}]}, "Anor added to the list:\nNon"),
    ("poll_append_answer", {"answer": "Yo‘q"}, "Anor added an answer to the poll:\nYo‘q"),
    (
        "process_suggested_post",
        {"rejected": True, "comment": "Kech"},
        "Anor rejected the suggested post\n> Kech",
    ),
    ("process_suggested_post", {}, "Anor accepted the suggested post"),
    ("suggested_post_success", {}, "The suggested post was paid for."),
    ("suggested_post_refund", {}, "The payment for the suggested post was returned."),
    ("", {"information_text": "Bot aytdi"}, "Bot aytdi"),
    ("", {}, "Anor did something that is not known here: ?"),
    (
        "brand_new",
        {"title": "Sarlavha", "extra": {"text": [{"type": "plain", "text": "So‘z"}]}},
        "Anor did something that is not known here: brand_new\nSarlavha\nSo‘z",
    ),
]


@pytest.mark.parametrize(("action", "fields", "line"), LINES)
def test_the_line_of_an_action(action: str, fields: dict[str, Any], line: str) -> None:
    message = {
        "type": "service",
        "actor": "Anor",
        "actor_id": "user101",
        "action": action,
        **fields,
    }
    assert service_line(message, AROUND).body == line


def test_an_action_of_somebody_unknown() -> None:
    assert service_line({"action": "pin_message", "actor": None}, AROUND).body == (
        "somebody pinned a message"
    )


def test_many_members_are_not_all_named() -> None:
    message = {
        "action": "invite_members",
        "actor": "Anor",
        "members": [f"M{one}" for one in range(50)],
    }
    line = service_line(message, AROUND).body
    assert line.startswith("Anor added M0, M1,")
    assert line.endswith("M19…")
