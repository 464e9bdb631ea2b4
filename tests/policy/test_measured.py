# SPDX-License-Identifier: AGPL-3.0-or-later
"""What takes too long for every run of the tests was run, and the figures stand in the documentation.

How good they are depends on the machine, so they are measured by hand (``make bench``, ``make
synapse-suite``) and written down. Here it is checked that none is missing, that they are those of the
Synapse in use, and that quality.yaml claims no more than they say.
"""

import operator
import re
from collections.abc import Iterator
from importlib.metadata import version

from attrs import frozen

from tests.bench.border.run import GOALS
from tests.policy.synapse_suite import EXPLAINED, SUITE
from tests.policy.test_quality import rules
from tests.support.outcomes import ROOT

_GOALS = {"<": operator.lt, "≥": operator.ge}
_FIGURE = re.compile(r"([\d.]+)(?: ± ([\d.]+))?")


@frozen
class Figure:
    """A value with its standard error, and what it should be."""

    value: float
    error: float
    relation: str
    goal: float

    @property
    def meets(self) -> bool:
        """Whether it is as good as it should be."""
        return bool(_GOALS[self.relation](self.value, self.goal))

    @property
    def certain(self) -> bool:
        """Whether it would be if it were off by its error."""
        worse = self.error if self.relation == "<" else -self.error
        return bool(_GOALS[self.relation](self.value + worse, self.goal))


def table(file: str, heading: str) -> Iterator[list[str]]:
    """Give the rows of three cells in a section of the documentation."""
    section = (ROOT / file).read_text("utf-8").partition(f"\n## {heading}\n")[2]
    for line in section.partition("\n## ")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3:
            yield cells


def figures(name: str) -> list[Figure]:
    found = []
    for told, values, goal in table("docs/PERFORMANCE.md", "The policy module"):
        if told.startswith(f"`{name}`"):
            relation, number = goal.split()
            for value in re.sub(r"\(.*\)", "", values).split(" / "):
                match = _FIGURE.fullmatch(value.strip())
                assert match, value
                given, error = float(match[1]), float(match[2] or 0)
                found.append(Figure(given, error, relation, float(number)))
    return found


def test_goals_of_the_bench_are_claimed_as_far_as_they_are_met() -> None:
    claimed = {rule["figure"]: rule["state"] for rule in rules() if "figure" in rule}
    assert claimed.keys() == GOALS.keys()
    for name, state in claimed.items():
        measured = figures(name)
        assert measured, f"docs/PERFORMANCE.md has no {name}"
        assert {figure.goal for figure in measured} == {GOALS[name]}, name
        assert (state == "done") == all(figure.certain for figure in measured), name
        assert (state != "no") == all(figure.meets for figure in measured), name


def test_synapses_own_tests_were_the_same_with_this_synapse() -> None:
    came_of = {
        part.strip("`"): (counts(without), counts(with_module))
        for part, without, with_module in table("docs/policy.md", "Synapse's own tests")
        if part.startswith("`")
    }
    assert came_of.keys() == set(SUITE)
    for part, (without, with_module) in came_of.items():
        explained = sum(name.startswith(f"{part}.") for name in EXPLAINED)
        assert with_module.pop("explained", 0) == explained
        with_module["successes"] += explained
        assert without == with_module, part
        assert without.keys() <= {"successes", "skips"}, part
    release = ".".join(version("matrix-synapse").split(".")[:2])
    assert f"Synapse {release}." in (ROOT / "docs/policy.md").read_text("utf-8"), (
        "run `make synapse-suite` with this Synapse, and write down what came of it"
    )


def counts(cell: str) -> dict[str, int]:
    """Read ``178 successes, 4 skips``."""
    pairs = (each.split() for each in cell.split(", "))
    return {what: int(number) for number, what in pairs}


def test_there_are_commands_for_them() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    packages = {"bench": "tests.bench.border", "synapse-suite": "tests.policy.synapse_suite"}
    for target, package in packages.items():
        recipe = makefile.partition(f"\n{target}: ")[2].partition("\n\n")[0]
        assert f"-m {package}\n" in f"{recipe}\n"
