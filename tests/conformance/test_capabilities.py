# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a network claims to do is tested: to clients by room features, to readers by its quality.yaml.

The policy module's quality.yaml has the same form.
"""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.conformance.gaps import CANNOT, LACKS
from tests.conformance.stage import Conversation, Stage
from tests.support.outcomes import QUALITY, ROOT

DETAILS = {"id", "max_text_length", "edit_max_age", "reaction_count", "allowed_reactions"}
"""Features that only say more about others."""


def _tested_capabilities() -> set[str]:
    """The names in all `@pytest.mark.capability(...)` of this folder."""
    sources = (path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    return {name for text in sources for name in re.findall(r'mark\.capability\("(\w+)"\)', text)}


@pytest.mark.synapse
async def test_declared_features_have_tests(stage: Stage, direct: Conversation) -> None:
    declared = set(direct.state("com.beeper.room_features", stage.bridge.bot)) - DETAILS
    assert declared
    assert declared <= _tested_capabilities()


@pytest.mark.parametrize("network", sorted({*LACKS, *CANNOT}))
def test_what_a_network_does_not_have_names_tests_that_are_there(network: str) -> None:
    here = Path(__file__).parent
    for name in [*LACKS.get(network, ()), *CANNOT.get(network, ())]:
        file, _, test = name.partition("[")[0].partition("::")
        there = _tests(here / file)
        assert not test or any(one == test or one.startswith(f"{test}::") for one in there), name


@pytest.mark.parametrize("path", QUALITY, ids=[path.parent.name for path in QUALITY])
class TestQualityFile:
    def test_each_rule_is_shown_or_explained(self, path: Path) -> None:
        for rule in _rules(path):
            assert rule["state"] in {"done", "partial", "no"}, rule
            if rule["state"] == "done":
                assert rule.get("tests"), f"no test shows: {rule['rule']}"
            else:
                assert rule.get("reason"), f"nothing says why: {rule['rule']}"

    def test_tests_named_are_there(self, path: Path) -> None:
        for rule in _rules(path):
            for name in rule.get("tests", ()):
                file, _, test = name.partition("::")
                assert test in _tests(ROOT / file), name

    def test_no_rule_is_there_twice(self, path: Path) -> None:
        names = [rule["rule"] for rule in _rules(path)]
        assert sorted(set(names)) == sorted(names)


def _rules(path: Path) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = YAML(typ="safe").load(path)["rules"]
    return rules


def _tests(path: Path) -> set[str]:
    """The tests of a file, those of a class with its name before theirs."""
    found = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        functions = (
            one for one in inside if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        )
        found |= {prefix + one.name for one in functions if one.name.startswith("test")}
    return found
