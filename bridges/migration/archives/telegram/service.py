# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Telegram itself says of a chat, as a line that names who did it."""

from collections.abc import Callable, Mapping

from attrs import evolve

from bridges.core.content import FormattedText
from bridges.core.durations import duration
from bridges.core.formatting.compose import SLOT, plain, quoted, stacked
from bridges.core.formatting.names import clean_name
from bridges.core.text import UserText, user_text
from bridges.migration.archives.telegram.calls import conference_call, group_call, phone_call
from bridges.migration.archives.telegram.cards import money, prize
from bridges.migration.archives.telegram.fields import (
    Raw,
    integer,
    is_true,
    mapping,
    name,
    several,
    size,
    whole,
    words,
)
from bridges.migration.archives.telegram.surroundings import Surroundings
from bridges.migration.archives.telegram.texts import formatted
from bridges.migration.archives.telegram.times import time_of
from bridges.migration.archives.telegram.unknown import unknown_words

Line = Callable[[Raw, str, Surroundings], UserText]

_MOST_NAMES = 20
_SOMEBODY = user_text("somebody")


def service_line(message: Raw, around: Surroundings) -> FormattedText:
    """A service message in words. ``action`` names what it is; very old ones have none."""
    action = name(message, "action")
    actor = _name(message, "actor", around)
    found = _LINES.get(action)
    if found is None:
        return _unknown(message, action, actor, around)
    if isinstance(found, UserText):
        line = evolve(found, values={"actor": actor}) if found.values else found
    else:
        line = found(message, actor, around)
    return stacked(plain(around.say(line)), *_added(message, around))


def _name(message: Raw, key: str, around: Surroundings) -> str:
    return name(message, key) or around.say(_SOMEBODY)


def _unknown(message: Raw, action: str, actor: str, around: Surroundings) -> FormattedText:
    """What a bot or Telegram has worded itself, or that there is something, and the words in it."""
    information = words(message, "information_text")
    if information and not action:
        return plain(information)
    line = user_text(
        "{actor} did something that is not known here: {action}",
        actor=actor,
        action=action or "?",
    )
    return stacked(plain(around.say(line)), plain(name(message, "title")), unknown_words(message))


def _added(message: Raw, around: Surroundings) -> list[FormattedText]:
    """What else is told: words with a gift, new entries of a list, an emoji, a comment."""
    gift = formatted(message.get("gift_text"), around)
    comment = words(message, "comment")
    items = [formatted(mapping(one).get("text"), around) for one in several(message, "items")]
    answer = formatted(message.get("answer"), around)
    added = [quoted(gift)] if gift.body else []
    added += [quoted(plain(comment))] if comment else []
    return [*added, *items, answer, plain(name(message, "emoticon"))]


def _people(message: Raw, around: Surroundings) -> str:
    """The members a message names; names are all it has, and of deleted accounts not even these."""
    members = several(message, "members")
    names = [
        clean_name(one) if isinstance(one, str) else around.say(_SOMEBODY)
        for one in members[:_MOST_NAMES]
    ]
    more = "…" if len(members) > _MOST_NAMES else ""
    return (", ".join(one for one in names if one) or around.say(_SOMEBODY)) + more


def _created(message: Raw, actor: str, around: Surroundings) -> UserText:
    title = name(message, "title")
    if several(message, "members"):
        people = _people(message, around)
        return user_text(
            "{actor} created {title} with {people}", actor=actor, title=title, people=people
        )
    return user_text("{actor} created {title}", actor=actor, title=title)


def _renamed(message: Raw, actor: str, _around: Surroundings) -> UserText:
    return user_text("{actor} renamed the chat: {title}", actor=actor, title=name(message, "title"))


def _added_people(message: Raw, actor: str, around: Surroundings) -> UserText:
    if several(message, "members") == [message.get("actor")]:
        return user_text("{actor} joined the group", actor=actor)
    return user_text("{actor} added {people}", actor=actor, people=_people(message, around))


def _removed_people(message: Raw, actor: str, around: Surroundings) -> UserText:
    if several(message, "members") == [message.get("actor")]:
        return user_text("{actor} left the group", actor=actor)
    return user_text("{actor} removed {people}", actor=actor, people=_people(message, around))


def _by_link(message: Raw, actor: str, _around: Surroundings) -> UserText:
    inviter = name(message, "inviter")
    if inviter:
        return user_text(
            "{actor} joined the group by a link of {person}", actor=actor, person=inviter
        )
    return user_text("{actor} joined the group by a link", actor=actor)


def _score(message: Raw, actor: str, _around: Surroundings) -> UserText:
    score = integer(message, "score") or 0
    return user_text("{actor} scored {score} in a game", actor=actor, score=score)


def _paid(message: Raw, _actor: str, _around: Surroundings) -> UserText:
    return user_text("Paid: {amount}", amount=_amount(message))


def _refunded(message: Raw, _actor: str, _around: Surroundings) -> UserText:
    return user_text("Paid back: {amount}", amount=_amount(message))


def _amount(message: Raw) -> str:
    amount = integer(message, "amount")
    return "?" if amount is None else money(amount, name(message, "currency"))


def _allowed(message: Raw, _actor: str, _around: Surroundings) -> UserText:
    site = name(message, "reason_domain")
    if site:
        return user_text("Logged in on {site} with Telegram", site=site)
    return user_text("The bot was allowed to write.")


def _near(message: Raw, _actor: str, around: Surroundings) -> UserText:
    return user_text(
        "{person} came within {distance} m of {other}",
        person=_name(message, "from", around),
        distance=size(message, "distance") or 0,
        other=_name(message, "to", around),
    )


def _invited(message: Raw, actor: str, around: Surroundings) -> UserText:
    return user_text(
        "{actor} invited {people} to a call in the group",
        actor=actor,
        people=_people(message, around),
    )


def _scheduled(message: Raw, actor: str, around: Surroundings) -> UserText:
    when = time_of({"date_unixtime": message.get("schedule_date")}, "date", around.zone)
    return user_text(
        "{actor} scheduled a call in the group for {time}",
        actor=actor,
        time=f"{when:%Y-%m-%d %H:%M} UTC" if when else "?",
    )


def _deletion(message: Raw, actor: str, _around: Surroundings) -> UserText:
    period = size(message, "period")
    if not period:
        return user_text("{actor} turned off automatic deletion of messages", actor=actor)
    return user_text(
        "{actor} set messages to be deleted after {time}", actor=actor, time=duration(period)
    )


def _topic_created(message: Raw, actor: str, _around: Surroundings) -> UserText:
    title = name(message, "title")
    return user_text("{actor} created the topic {title}", actor=actor, title=title)


def _topic_edited(message: Raw, actor: str, _around: Surroundings) -> UserText:
    title = name(message, "new_title")
    if title:
        return user_text("{actor} renamed the topic: {title}", actor=actor, title=title)
    return user_text("{actor} changed the topic", actor=actor)


def _gift(message: Raw, actor: str, around: Surroundings) -> UserText:
    told = name(message, "cost") or prize(message, around)
    if told:
        return user_text("{actor} sent a gift: {gift}", actor=actor, gift=told)
    return user_text("{actor} sent a gift", actor=actor)


def _prize(message: Raw, _actor: str, around: Surroundings) -> UserText:
    return user_text("A prize: {prize}", prize=prize(message, around) or "?")


def _winners(message: Raw, _actor: str, _around: Surroundings) -> UserText:
    count = size(message, "winners") or 0
    return user_text("The giveaway is over. Winners: {count}", count=count)


def _ticked(message: Raw, actor: str, _around: Surroundings) -> UserText:
    return user_text(
        "{actor} ticked {done} and unticked {undone} of the list",
        actor=actor,
        done=len([one for one in several(message, "completed") if whole(one) is not None]),
        undone=len([one for one in several(message, "incompleted") if whole(one) is not None]),
    )


def _price(message: Raw, _actor: str, _around: Surroundings) -> UserText:
    stars = size(message, "price_stars")
    if not stars:
        return user_text("Messages cost nothing here now.")
    return user_text("A message costs {stars} stars here now.", stars=stars)


def _returned(message: Raw, actor: str, _around: Surroundings) -> UserText:
    stars = size(message, "stars_count") or 0
    return user_text("{actor} gave back {stars} stars for messages", actor=actor, stars=stars)


def _decided(message: Raw, actor: str, _around: Surroundings) -> UserText:
    if is_true(message, "rejected"):
        return user_text("{actor} rejected the suggested post", actor=actor)
    return user_text("{actor} accepted the suggested post", actor=actor)


_SUPERGROUP = user_text("The group became a supergroup.")
_PICTURE = user_text("{actor} changed the picture of the chat", actor=SLOT)
_BACKGROUND = user_text("{actor} changed the background of the chat", actor=SLOT)

_LINES: Mapping[str, Line | UserText] = {
    "create_group": _created,
    "create_channel": _created,
    "edit_group_title": _renamed,
    "edit_group_photo": _PICTURE,
    "delete_group_photo": user_text("{actor} removed the picture of the chat", actor=SLOT),
    "invite_members": _added_people,
    "remove_members": _removed_people,
    "join_group_by_link": _by_link,
    "join_group_by_request": user_text("{actor} joined the group by request", actor=SLOT),
    "migrate_to_supergroup": _SUPERGROUP,
    "migrate_from_group": _SUPERGROUP,
    "pin_message": user_text("{actor} pinned a message", actor=SLOT),
    "clear_history": user_text("{actor} cleared the history", actor=SLOT),
    "score_in_game": _score,
    "send_payment": _paid,
    "refunded_payment": _refunded,
    "phone_call": phone_call,
    "conference_call": conference_call,
    "group_call": group_call,
    "group_call_scheduled": _scheduled,
    "invite_to_group_call": _invited,
    "take_screenshot": user_text("{actor} took a screenshot", actor=SLOT),
    "allow_sending_messages": _allowed,
    "attach_menu_bot_allowed": _allowed,
    "web_app_bot_allowed": _allowed,
    "send_passport_values": user_text("Documents of Telegram Passport were sent."),
    "joined_telegram": user_text("{actor} joined Telegram", actor=SLOT),
    "proximity_reached": _near,
    "requested_phone_number": user_text("{actor} asked for the phone number", actor=SLOT),
    "set_messages_ttl": _deletion,
    "edit_chat_theme": user_text("{actor} changed the theme of the chat", actor=SLOT),
    "send_webview_data": user_text("Data was sent to the bot."),
    "send_premium_gift": _gift,
    "send_stars_gift": _gift,
    "send_ton_gift": _gift,
    "send_star_gift": _gift,
    "topic_created": _topic_created,
    "topic_edit": _topic_edited,
    "suggest_profile_photo": user_text("{actor} suggested a profile picture", actor=SLOT),
    "requested_peer": user_text("{actor} shared people or chats with the bot", actor=SLOT),
    "gift_code_prize": _prize,
    "stars_prize": _prize,
    "giveaway_launch": user_text("A giveaway has begun."),
    "giveaway_results": _winners,
    "set_chat_wallpaper": _BACKGROUND,
    "set_same_chat_wallpaper": _BACKGROUND,
    "boost_apply": user_text("{actor} boosted the group", actor=SLOT),
    "paid_messages_refund": _returned,
    "paid_messages_price_change": _price,
    "todo_completions": _ticked,
    "todo_append_tasks": user_text("{actor} added to the list:", actor=SLOT),
    "poll_append_answer": user_text("{actor} added an answer to the poll:", actor=SLOT),
    "process_suggested_post": _decided,
    "suggested_post_success": user_text("The suggested post was paid for."),
    "suggested_post_refund": user_text("The payment for the suggested post was returned."),
}
