# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every run of the tests has in common: how it is shared out, and what it has to have shown.

With several processes (``pytest -n``) the tests that play on one stage stay in one process. A run of the
whole suite fails when a test did not pass that a ``quality.yaml`` names as the proof of a claim.
"""

import os
import re
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[2]
QUALITY = [*sorted(ROOT.glob("bridges/*/quality.yaml")), ROOT / "policy_module/quality.yaml"]
"""What is claimed, and which tests show it."""

PASSED = pytest.StashKey[set[str]]()
"""The tests that have passed or are excused, without parameters: one on any database counts."""

_SAID = 4000
"""Characters shown of what a first try has printed: the end says most."""

_SCENERY = re.compile(r"\[(\w+-(?:sqlite|postgres))\b")
"""Of ``[telegram-sqlite-500-INTERNAL]`` the stage's part."""

UNPROVEN = pytest.StashKey[Mapping[str, set[str]]]()
"""Claims and the tests missing for them, once all tests have run."""


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count; the reports of all processes come together here."""
    passed: set[str] = set()
    config.stash[PASSED] = passed
    config.pluginmanager.register(_Counter(passed))


class _Counter:
    def __init__(self, passed: set[str]) -> None:
        self._passed = passed

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # What this machine has no programs for is skipped; CI has them all, and skips nothing.
        excused = report.skipped and not os.environ.get("CI")
        if (report.when == "call" and report.passed) or excused:
            self._passed.add(_bare(report.nodeid))


class ByStage(LoadScopeScheduling):  # type: ignore[misc] # is not typed
    """Keeps together what shares a stage, and otherwise the tests of a file."""

    def _split_scope(self, nodeid: str) -> str:
        return stage_of(nodeid)


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByStage:
    """Share the tests out; pytest-xdist 3.8 cannot mark groups under pytest 9.2."""
    return ByStage(config, log)


def stage_of(test: str) -> str:
    """Give what a test has to share a process for, by its full name."""
    path = test.partition("::")[0]
    scenery = _SCENERY.search(test) if path.startswith("tests/conformance/") else None
    return path if scenery is None else scenery[1]


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Compare what was claimed with what was shown."""
    result = yield
    config = session.config
    if not hasattr(config, "workerinput") and _is_whole_suite(config):
        config.stash[UNPROVEN] = unproven = _unproven(config.stash[PASSED], QUALITY)
        session.testsfailed += len(unproven)
    return result


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which claims nothing has shown, and why tests had to be tried again."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.write_sep("_", f"first try of {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)
        for name, content in report.sections:
            terminalreporter.write_line(f"{name}:\n{content[-_SAID:]}")
    for claim, tests in terminalreporter.config.stash.get(UNPROVEN, {}).items():
        terminalreporter.write_line(f"NOT SHOWN: {claim}: {', '.join(sorted(tests))}", red=True)


def _bare(name: str) -> str:
    """A test's file, class and function, without parameters and what xdist adds."""
    return name.partition("@")[0].partition("[")[0]


def _is_whole_suite(config: pytest.Config) -> bool:
    """Whether nothing was left out by naming files, keywords or markers."""
    option = config.option
    chosen = option.keyword or option.markexpr or option.lf or option.collectonly
    return not chosen and config.args_source is not pytest.Config.ArgsSource.ARGS


def _unproven(passed: set[str], files: Iterable[Path]) -> Mapping[str, set[str]]:
    missing = {}
    for path in files:
        for rule in YAML(typ="safe").load(path)["rules"]:
            tests = set(rule.get("tests", ())) - passed
            if tests:
                missing[f"{path.parent.name}: {rule['rule']}"] = tests
    return missing
