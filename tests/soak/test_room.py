# SPDX-License-Identifier: AGPL-3.0-or-later
"""A room as a client shows it: changes applied by their authors only, deletions left out."""

from typing import Any

from tests.soak.book import Shown
from tests.soak.room import viewed


def event(number: int, sender: str, content: dict[str, Any]) -> dict[str, Any]:
    kind = "m.room.message" if "body" in content else "m.reaction"
    return {"event_id": f"${number}", "sender": sender, "type": kind, "content": content}


def test_a_room() -> None:
    def about(kind: str, number: int, **more: str) -> dict[str, Any]:
        return {"rel_type": kind, "event_id": f"${number}", **more}

    changed = {"body": "* 1", "m.new_content": {"body": "1"}}
    forged = {"body": "* not mine", "m.new_content": {"body": "not mine"}}
    answer = {"m.relates_to": {"m.in_reply_to": {"event_id": "$1"}}}
    view = viewed(
        [
            event(1, "@a", {"body": "one"}),
            event(2, "@b", {"body": "two", **answer}),
            event(3, "@a", {"body": "three"}),
            event(4, "@a", {}),
            event(5, "@a", {**changed, "m.relates_to": about("m.replace", 1)}),
            event(6, "@b", {**forged, "m.relates_to": about("m.replace", 3)}),
            event(7, "@b", {"m.relates_to": about("m.annotation", 1, key="👍")}),
            event(8, "@b", {"body": "file", "url": "mxc://home.example/x"}),
        ]
    )
    assert view.of("@a") == [
        Shown("$1", "1", reactions=frozenset({"👍"})),
        Shown("$3", "three"),
    ]
    assert view.of("@b") == [Shown("$2", "two", answers="1"), Shown("$8", "file")]
    assert view.files == {"file": "mxc://home.example/x"}
    assert view.speakers == {"@a", "@b"}
