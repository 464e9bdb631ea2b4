# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ghosts' Matrix ids: there and back, and nobody else's."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.core.ids import RemoteUserID
from bridges.core.matrix.names import GhostNames, escape_localpart, unescape_localpart
from tests.core.settings import SERVER, bridge_settings

TEMPLATES = ("test_{userid}", "{userid}", "_bridge_{userid}_test", "a=2f{userid}")

remote_ids = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).map(RemoteUserID)


@pytest.fixture(scope="module", params=TEMPLATES)
def names(request: pytest.FixtureRequest) -> GhostNames:
    return GhostNames(bridge_settings(request.param))


@given(remote_ids)
def test_every_remote_user_has_a_ghost_and_is_found_by_it(
    names: GhostNames, user: RemoteUserID
) -> None:
    mxid = names.mxid(user)
    assert re.fullmatch(rf"@[a-z0-9._=/+-]+:{re.escape(SERVER)}", mxid)
    if mxid != names.bot:
        assert names.remote(mxid) == user
        assert names.is_ours(mxid)


@given(remote_ids, remote_ids)
def test_two_remote_users_never_share_a_ghost(
    names: GhostNames, one: RemoteUserID, other: RemoteUserID
) -> None:
    assert (names.mxid(one) == names.mxid(other)) == (one == other)


@given(st.text(max_size=40))
def test_whoever_is_no_ghost_is_told_apart(names: GhostNames, text: str) -> None:
    for mxid in (text, f"@{text}:{SERVER}", f"@test_{text}:{SERVER}", f"@test_{text}:evil.test"):
        user = names.remote(mxid)
        assert user is None or names.mxid(user) == mxid


@pytest.mark.parametrize(
    "mxid",
    [
        "",
        "@test_:home.test",
        "@test_17:evil.test",
        "@test_17:home.test.evil.test",
        "@test_=3:home.test",
        "@test_=ZZ:home.test",
        "@test_=61:home.test",
        "@test_=ff:home.test",
        "@test_A:home.test",
        "@testbot:home.test",
    ],
)
def test_what_only_looks_like_a_ghost_is_nobodys(mxid: str) -> None:
    assert GhostNames(bridge_settings()).remote(mxid) is None


@given(st.text(st.characters(codec="utf-8")))
def test_escaping_can_be_undone(text: str) -> None:
    escaped = escape_localpart(text)
    assert re.fullmatch(r"[a-z0-9._=-]*", escaped)
    assert unescape_localpart(escaped) == text


def test_the_bot_is_ours_but_no_ghost() -> None:
    names = GhostNames(bridge_settings())
    assert names.is_ours(names.bot)
    assert names.remote(names.bot) is None


def test_a_name_that_looks_like_a_template_is_shown_as_it_is() -> None:
    names = GhostNames(bridge_settings())
    assert names.displayname("{displayname} {x}") == "{displayname} {x} (Test)"
