# SPDX-License-Identifier: AGPL-3.0-or-later
"""Service messages for which Matrix has no state, as short lines about their sender."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from telethon.tl import types as tl

from bridges.core.content import FormattedText
from bridges.core.durations import duration
from bridges.core.formatting.compose import SLOT, inserted, plain, quoted, stacked
from bridges.core.formatting.names import clean_name
from bridges.core.text import UserText, user_text
from bridges.telegram.formatting import to_matrix
from bridges.telegram.from_telegram.calls import conference, group_call, phone_call
from bridges.telegram.from_telegram.cards import money
from bridges.telegram.from_telegram.gifts import GIFTS
from bridges.telegram.from_telegram.naming import named
from bridges.telegram.from_telegram.surroundings import Surroundings

Line = Callable[[Any, Surroundings], FormattedText | UserText]

_MOST_NAMES = 10


def service_line(action: Any, around: Surroundings) -> FormattedText:
    """What a ``MessageAction`` is in words; the line is said by who did it."""
    found = LINES.get(type(action), UNKNOWN)
    line = found if isinstance(found, UserText) else found(action, around)
    return plain(around.say(line)) if isinstance(line, UserText) else line


def _people(peers: Iterable[Any], around: Surroundings) -> FormattedText:
    return stacked(*(named(peer, around) for peer in list(peers)[:_MOST_NAMES]))


def _of_user(sentence: UserText) -> Callable[[int, Surroundings], FormattedText]:
    """A sentence about one person, whose place is the ``SLOT``."""

    def line(user: int, around: Surroundings) -> FormattedText:
        return inserted(around.say(sentence), named(tl.PeerUser(user), around))

    return line


_new_creator = _of_user(user_text("{person} owns this group now.", person=SLOT))
_next_creator = _of_user(user_text("{person} will own this group.", person=SLOT))
_bot_made = _of_user(user_text("created the bot {person}", person=SLOT))


def _ttl(action: tl.MessageActionSetMessagesTTL, _around: Surroundings) -> UserText:
    if not action.period:
        return user_text("turned off automatic deletion of messages")
    return user_text("Messages are deleted after {time} now.", time=duration(action.period))


def _topic_created(action: tl.MessageActionTopicCreate, _around: Surroundings) -> UserText:
    return user_text("created the topic {title}", title=clean_name(action.title))


def _topic_edited(action: tl.MessageActionTopicEdit, _around: Surroundings) -> UserText:
    if action.title:
        return user_text("renamed the topic: {title}", title=clean_name(action.title))
    if action.closed is not None:
        closed, opened = user_text("closed the topic"), user_text("opened the topic again")
        return closed if action.closed else opened
    if action.hidden is not None:
        return user_text("hid the topic") if action.hidden else user_text("showed the topic again")
    return user_text("changed the topic's icon")


def _boosted(action: tl.MessageActionBoostApply, _around: Surroundings) -> UserText:
    if action.boosts == 1:
        return user_text("boosted the group")
    return user_text("boosted the group {count} times", count=action.boosts)


def _score(action: tl.MessageActionGameScore, _around: Surroundings) -> UserText:
    return user_text("scored {score} in the game", score=action.score)


def _paid(action: Any, _around: Surroundings) -> UserText:
    return user_text("paid {amount}", amount=money(action.total_amount, action.currency))


def _refunded(action: tl.MessageActionPaymentRefunded, _around: Surroundings) -> UserText:
    return user_text("gave back {amount}", amount=money(action.total_amount, action.currency))


def _near(action: tl.MessageActionGeoProximityReached, around: Surroundings) -> FormattedText:
    line = user_text(
        "{person} is only {distance} m away from {other}",
        person=SLOT,
        distance=action.distance,
        other=SLOT,
    )
    people = (named(action.from_id, around), named(action.to_id, around))
    return inserted(around.say(line), *people)


def _invited(action: tl.MessageActionInviteToGroupCall, around: Surroundings) -> FormattedText:
    line = plain(around.say(user_text("invited to the call in the group:")))
    return stacked(line, _people(map(tl.PeerUser, action.users), around))


def _scheduled(action: tl.MessageActionGroupCallScheduled, _around: Surroundings) -> UserText:
    when = f"{action.schedule_date:%Y-%m-%d %H:%M} UTC" if action.schedule_date else "?"
    return user_text("scheduled a call in the group for {time}", time=when)


def _shared_peers(action: tl.MessageActionRequestedPeer, around: Surroundings) -> FormattedText:
    line = plain(around.say(user_text("shared with the bot:")))
    return stacked(line, _people(action.peers, around))


def _bot_allowed(action: tl.MessageActionBotAllowed, _around: Surroundings) -> UserText:
    if action.domain:
        return user_text("logged in on {site} with Telegram", site=clean_name(action.domain))
    return user_text("allowed the bot to write")


def _web_view(action: Any, _around: Surroundings) -> UserText:
    return user_text("sent data with the button {name}", name=clean_name(action.text))


def _custom(action: tl.MessageActionCustomAction, _around: Surroundings) -> FormattedText:
    return plain(action.message)


def _todo_done(action: tl.MessageActionTodoCompletions, _around: Surroundings) -> UserText:
    done, undone = len(action.completed), len(action.incompleted)
    if done and undone:
        return user_text(
            "ticked {done} and unticked {undone} of the list", done=done, undone=undone
        )
    if undone:
        return user_text("unticked {count} of the list", count=undone)
    return user_text("ticked {count} of the list", count=done)


def _todo_added(action: tl.MessageActionTodoAppendTasks, around: Surroundings) -> FormattedText:
    items = [to_matrix(one.title.text, one.title.entities) for one in action.list]
    return stacked(plain(around.say(user_text("added to the list:"))), *items)


def _poll_added(action: tl.MessageActionPollAppendAnswer, around: Surroundings) -> FormattedText:
    answer = to_matrix(action.answer.text.text, action.answer.text.entities)
    return stacked(plain(around.say(user_text("added an answer to the poll:"))), answer)


def _poll_removed(action: tl.MessageActionPollDeleteAnswer, around: Surroundings) -> FormattedText:
    answer = to_matrix(action.answer.text.text, action.answer.text.entities)
    return stacked(plain(around.say(user_text("removed an answer from the poll:"))), answer)


def _price(action: tl.MessageActionPaidMessagesPrice, _around: Surroundings) -> UserText:
    if not action.stars:
        return user_text("Messages cost nothing here now.")
    return user_text("A message costs {stars} stars here now.", stars=action.stars)


def _messages_refunded(
    action: tl.MessageActionPaidMessagesRefunded, _around: Surroundings
) -> UserText:
    return user_text(
        "gave back {stars} stars for {count} messages", stars=action.stars, count=action.count
    )


def _post_decided(
    action: tl.MessageActionSuggestedPostApproval, around: Surroundings
) -> FormattedText:
    line = user_text("accepted the suggested post")
    if action.balance_too_low:
        line = user_text("could not accept the suggested post: there are not enough stars")
    elif action.rejected:
        line = user_text("rejected the suggested post")
    comment = plain(action.reject_comment or "")
    return stacked(plain(around.say(line)), quoted(comment) if comment.body else None)


def _forwarding(action: tl.MessageActionNoForwardsToggle, _around: Surroundings) -> UserText:
    forbidden = user_text("does not let messages be forwarded or saved any more")
    return forbidden if action.new_value else user_text("lets messages be forwarded and saved")


def _forwarding_wish(action: tl.MessageActionNoForwardsRequest, _around: Surroundings) -> UserText:
    forbid = user_text("asks that messages are not forwarded or saved")
    return (
        forbid if action.new_value else user_text("asks that messages may be forwarded and saved")
    )


def _community(action: tl.MessageActionChangeCommunity, _around: Surroundings) -> UserText:
    added = user_text("put the group into a community")
    return added if action.community_id else user_text("took the group out of its community")


def _launched(action: tl.MessageActionGiveawayLaunch, _around: Surroundings) -> UserText:
    if action.stars:
        return user_text("started a giveaway of {stars} stars", stars=action.stars)
    return user_text("started a giveaway")


def _giveaway_over(action: tl.MessageActionGiveawayResults, _around: Surroundings) -> UserText:
    return user_text("The giveaway is over: {count} winners", count=action.winners_count)


UNKNOWN = user_text("Something happened here that this bridge does not know. See it in Telegram.")
"""What is said of what cannot be told."""

LINES: Mapping[type, Line | UserText] = {
    **GIFTS,
    tl.MessageActionChannelMigrateFrom: user_text("This group is a supergroup now."),
    tl.MessageActionPinMessage: user_text("pinned a message"),
    tl.MessageActionHistoryClear: user_text("cleared the history in Telegram"),
    tl.MessageActionScreenshotTaken: user_text("took a screenshot"),
    tl.MessageActionContactSignUp: user_text("has joined Telegram"),
    tl.MessageActionSetChatTheme: user_text("changed the theme of the chat"),
    tl.MessageActionSetChatWallPaper: user_text("changed the background of the chat"),
    tl.MessageActionSuggestProfilePhoto: user_text("suggested a profile picture"),
    tl.MessageActionSuggestBirthday: user_text("suggested a birthday"),
    tl.MessageActionSecureValuesSent: user_text("sent documents of Telegram Passport"),
    tl.MessageActionSecureValuesSentMe: user_text("sent documents of Telegram Passport"),
    tl.MessageActionSuggestedPostSuccess: user_text("The suggested post was paid for."),
    tl.MessageActionSuggestedPostRefund: user_text(
        "The payment for the suggested post was returned."
    ),
    tl.MessageActionRequestedPeerSentMe: user_text("shared people or chats with the bot"),
    tl.MessageActionPhoneCall: phone_call,
    tl.MessageActionConferenceCall: conference,
    tl.MessageActionGroupCall: group_call,
    tl.MessageActionGroupCallScheduled: _scheduled,
    tl.MessageActionInviteToGroupCall: _invited,
    tl.MessageActionSetMessagesTTL: _ttl,
    tl.MessageActionTopicCreate: _topic_created,
    tl.MessageActionTopicEdit: _topic_edited,
    tl.MessageActionBoostApply: _boosted,
    tl.MessageActionGameScore: _score,
    tl.MessageActionPaymentSent: _paid,
    tl.MessageActionPaymentSentMe: _paid,
    tl.MessageActionPaymentRefunded: _refunded,
    tl.MessageActionGeoProximityReached: _near,
    tl.MessageActionRequestedPeer: _shared_peers,
    tl.MessageActionBotAllowed: _bot_allowed,
    tl.MessageActionWebViewDataSent: _web_view,
    tl.MessageActionWebViewDataSentMe: _web_view,
    tl.MessageActionCustomAction: _custom,
    tl.MessageActionTodoCompletions: _todo_done,
    tl.MessageActionTodoAppendTasks: _todo_added,
    tl.MessageActionPollAppendAnswer: _poll_added,
    tl.MessageActionPollDeleteAnswer: _poll_removed,
    tl.MessageActionPaidMessagesPrice: _price,
    tl.MessageActionPaidMessagesRefunded: _messages_refunded,
    tl.MessageActionSuggestedPostApproval: _post_decided,
    tl.MessageActionNoForwardsToggle: _forwarding,
    tl.MessageActionNoForwardsRequest: _forwarding_wish,
    tl.MessageActionChangeCommunity: _community,
    tl.MessageActionGiveawayLaunch: _launched,
    tl.MessageActionGiveawayResults: _giveaway_over,
    tl.MessageActionChangeCreator: lambda action, around: _new_creator(
        action.new_creator_id, around
    ),
    tl.MessageActionNewCreatorPending: lambda action, around: _next_creator(
        action.new_creator_id, around
    ),
    tl.MessageActionManagedBotCreated: lambda action, around: _bot_made(action.bot_id, around),
}
"""How each kind that is no state is told."""
