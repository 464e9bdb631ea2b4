# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hypothesis strategies for the values of the contract between core and networks."""

from collections.abc import Mapping
from datetime import UTC, datetime

from hypothesis import strategies as st

from bridges.core.chat import (
    Avatar,
    ChatInfo,
    ChatKind,
    ChatSettings,
    Member,
    Membership,
    Sender,
    UserInfo,
)
from bridges.core.content import (
    FormattedText,
    LinkPreview,
    Location,
    MediaInfo,
    MediaKind,
    MediaLook,
    Poll,
    PollAnswer,
    RemoteMedia,
    RemoteThumbnail,
    Text,
    TextKind,
)
from bridges.core.events import (
    ChatChanged,
    ChatGone,
    ChatMoved,
    PollCount,
    ReactionsOf,
    RemoteChatSettings,
    RemoteEdit,
    RemoteEvent,
    RemoteFailure,
    RemoteMessage,
    RemotePins,
    RemotePollTally,
    RemoteReactions,
    RemoteReceipt,
    RemoteRedaction,
    UserChanged,
    VotesOf,
)
from bridges.core.history.pages import PastMessage
from bridges.core.ids import ChatID, ChatKey, LoginID, MessageID, RemoteUserID
from bridges.core.rights import ChatRights

any_text = st.text(st.characters(), max_size=20)
"""Everything Python takes for text, lone surrogates and NUL included."""

_chats = st.builds(ChatKey, any_text.map(ChatID), any_text.map(LoginID))
_users = any_text.map(RemoteUserID)
_messages = any_text.map(MessageID)
_senders = st.builds(Sender, _users, st.booleans())
_moments = st.datetimes(
    datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC), allow_imaginary=False
)
_numbers = st.none() | st.integers(0, 2**53)
_formatted = st.builds(FormattedText, any_text, st.none() | any_text, st.frozensets(_users))
_previews = st.builds(LinkPreview, any_text, any_text, any_text, any_text)
texts = st.builds(
    Text, _formatted, st.sampled_from(TextKind), st.lists(_previews, max_size=2).map(tuple)
)
_media_infos = st.builds(MediaInfo, any_text, any_text, _numbers, _numbers, _numbers, _numbers)
_looks = st.builds(
    MediaLook,
    voice=st.booleans(),
    waveform=st.lists(st.integers(0, 1024), max_size=5).map(tuple),
    round=st.booleans(),
    animated=st.booleans(),
    spoiler=st.booleans(),
)
_thumbnails = st.builds(RemoteThumbnail, any_text, any_text, _numbers, _numbers, _numbers, any_text)
media = st.builds(
    RemoteMedia,
    st.sampled_from(MediaKind),
    _media_infos,
    any_text,
    any_text,
    st.none() | _formatted,
    _looks,
    st.none() | _thumbnails,
)
locations = st.builds(Location, any_text, any_text, any_text, st.booleans())
_polls = st.builds(
    Poll,
    any_text,
    st.lists(st.builds(PollAnswer, any_text, any_text), max_size=3).map(tuple),
    st.integers(1, 10),
    st.booleans(),
    st.booleans(),
)
_parts = st.lists(texts | media | locations | _polls, min_size=1, max_size=3).map(tuple)
_avatars = st.none() | st.builds(Avatar, any_text, any_text)
_members = st.builds(
    Member, _senders, st.sampled_from(Membership), st.none() | st.integers(-100, 100)
)
chat_settings = st.builds(
    ChatSettings,
    st.none() | _moments,
    st.none() | st.booleans(),
    st.none() | st.booleans(),
    st.none() | st.booleans(),
)
_chat_infos = st.builds(
    ChatInfo,
    kind=st.none() | st.sampled_from(ChatKind),
    name=st.none() | any_text,
    topic=st.none() | any_text,
    avatar=_avatars,
    other_user=st.none() | _users,
    members=st.none() | st.lists(_members, max_size=3).map(tuple),
    members_complete=st.booleans(),
    admins_complete=st.booleans(),
    bans_complete=st.booleans(),
    may_write=st.none() | st.booleans(),
    pinned=st.none() | st.lists(_messages, max_size=3).map(tuple),
    rights=st.none() | st.builds(ChatRights, *[st.integers(-100, 100)] * 11),
    parent=st.none() | _chats,
    predecessor=st.none() | _chats,
    discussion=st.none() | _chats,
    settings=st.none() | chat_settings,
)
_user_infos = st.builds(
    UserInfo, st.none() | any_text, _avatars, st.none() | any_text, st.none() | st.booleans()
)
_reactions = st.builds(
    ReactionsOf, _senders, st.lists(any_text, max_size=3).map(tuple), st.booleans()
)

remote_messages = st.builds(
    RemoteMessage,
    _chats,
    _senders,
    _messages,
    _moments,
    _parts,
    st.none() | _messages,
    st.none() | _moments,
)

_tallies = st.builds(
    RemotePollTally,
    _chats,
    _messages,
    st.lists(st.builds(PollCount, any_text, st.integers(0, 2**31), st.booleans()), max_size=3).map(
        tuple
    ),
    st.integers(0, 2**31),
    st.lists(
        st.builds(VotesOf, _senders, st.lists(any_text, max_size=3).map(tuple)), max_size=3
    ).map(tuple),
    st.booleans(),
    st.booleans(),
)

past_messages = st.builds(
    PastMessage,
    remote_messages,
    st.integers(0, 2**53),
    st.lists(_reactions, max_size=2).map(tuple),
    st.none() | _tallies,
)

remote_event_kinds: Mapping[type, st.SearchStrategy[RemoteEvent]] = {
    RemoteMessage: remote_messages,
    RemoteEdit: st.builds(
        RemoteEdit, _chats, _senders, _messages, _moments, st.integers(0, 2**53), _parts
    ),
    RemoteRedaction: st.builds(RemoteRedaction, _chats, _messages, st.none() | _senders),
    RemoteReactions: st.builds(
        RemoteReactions,
        _chats,
        _messages,
        st.lists(_reactions, max_size=3).map(tuple),
        st.booleans(),
        st.none() | st.dictionaries(any_text, st.integers(0, 10**6), max_size=3),
    ),
    RemotePollTally: _tallies,
    RemoteReceipt: st.builds(RemoteReceipt, _chats, _senders, _messages),
    RemoteFailure: st.builds(
        RemoteFailure,
        _chats,
        _messages,
        any_text,
        any_text,
        st.dictionaries(any_text, any_text, max_size=2),
    ),
    ChatChanged: st.builds(ChatChanged, _chats, _chat_infos),
    ChatGone: st.builds(ChatGone, _chats, st.booleans()),
    ChatMoved: st.builds(ChatMoved, _chats, _chats),
    RemoteChatSettings: st.builds(RemoteChatSettings, _chats, chat_settings),
    RemotePins: st.builds(
        RemotePins, _chats, st.lists(_messages, max_size=3).map(tuple), st.booleans()
    ),
    UserChanged: st.builds(UserChanged, _users, _user_infos),
}

remote_events = st.one_of(*remote_event_kinds.values())
"""Every kind of event that is stored before it is handled."""

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(("m.text", "m.image", "m.replace", "m.thread", "$event", "mxc://home.test/1"))
    | any_text,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    "msgtype",
                    "body",
                    "format",
                    "formatted_body",
                    "url",
                    "file",
                    "filename",
                    "info",
                    "mimetype",
                    "size",
                    "m.relates_to",
                    "m.new_content",
                    "m.in_reply_to",
                    "m.mentions",
                    "user_ids",
                    "event_id",
                    "rel_type",
                    "is_falling_back",
                )
            )
            | any_text,
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)
"""Any JSON, biased towards the keys and values that messages have."""
