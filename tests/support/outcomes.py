# SPDX-License-Identifier: AGPL-3.0-or-later
"""Remembers which tests have passed in this run, for the test that compares claims with them."""

from collections.abc import Generator

import pytest

PASSED = pytest.StashKey[set[str]]()
"""Ids of the tests that have passed so far, without their parameters."""


def bare(nodeid: str) -> str:
    """A test's id without its parameters: one pass on any database counts."""
    return nodeid.partition("[")[0]


def whole_suite(config: pytest.Config) -> bool:
    """Whether nothing was left out by naming files, keywords or markers."""
    chosen = config.option.keyword or config.option.markexpr or config.option.lf
    return not chosen and config.args_source is not pytest.Config.ArgsSource.ARGS


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests marked ``last`` run after all others."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note a test that has passed."""
    report = yield
    if report.when == "call" and report.passed:
        item.config.stash.setdefault(PASSED, set()).add(bare(item.nodeid))
    return report
