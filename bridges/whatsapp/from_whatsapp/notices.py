# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Matrix has no event for and people nevertheless want to know: meetings, invitations, calls …"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from bridges.core.content import FormattedText, Text, TextKind
from bridges.core.formatting.addresses import safe_address
from bridges.core.formatting.compose import linked, plain, stacked, styled
from bridges.core.formatting.names import clean_name
from bridges.core.text import UserText, user_text
from bridges.whatsapp.from_whatsapp.context import words
from bridges.whatsapp.from_whatsapp.places import place
from bridges.whatsapp.from_whatsapp.surroundings import Surroundings
from bridges.whatsapp.json_form import Json, mapping, mappings, number, text

NoticeOf = Callable[[Json, Surroundings], Text]

_MILLISECONDS = 1000


def notice_of(kind: str, message: Json, around: Surroundings) -> Text | None:
    """What is said for a field of ``Message``, None if there is something better for it."""
    make = _NOTICES.get(kind)
    if make is not None:
        return make(message, around)
    line = _LINES.get(kind)
    return None if line is None else told(line, around)


def told(line: UserText, around: Surroundings) -> Text:
    """A sentence of ours."""
    return Text(plain(around.say(line)), TextKind.NOTICE)


def moment(seconds: int) -> str:
    """When something is; in UTC, as it is not known where the reader is. Empty if it cannot be."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC" if seconds else ""
    except (OverflowError, OSError, ValueError):
        return ""


def _event(message: Json, around: Surroundings) -> Text:
    begin, end = moment(number(message.get("startTime"))), moment(number(message.get("endTime")))
    where = mapping(message.get("location"))
    shown = place(where, around) if where else None
    cancelled = message.get("isCanceled") is True
    return Text(
        stacked(
            styled(f"📅 {clean_name(text(message.get('name')))}", "strong"),
            plain(around.say(user_text("This event is cancelled."))) if cancelled else None,
            plain(" – ".join(filter(None, (begin, end)))),
            words(text(message.get("description")), {}, around),
            plain(getattr(shown, "text", "")),
            _link(text(message.get("joinLink"))),
        )
    )


def _event_invitation(message: Json, around: Surroundings) -> Text:
    return Text(
        stacked(
            styled(f"📅 {clean_name(text(message.get('eventTitle')))}", "strong"),
            plain(moment(number(message.get("startTime")))),
            words(text(message.get("caption")), {}, around),
            _link(text(message.get("callLink"))),
        )
    )


def _link(address: str) -> FormattedText | None:
    link = safe_address(address)
    return linked(link, link) if link else None


def _group_invitation(message: Json, around: Surroundings) -> Text:
    name = clean_name(text(message.get("groupName"))) or clean_name(text(message.get("groupJID")))
    until = moment(number(message.get("inviteExpiration")))
    return Text(
        stacked(
            plain(around.say(user_text("👥 An invitation to the group {name}", name=name))),
            words(text(message.get("caption")), {}, around),
            plain(around.say(user_text("Open WhatsApp on your phone to accept it."))),
            plain(around.say(user_text("It ends on {date}.", date=until))) if until else None,
        ),
        TextKind.NOTICE,
    )


def _channel_invitation(message: Json, around: Surroundings) -> Text:
    name = clean_name(text(message.get("newsletterName")))
    return Text(
        stacked(
            plain(around.say(user_text("📢 An invitation to the channel {name}", name=name))),
            words(text(message.get("caption")), {}, around),
        ),
        TextKind.NOTICE,
    )


def _call(message: Json, around: Surroundings) -> Text:
    missed = text(message.get("callOutcome")) in {"MISSED", "SILENCED_BY_DND"} or (
        message.get("callOutcome") == "SILENCED_UNKNOWN_CALLER"
    )
    video = message.get("isVideo") is True
    if missed:
        line = user_text("Missed video call") if video else user_text("Missed call")
    else:
        line = user_text("Video call") if video else user_text("Call")
    sign = "📹" if video else "📞"
    seconds = number(message.get("durationSecs"))
    length = f" ({seconds // 60}:{seconds % 60:02})" if seconds > 0 else ""
    return Text(plain(f"{sign} {around.say(line)}{length}"), TextKind.NOTICE)


def _scheduled_call(message: Json, around: Surroundings) -> Text:
    when = moment(number(message.get("scheduledTimestampMS")) // _MILLISECONDS)
    line = around.say(user_text("A call is planned for {date}.", date=when))
    return Text(
        stacked(plain(f"📞 {clean_name(text(message.get('title')))}".strip()), plain(line)),
        TextKind.NOTICE,
    )


def _sticker_pack(message: Json, around: Surroundings) -> Text:
    name = clean_name(text(message.get("name")))
    count = len(mappings(message.get("stickers")))
    line = user_text(
        "A pack of {count} stickers: {name}. See it in WhatsApp.", count=count, name=name
    )
    return Text(
        stacked(plain(around.say(line)), plain(text(message.get("caption")))), TextKind.NOTICE
    )


def _answered(message: Json, around: Surroundings) -> Text:
    return Text(words(text(message.get("text")), {}, around))


def _rich_response(message: Json, around: Surroundings) -> Text:
    lines = [
        words(text(one.get("messageText")), {}, around)
        for one in mappings(message.get("submessages"))
    ]
    shown = stacked(*lines)
    return Text(shown) if shown.body else told(_RICH, around)


_RICH = user_text("An answer of an assistant. See it in WhatsApp.")
_MUSIC = user_text("A piece of music. Listen to it in WhatsApp.")

_NOTICES: Mapping[str, NoticeOf] = {
    "eventMessage": _event,
    "eventInviteMessage": _event_invitation,
    "groupInviteMessage": _group_invitation,
    "newsletterAdminInviteMessage": _channel_invitation,
    "newsletterFollowerInviteMessageV2": _channel_invitation,
    "callLogMesssage": _call,
    "scheduledCallCreationMessage": _scheduled_call,
    "stickerPackMessage": _sticker_pack,
    "questionResponseMessage": _answered,
    "statusQuestionAnswerMessage": _answered,
    "statusQuotedMessage": _answered,
    "richResponseMessage": _rich_response,
}

_LINES: Mapping[str, UserText] = {
    "musicMessage": _MUSIC,
    "bcallMessage": user_text("📞 A call in the group. Join it in WhatsApp."),
    "scheduledCallEditMessage": user_text("A planned call is cancelled."),
    "requestPhoneNumberMessage": user_text(
        "They ask for your phone number. You can share it in WhatsApp on your phone."
    ),
    "placeholderMessage": user_text(
        "A message that WhatsApp shows on the phone only. See it in WhatsApp on your phone."
    ),
    "messageHistoryNotice": user_text("Earlier messages were shared with new members."),
    "messageHistoryBundle": user_text("Earlier messages were shared with new members."),
    "encCommentMessage": user_text("A comment this bridge cannot read. See it in WhatsApp."),
    "secretEncryptedMessage": user_text(
        "A change of a message that this bridge cannot read. See it in WhatsApp."
    ),
    "conditionalRevealMessage": user_text(
        "A message that is shown later. See it in WhatsApp on your phone."
    ),
    "pollAddOptionMessage": user_text("An answer was added to a poll. See it in WhatsApp."),
}
"""What has nothing to tell but that it is there."""
