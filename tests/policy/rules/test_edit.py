# SPDX-License-Identifier: AGPL-3.0-or-later
"""Changing one entry of a policy file leaves everything else as it was written."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_module.rules.edit import AddServer, Change, EditError, Listing, RemoveServer, edit
from policy_module.rules.load import load

EXAMPLE = (Path(__file__).parents[3] / "config" / "policy.example.yaml").read_text()

WRITTEN = """\
# the head
version: 1  # one
federation:  # who we talk to
  # before allow
  allow:  # these
    # the first
    - near.example  # a friend
    - server: "*.edu.example"  # universities
      # in the middle
      until: 2027-06-30  # end of the year
      note: "not # a comment"
    # before flow
    - {server: flow.example, note: a}  # flow
  # between
  allow_files: []
  deny: [old.example, {server: older.example}]  # never
# the foot
rooms:
  default: domestic
"""


def comments(text: str) -> list[str]:
    bare = re.sub(r'"[^"\n]*"', "", text)
    return sorted(match.strip() for match in re.findall(r"(?:^|\s)(#[^\n]*)", bare))


def allowed(text: str) -> list[str]:
    policy = load(text, "home.example", lambda name: "")
    return sorted(entry.rule for entry in policy.allowed)


def test_an_entry_is_added_with_all_it_says() -> None:
    change = AddServer(Listing.ALLOW, "new.example", date(2027, 1, 31), 'because "we" met')
    after = edit(WRITTEN, change)
    added = set(after.splitlines()) - set(WRITTEN.splitlines())
    assert added == {
        '    - {server: "new.example", until: 2027-01-31, note: "because \\"we\\" met"}'
    }
    assert set(WRITTEN.splitlines()) <= set(after.splitlines())


def test_the_example_can_be_edited() -> None:
    after = edit(EXAMPLE, AddServer(Listing.ALLOW, "new.example"))
    assert comments(after) == comments(EXAMPLE)
    lines = after.splitlines()
    assert lines[lines.index("  allow:") + 1] == '    - {server: "new.example"}'
    assert edit(after, RemoveServer("new.example")).count("allow: []") == 1


@pytest.mark.parametrize(
    "server", ["near.example", "*.edu.example", "flow.example", "old.example", "older.example"]
)
def test_an_entry_is_removed_and_its_comments_stay(server: str) -> None:
    after = edit(WRITTEN, RemoveServer(server))
    assert server not in re.sub(r"#.*", "", after)
    assert comments(after) == comments(WRITTEN)


def test_what_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(EditError, match="neither list"):
        edit(WRITTEN, RemoveServer("new.example"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing yet",
        "federation:\n",
        "federation: {}\n",
        "federation: {deny: [a.example]}  # short\n",
        "federation:\n  allow:\n",
        "federation:\n  allow: []  # nobody\n",
        "federation:\n  allow: [\n    a.example,  # a\n    b.example,\n  ]\n",
        "federation:\n  deny: [a.example]\nrooms: {default: domestic}\n",
        "federation:\n  allow:\n  - a.example\n",
    ],
)
def test_however_it_is_written(text: str) -> None:
    before = [] if text.endswith(":\n") else allowed(text)
    after = edit(text, AddServer(Listing.ALLOW, "new.example", date(2027, 1, 1)))
    assert allowed(after) == sorted([*before, "new.example"])
    assert comments(after) == comments(text)
    assert allowed(edit(after, RemoveServer("new.example"))) == before


@pytest.mark.parametrize("text", ["federation: [", "- a", "federation: 7\n"])
def test_what_is_no_policy_is_left_alone(text: str) -> None:
    with pytest.raises(EditError):
        edit(text, AddServer(Listing.ALLOW, "new.example"))


names = st.sampled_from(
    ["near.example", "*.edu.example", "flow.example", "old.example", "x.example"]
)
adding = st.builds(
    AddServer,
    to=st.sampled_from(Listing),
    server=names,
    until=st.none() | st.dates(date(2026, 1, 1), date(2040, 1, 1)),
    note=st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=20),
)
changes: st.SearchStrategy[Change] = adding | st.builds(RemoveServer, server=names)


@settings(max_examples=40)
@given(
    text=st.sampled_from([WRITTEN, "federation: {allow: [x.example]}  # short\n"]),
    wanted=st.lists(changes, max_size=4),
)
def test_any_changes_keep_the_comments_and_do_what_was_meant(
    text: str, wanted: list[Change]
) -> None:
    before = set(comments(text))
    for change in wanted:
        try:
            text = edit(text, change)
        except EditError as error:
            assert "neither list" in str(error)  # noqa: PT017 - the only error there may be
            continue
        if isinstance(change, AddServer) and change.to is Listing.ALLOW:
            assert change.server in allowed(text)
    assert before <= set(comments(text))
