# SPDX-License-Identifier: AGPL-3.0-or-later
"""Media that are no files: places, contacts, dice, polls, games, invoices, stories, checklists."""

from typing import Any

from telethon.tl import types

from sandbox.telegram import inputs
from sandbox.telegram.accounts import normal_phone
from sandbox.telegram.clock import moment
from sandbox.telegram.limits import WITHOUT_END
from sandbox.telegram.records import Kind, Peer, Post
from sandbox.telegram.rpc import Call, bad_request, forbidden

_DICE = {"🎲": 6, "🎯": 6, "🎳": 6, "🏀": 5, "⚽": 5, "🎰": 64}


# -- places


def geo(_call: Call, given: Any, _peer: Peer) -> Any:
    """Make a place."""
    return types.MessageMediaGeo(_point(given.geo_point))


def live_geo(_call: Call, given: Any, _peer: Peer) -> Any:
    """Make a live location; raises MEDIA_INVALID for a period outside 60 seconds to a day."""
    period = given.period or 0
    if not 60 <= period <= 24 * 3600 and period != WITHOUT_END:
        raise bad_request("MEDIA_INVALID")
    return types.MessageMediaGeoLive(
        geo=_point(given.geo_point),
        period=period,
        heading=given.heading,
        proximity_notification_radius=given.proximity_notification_radius,
    )


def moved(call: Call, post: Post, given: Any) -> Any:
    """Return a live location after an edit: moved, or ended when ``stopped`` is set.

    An ended one lasted as long as it was shared. Raises MESSAGE_EDIT_TIME_EXPIRED after the end.
    """
    before: Any = post.media
    age = call.world.clock.seconds() - post.date
    if age >= before.period:
        raise bad_request("MESSAGE_EDIT_TIME_EXPIRED")
    empty = isinstance(given.geo_point, types.InputGeoPointEmpty)
    return types.MessageMediaGeoLive(
        geo=before.geo if empty else _point(given.geo_point),
        period=max(1, age) if given.stopped else given.period or before.period,
        heading=None if given.stopped else given.heading,
        proximity_notification_radius=given.proximity_notification_radius,
    )


def venue(_call: Call, given: Any, _peer: Peer) -> Any:
    """Make a place with a name."""
    return types.MessageMediaVenue(
        geo=_point(given.geo_point),
        title=given.title,
        address=given.address,
        provider=given.provider,
        venue_id=given.venue_id,
        venue_type=given.venue_type,
    )


def _point(given: Any) -> Any:
    if not isinstance(given, types.InputGeoPoint):
        raise bad_request("MEDIA_INVALID")
    return types.GeoPoint(
        long=given.long, lat=given.lat, access_hash=0, accuracy_radius=given.accuracy_radius
    )


# -- people and chance


def contact(call: Call, given: Any, _peer: Peer) -> Any:
    """Make a contact; it names the account with the phone number, if there is one."""
    account = call.world.accounts.by_phone(given.phone_number)
    return types.MessageMediaContact(
        phone_number=normal_phone(given.phone_number),
        first_name=given.first_name,
        last_name=given.last_name,
        vcard=given.vcard,
        user_id=account.id if account is not None else 0,
    )


def dice(call: Call, given: Any, _peer: Peer) -> Any:
    """Throw a dice; raises EMOTICON_INVALID."""
    emoticon = given.emoticon.replace("\N{VARIATION SELECTOR-16}", "")
    if emoticon not in _DICE:
        raise bad_request("EMOTICON_INVALID")
    value = int.from_bytes(call.world.random_bytes(4), "big") % _DICE[emoticon] + 1
    return types.MessageMediaDice(value, emoticon)


def story(call: Call, given: Any, _peer: Peer) -> Any:
    """Refer to a story; raises STORY_ID_INVALID."""
    if given.id <= 0:
        raise bad_request("STORY_ID_INVALID")
    return types.MessageMediaStory(inputs.peer(call, given.peer).tl(), given.id)


# -- polls and checklists


def poll(call: Call, given: Any, peer: Peer) -> Any:
    """Make a poll; it is shown by `Polls`."""
    in_broadcast = peer.kind is Kind.CHANNEL and call.world.rooms.get(peer).broadcast
    made = call.world.polls.create(call.me.id, given, in_broadcast=in_broadcast)
    return types.MessageMediaPoll(made.poll, types.PollResults())


def todo(call: Call, given: Any, _peer: Peer) -> Any:
    """Make a checklist; raises PREMIUM_ACCOUNT_REQUIRED, TODO_ITEMS_EMPTY, TODO_ITEM_DUPLICATE."""
    if not call.me.premium:
        raise forbidden("PREMIUM_ACCOUNT_REQUIRED")
    check_tasks(call, given.todo.list)
    return types.MessageMediaToDo(given.todo)


def check_tasks(call: Call, tasks: list[Any]) -> None:
    """Raise unless these can be the tasks of a checklist."""
    if not tasks:
        raise bad_request("TODO_ITEMS_EMPTY")
    if len(tasks) > call.world.limits.todo_items:
        raise bad_request("TODO_ITEMS_TOO_MUCH")
    if len({task.id for task in tasks}) < len(tasks):
        raise bad_request("TODO_ITEM_DUPLICATE")


def tick(call: Call, media: Any, done: list[int], undone: list[int]) -> None:
    """Mark tasks of a checklist as done or not by the caller; tasks that are gone are forgotten."""
    open_tasks = {task.id for task in media.todo.list} - {*done, *undone}
    kept = [one for one in media.completions or [] if one.id in open_tasks]
    now = moment(call.world.clock())
    by = types.PeerUser(call.me.id)
    kept.extend(types.TodoCompletion(number, by, now) for number in dict.fromkeys(done))
    media.completions = kept or None


# -- what bots send


def game(call: Call, given: Any, _peer: Peer) -> Any:
    """Make a game known by its bot and short name only; raises GAME_BOT_INVALID."""
    if not isinstance(given.id, types.InputGameShortName):
        raise bad_request("MEDIA_INVALID")
    bot = inputs.peer(call, given.id.bot_id)
    if bot.kind is not Kind.USER or not call.world.accounts.get(bot.id).bot:
        raise bad_request("GAME_BOT_INVALID")
    name = given.id.short_name
    number = int.from_bytes(call.world.random_bytes(8), "big") >> 1
    return types.MessageMediaGame(types.Game(number, number, name, name, "", types.PhotoEmpty(0)))


def invoice(_call: Call, given: Any, _peer: Peer) -> Any:
    """Make an invoice as everybody sees it, without what only the payment provider is told."""
    terms, photo = given.invoice, given.photo
    if photo is not None:
        photo = types.WebDocumentNoProxy(photo.url, photo.size, photo.mime_type, photo.attributes)
    return types.MessageMediaInvoice(
        title=given.title,
        description=given.description,
        currency=terms.currency,
        total_amount=sum(price.amount for price in terms.prices),
        start_param=given.start_param or "",
        shipping_address_requested=terms.shipping_address_requested,
        test=terms.test,
        photo=photo,
    )


def link(call: Call, given: Any, _peer: Peer) -> Any:
    """Show the preview of a link that need not be in the text; raises WEBPAGE_NOT_FOUND."""
    preview = call.world.previews.by_url(given.url)
    if preview is None:
        if given.optional:
            return None
        raise bad_request("WEBPAGE_NOT_FOUND")
    return types.MessageMediaWebPage(
        preview.page,
        force_large_media=given.force_large_media,
        force_small_media=given.force_small_media,
        manual=True,
    )


MAKERS = {
    types.InputMediaGeoPoint: geo,
    types.InputMediaGeoLive: live_geo,
    types.InputMediaVenue: venue,
    types.InputMediaContact: contact,
    types.InputMediaDice: dice,
    types.InputMediaStory: story,
    types.InputMediaPoll: poll,
    types.InputMediaTodo: todo,
    types.InputMediaGame: game,
    types.InputMediaInvoice: invoice,
    types.InputMediaWebPage: link,
}
