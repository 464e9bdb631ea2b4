# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking the bot why something was refused, and changing the homeserver's policy by command."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from mautrix.types import UserID

from bridges.core.border.office import PolicyOffice
from bridges.core.border.refusals import SENTENCES
from bridges.core.border.request import parse_change
from bridges.core.clock import SystemClock
from bridges.core.commands.parser import UsageError
from bridges.core.config import Level
from policy_module.rules.edit import AddServer, Listing, RemoveServer
from policy_module.rules.requests import Reason
from tests.core.commands.fakes import ALICE, Chat, FakePolicyPages

TODAY = date(2030, 1, 1)
TEXT = "# ours\nfederation:\n  allow:  # friends\n    - near.example  # the first\n"
SHOWN: dict[str, Any] = {
    "digest": "abc",
    "policy": {
        "federation": {
            "allow": [{"server": "near.example", "until": None}] * 21,
            "deny": [{"server": "old.example", "until": "2030-02-01T23:59:59+00:00"}],
        }
    },
}


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("allow a.example", AddServer(Listing.ALLOW, "a.example")),
        ("ALLOW *.a.example for 30d", AddServer(Listing.ALLOW, "*.a.example", date(2030, 1, 31))),
        ("allow a.example for 2 weeks", AddServer(Listing.ALLOW, "a.example", date(2030, 1, 15))),
        (
            "deny a.example until 2030-06-30",
            AddServer(Listing.DENY, "a.example", date(2030, 6, 30)),
        ),
        (
            "allow a.example for 1y because we asked",
            AddServer(Listing.ALLOW, "a.example", date(2031, 1, 1), "we asked"),
        ),
        ("remove a.example", RemoveServer("a.example")),
    ],
)
def test_a_request(text: str, change: object) -> None:
    assert parse_change(text, TODAY) == change


@pytest.mark.parametrize(
    "text",
    ["", "allow", "allow *", "permit a.example", "allow a.example until 2030-02-31", "allow a b"],
)
def test_a_request_that_is_none(text: str) -> None:
    with pytest.raises(UsageError):
        parse_change(text, TODAY)


def office(chat: Chat, tmp_path: Path, pages: FakePolicyPages | None = None) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(TEXT)
    chat.services.levels[ALICE] = Level.ADMIN
    chat.services.policy = PolicyOffice(
        pages or FakePolicyPages(SHOWN, file=path), "wonder.example", path, SystemClock()
    )
    return path


def test_every_reason_has_its_words() -> None:
    assert set(SENTENCES) == {reason.value for reason in Reason}


async def test_why(chat: Chat, tmp_path: Path) -> None:
    pages = FakePolicyPages(SHOWN, [])
    office(chat, tmp_path, pages)
    await chat.write("why")
    assert chat.bot.last == "Nothing was refused to you since yesterday."
    known = {"time": 0, "reason": "not_listed", "rule": "default deny", "subject": "far.example"}
    pages.refusals = [known, {**known, "reason": "something new", "subject": None}]
    await chat.write("why")
    assert chat.bot.last == (
        "This was refused to you, the newest first:\n"
        "- 1970-01-01 00:00 UTC: this homeserver only talks to servers on its allowlist, and"
        " far.example is not on it (rule: default deny).\n"
        "- 1970-01-01 00:00 UTC: the policy refused — (rule: default deny)."
    )


async def test_a_homeserver_without_our_policy(chat: Chat) -> None:
    await chat.write("why")
    assert chat.bot.last == "This homeserver has no policy of ours."


async def test_the_policy_is_shown(chat: Chat, tmp_path: Path) -> None:
    office(chat, tmp_path)
    await chat.write("policy")
    lines = chat.bot.last.splitlines()
    assert lines[1] == "- allowed: near.example, until —"
    assert lines[21:] == [
        "- … and 1 more",
        "- excluded: old.example, until 2030-02-01T23:59:59+00:00",
    ]


async def test_a_change_is_shown_then_made(chat: Chat, tmp_path: Path) -> None:
    path = office(chat, tmp_path)
    path.chmod(0o640)
    await chat.write("policy allow far.example because the schools asked")
    assert path.read_text() == TEXT
    assert "- gained: servers: far.example (both directions, without an end)" in chat.bot.last
    await chat.write("1")
    assert chat.bot.last == "Done: the new policy is in force."
    assert "# friends" in path.read_text()
    assert '- {server: "far.example", note: "the schools asked"}' in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o640


async def test_nothing_changes_without_consent(chat: Chat, tmp_path: Path) -> None:
    path = office(chat, tmp_path)
    await chat.write("policy remove near.example")
    await chat.write("2")
    assert chat.bot.last == "Everything stays as it is."
    await chat.write("policy remove near.example")
    path.write_text(TEXT + "rooms: {}\n")
    await chat.write("1")
    assert chat.bot.last.startswith("Somebody has changed the policy file meanwhile")
    assert "near.example" in path.read_text()


async def test_what_cannot_be_changed(chat: Chat, tmp_path: Path) -> None:
    path = office(chat, tmp_path)
    await chat.write("policy remove far.example")
    assert chat.bot.last == "The policy file cannot be changed: far.example is on neither list"
    await chat.write("policy allow near.example")
    assert chat.bot.last == "The policy says that already."
    path.write_text("federation: [")
    await chat.write("policy allow far.example")
    assert chat.bot.last.startswith("The policy file cannot be changed: ")
    path.unlink()
    await chat.write("policy allow far.example")
    assert "No such file" in chat.bot.last


async def test_only_administrators_of_this_homeserver(chat: Chat, tmp_path: Path) -> None:
    path = office(chat, tmp_path)
    chat.services.levels[ALICE] = Level.USER
    await chat.write("policy allow far.example")
    assert "Only administrators" in chat.bot.last
    chat.services.levels[ALICE] = Level.ADMIN
    chat.services.policy = PolicyOffice(
        FakePolicyPages(SHOWN), "other.example", path, SystemClock()
    )
    await chat.write("policy allow far.example")
    assert chat.bot.last == "Only administrators of this homeserver can change its policy."
    assert not chat.services.policy.is_local(UserID("@eve:other.example.evil"))
