# SPDX-License-Identifier: AGPL-3.0-or-later
"""What newer programs write and this one does not know: shown as far as there are words in it."""

from collections.abc import Iterator

from bridges.core.content import FormattedText
from bridges.core.formatting.compose import plain, stacked
from bridges.core.formatting.names import clean_name
from bridges.core.text import user_text
from bridges.migration.archives.telegram.fields import Raw, tidy
from bridges.migration.archives.telegram.surroundings import Surroundings

_KNOWN = frozenset(
    {
        "id",
        "type",
        "date",
        "date_unixtime",
        "edited",
        "edited_unixtime",
        "from",
        "from_id",
        "actor",
        "actor_id",
        "action",
        "author",
        "forwarded_from",
        "forwarded_from_id",
        "saved_from",
        "saved_from_id",
        "reply_to_message_id",
        "reply_to_peer_id",
        "via_bot",
        "photo",
        "photo_file_size",
        "width",
        "height",
        "media_spoiler",
        "self_destruct_period_seconds",
        "file",
        "file_name",
        "file_size",
        "thumbnail",
        "thumbnail_file_size",
        "media_type",
        "sticker_emoji",
        "performer",
        "title",
        "mime_type",
        "duration_seconds",
        "contact_information",
        "contact_vcard",
        "contact_vcard_file_size",
        "location_information",
        "live_location_period_seconds",
        "place_name",
        "address",
        "poll",
        "todo_list",
        "game_title",
        "game_description",
        "game_link",
        "invoice_information",
        "giveaway_information",
        "giveaway_results",
        "paid_stars_amount",
        "text",
        "text_entities",
        "inline_bot_buttons",
        "reactions",
    }
)
_SAYING = frozenset(
    {
        "text",
        "title",
        "description",
        "caption",
        "name",
        "question",
        "emoji",
        "emoticon",
        "value",
        "url",
        "href",
    }
)
"""Keys whose texts are for people to read."""
_LONGEST = 4000
_DEEPEST = 8


def unknown_of(message: Raw, around: Surroundings, *, empty: bool) -> FormattedText | None:
    """What a message has in fields of no known name; None if there is nothing to be told.

    Args:
        message: as it stands in the file.
        around: its chat.
        empty: nothing else of the message is known; then something is said in any case.
    """
    keys = [
        key
        for key, value in message.items()
        if key not in _KNOWN and (empty or isinstance(value, dict | list))
    ]
    if not keys and not empty:
        return None
    if not keys:
        return plain(around.say(user_text("The export does not say what was in this message.")))
    kinds = clean_name(", ".join(keys))
    line = user_text("A message of a kind that is not known here: {kind}", kind=kinds)
    return stacked(plain(around.say(line)), _shown(message, keys))


def unknown_words(message: Raw) -> FormattedText:
    """The words in fields of no known name; empty if there are none."""
    return _shown(message, [key for key in message if key not in _KNOWN])


def _shown(message: Raw, keys: list[str]) -> FormattedText:
    lines = (line for key in keys for line in _lines(message[key]))
    return plain("\n".join(line for line in lines if line)[:_LONGEST])


def _lines(value: object) -> Iterator[str]:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        yield tidy(str(value))
    else:
        yield from _readable(value, _DEEPEST)


def _readable(value: object, depth: int) -> Iterator[str]:
    """The texts in a value that are for people; pieces of one text stay on one line."""
    if depth == 0:
        return
    if isinstance(value, list):
        if all(isinstance(one, str) or _is_piece(one) for one in value):
            yield tidy("".join(one if isinstance(one, str) else one["text"] for one in value))
            return
        for one in value:
            yield from _readable(one, depth - 1)
    elif isinstance(value, dict):
        for key, one in value.items():
            if isinstance(one, dict | list):
                yield from _readable(one, depth - 1)
            elif key in _SAYING and isinstance(one, str | int | float):
                yield tidy(str(one))


def _is_piece(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("text"), str) and "type" in value
