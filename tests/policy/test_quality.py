# SPDX-License-Identifier: AGPL-3.0-or-later
"""The policy module's quality.yaml names every way of the map; its form is that of the networks' files."""

from typing import Any

from ruamel.yaml import YAML

from tests.support.outcomes import ROOT

WAYS = range(1, 26)


def rules() -> list[dict[str, Any]]:
    path = ROOT / "policy_module/quality.yaml"
    found: list[dict[str, Any]] = YAML(typ="safe").load(path)["rules"]
    return found


def test_every_way_in_and_out_is_there_once() -> None:
    assert [rule["row"] for rule in rules() if "row" in rule] == list(WAYS)


def test_each_says_how_it_is_held() -> None:
    for rule in rules():
        assert rule["how"] in {"enforced", "audited at start", "outside", "measured"}, rule


def test_what_the_homeserver_cannot_hold_is_never_called_done() -> None:
    outside = [rule["state"] for rule in rules() if rule["how"] == "outside"]
    assert "done" not in outside


def test_the_map_for_people_says_the_same() -> None:
    lines = (ROOT / "docs/policy.md").read_text("utf-8").splitlines()
    told = {
        int(cells[1]): cells[3]
        for line in lines
        if len(cells := line.split("|")) > 4 and cells[1].strip().isdecimal()
    }
    words = {"enforced": ("enforced", "recorded"), "audited at start": ("audited",)}
    for rule in rules():
        if row := rule.get("row"):
            expected = words.get(rule["how"], (rule["how"],))
            assert any(word in told[row] for word in expected), (row, told[row])
