# SPDX-License-Identifier: AGPL-3.0-or-later
"""Exports made up by hypothesis: of the right shape, nearly right, and anything at all."""

from typing import Any

from hypothesis import strategies as st

from bridges.migration.archives.telegram.service import _LINES
from bridges.migration.archives.telegram.unknown import _KNOWN

KEYS = sorted(_KNOWN)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
paths = st.sampled_from(
    [
        "photos/photo_1@08-03-2024_09-04-00.jpg",
        "(File not included. Change data exporting settings to download.)",
        "(File unavailable, please try again later)",
        "../../etc/passwd",
        "",
    ]
)
pieces = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            [
                *("bold", "pre", "code", "blockquote", "link", "text_link", "mention", "email"),
                *("mention_name", "custom_emoji", "spoiler", "phone", "plain", "unknown"),
            ]
        ),
        "text": st.text(max_size=12),
    },
    optional={
        "href": st.text(max_size=12) | st.just("https://example.org"),
        "user_id": st.integers(-5, 2**50),
        "document_id": paths,
        "language": st.text(max_size=5),
        "collapsed": st.booleans(),
    },
)
texts = st.text(max_size=30) | st.lists(st.text(max_size=10) | pieces, max_size=5)
times = st.integers(1_400_000_000, 2_000_000_000).map(str)
peers = st.one_of(
    st.sampled_from(["user101", "user102", "channel900", None]), st.integers(-5, 2**50)
)
numbers = st.integers(-(2**34), 2**34)
reactions = st.fixed_dictionaries(
    {"type": st.sampled_from(["emoji", "custom_emoji", "paid"]), "count": st.integers(-1, 9)},
    optional={
        "emoji": st.text(max_size=3),
        "document_id": paths,
        "recent": st.lists(st.fixed_dictionaries({"from": st.text(max_size=4), "from_id": peers})),
    },
)
polls = st.fixed_dictionaries(
    {"question": texts, "closed": st.booleans(), "total_voters": numbers},
    optional={
        "answers": st.lists(st.fixed_dictionaries({"text": texts, "voters": numbers}), max_size=4)
    },
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "from": st.text(max_size=8) | st.none(),
    "from_id": peers,
    "actor": st.text(max_size=8) | st.none(),
    "action": st.sampled_from([*_LINES, "brand_new"]),
    "members": st.lists(st.text(max_size=5) | st.none(), max_size=4),
    "date": st.sampled_from(["2018-11-02T10:00:00", "1970-01-01T05:00:00", "?"]),
    "edited_unixtime": times,
    "reply_to_message_id": numbers,
    "reply_to_peer_id": peers,
    "message_id": numbers,
    "text": texts,
    "text_entities": st.lists(pieces, max_size=4),
    "photo": paths,
    "file": paths,
    "contact_vcard": paths,
    "media_type": st.sampled_from(["sticker", "voice_message", "video_message", "animation", "x"]),
    "poll": polls,
    "reactions": st.lists(reactions, max_size=3),
    "location_information": st.none()
    | st.fixed_dictionaries({"latitude": st.floats(), "longitude": st.floats() | st.text()}),
}
messages = st.fixed_dictionaries(
    {"id": numbers, "type": st.sampled_from(["message", "service", "unsupported"])},
    optional={"date_unixtime": times, **FIELDS},
)
odd_messages = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), anything, max_size=8)
elements = messages | odd_messages | anything
