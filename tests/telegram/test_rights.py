# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telegram's rights and Matrix power levels, in both directions."""

from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types as tl

from bridges.core.chat import Membership
from bridges.core.rights import EVERYBODY, RESTRICTED
from bridges.telegram.members import channel_member, merged, without_deleted
from bridges.telegram.rights import (
    ADMIN,
    BAN,
    CREATOR,
    GROUP_ADMIN,
    INFO,
    PIN,
    PROMOTE,
    REDACT,
    admin_power,
    chat_rights,
    group_rights,
    own_power,
)
from bridges.telegram.to_telegram.rights import admin_rights, default_bans

NOW = datetime(2030, 1, 1, tzinfo=UTC)
_flags = ("change_info", "invite_users", "pin_messages", "send_messages", "send_reactions")


def channel(**more: Any) -> tl.Channel:
    return tl.Channel(5, "News", tl.ChatPhotoEmpty(), NOW, **more)


@pytest.mark.parametrize("is_channel", [True, False])
@pytest.mark.parametrize("level", [ADMIN, PIN, INFO, BAN, REDACT, PROMOTE])
def test_a_step_survives_telegram(level: int, is_channel: bool) -> None:
    rights = admin_rights(level, None, is_channel=is_channel)
    assert admin_power(rights, is_channel=is_channel) == level


def test_nobody_gives_what_they_do_not_have() -> None:
    giver = tl.ChatAdminRights(ban_users=True, add_admins=True)
    given_rights = admin_rights(PROMOTE, giver, is_channel=False)
    assert given_rights.ban_users
    assert given_rights.add_admins
    assert not given_rights.delete_messages


def test_an_administrator_without_rights_is_one_nevertheless() -> None:
    assert admin_rights(ADMIN, None, is_channel=False).other


def test_who_may_not_remove_messages_stays_below_that_step() -> None:
    rights = tl.ChatAdminRights(add_admins=True, ban_users=True)
    assert admin_power(rights, is_channel=False) < REDACT


def test_ones_own_power() -> None:
    assert own_power(channel(creator=True)) == CREATOR
    assert (
        own_power(channel(megagroup=True, admin_rights=tl.ChatAdminRights(ban_users=True))) == BAN
    )
    silenced = tl.ChatBannedRights(None, send_messages=True)
    assert own_power(channel(megagroup=True, banned_rights=silenced)) == RESTRICTED
    no_polls = tl.ChatBannedRights(None, send_polls=True)
    assert own_power(channel(megagroup=True, banned_rights=no_polls)) == EVERYBODY
    group = tl.Chat(1, "Tea", tl.ChatPhotoEmpty(), 2, NOW, 1, admin_rights=tl.ChatAdminRights())
    assert own_power(group) == GROUP_ADMIN


@pytest.mark.parametrize("more", [{"broadcast": True}, {"megagroup": True, "gigagroup": True}])
def test_in_channels_and_gigagroups_only_administrators_write(more: dict[str, bool]) -> None:
    rights = chat_rights(channel(**more))
    assert rights.write == ADMIN
    assert rights.react == RESTRICTED


def test_what_members_may_do_needs_no_level() -> None:
    rights = group_rights(tl.ChatBannedRights(None, pin_messages=True))
    assert (rights.write, rights.invite, rights.name) == (EVERYBODY, EVERYBODY, EVERYBODY)
    assert rights.pins == PIN


@given(st.sets(st.sampled_from(_flags)))
def test_rights_of_a_group_survive_matrix(flags: set[str]) -> None:
    now = tl.ChatBannedRights(None, **dict.fromkeys(flags, True))
    assert group_rights(default_bans(group_rights(now), now)) == group_rights(now)


def test_what_matrix_has_no_word_for_stays() -> None:
    now = tl.ChatBannedRights(None, send_polls=True, embed_links=True)
    bans = default_bans(evolve(group_rights(now), pins=PIN), now)
    assert bans.send_polls
    assert bans.embed_links
    assert bans.pin_messages


def test_a_group_that_is_opened_is_open_for_everything() -> None:
    locked = tl.ChatBannedRights(None, send_messages=True, send_media=True, send_plain=True)
    bans = default_bans(evolve(group_rights(locked), write=EVERYBODY), locked)
    assert not any(one is True for one in bans.to_dict().values())


@pytest.mark.parametrize(
    ("rights", "left", "membership", "power"),
    [
        ({"view_messages": True}, True, Membership.BAN, None),
        ({"send_messages": True}, False, Membership.JOIN, RESTRICTED),
        ({"send_messages": True}, True, Membership.LEAVE, RESTRICTED),
        ({"send_polls": True}, False, Membership.JOIN, EVERYBODY),
    ],
)
def test_a_restriction_is_no_ban(
    rights: dict[str, bool], left: bool, membership: Membership, power: int | None
) -> None:
    bans = tl.ChatBannedRights(None, **rights)
    found = channel_member(
        tl.ChannelParticipantBanned(tl.PeerUser(3), 1, NOW, bans, left=left), 1, is_channel=False
    )
    assert (found.membership, found.power) == (membership, power)


def test_the_first_list_says_who_somebody_is() -> None:
    admin = channel_member(
        tl.ChannelParticipantCreator(2, tl.ChatAdminRights()), 1, is_channel=False
    )
    plain = channel_member(tl.ChannelParticipant(2, NOW), 1, is_channel=False)
    assert merged([admin], [plain]) == (admin,)


def test_deleted_accounts_are_no_members() -> None:
    member = channel_member(tl.ChannelParticipant(2, NOW), 1, is_channel=False)
    assert without_deleted([member], [tl.User(2, deleted=True)]) == ()
    assert without_deleted([member], [tl.User(2)]) == (member,)
