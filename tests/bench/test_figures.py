# SPDX-License-Identifier: AGPL-3.0-or-later
"""How figures are drawn from what was measured."""

import pytest

from tests.bench.chats import Chat
from tests.bench.figures import (
    BRIDGE,
    Figures,
    Histories,
    LargeFile,
    Latency,
    Phase,
    Resting,
    Round,
    SilentHistory,
    percentile,
)
from tests.bench.options import QUICK, Options, Sizes, parse
from tests.bench.telegram_side import Account
from tests.bench.throughput import Expected

ROOM = "!room:home.test"


def a_round(relay_seconds: float, ceiling_seconds: float, cpu: float) -> Round:
    return Round(
        Phase(1000, relay_seconds, {BRIDGE: cpu}), Phase(1000, ceiling_seconds, {BRIDGE: 0.1})
    )


def test_medians_of_the_rounds_and_of_their_ratios() -> None:
    rounds = [a_round(20, 10, 1.5), a_round(25, 20, 9.0), a_round(40, 40, 2.5)]
    files = (LargeFile(500, 10, 12), LargeFile(500, 20, 49.96))
    resting = Resting(100, 199, 12.34, 0.01234)
    histories = Histories(Phase(300, 20, {}), Phase(300, 15, {}))
    used = {"homeserver": 1.0, "homeserver's database": 0.5, "bench itself": 9.0}
    silent = SilentHistory(Phase(1000, 1.25, used), Phase(50, 2, {}))
    figures = Figures(
        rounds, Latency(1, 2), Latency(3, 4), *files, 100, resting, histories, silent
    ).as_dict()
    assert (figures["insertion_per_s"], figures["insertion_ratio"]) == (800, 32)
    assert figures["insertion_cpu_s_per_1000"] == 1.5
    assert (figures["backfill_per_s"], figures["backfill_ratio"]) == (15, 0.75)
    assert figures["relay_per_s"] == 40
    assert figures["ceiling_per_s"] == 50
    assert figures["relay_ratio"] == 0.8
    assert figures["bridge_cpu_s_per_1000"] == 2.5
    assert figures["large_file"] == {
        "megabytes": 500,
        "telegram_to_matrix": {"mb_per_s": 50, "rss_growth_mb": 12},
        "matrix_to_telegram": {"mb_per_s": 25, "rss_growth_mb": 50.0},
    }
    assert figures["resting"] == {
        "logins": 100,
        "rss_mb_per_login": 1,
        "connected_s": 12.3,
        "cpu_share": 0.0123,
    }


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (99, 99), (100, 100), (0, 1)])
def test_percentiles_are_values_that_were_measured(percent: float, expected: float) -> None:
    assert percentile(range(100, 0, -1), percent) == expected


def test_a_single_value_is_every_percentile() -> None:
    assert percentile([7.0], 50) == percentile([7.0], 99) == 7.0


@pytest.mark.parametrize(
    ("found", "complaint"),
    [
        (["hello", "a", "b", "c"], None),
        (["a", "c"], "1 messages are missing, such as 'b'"),
        (["a", "b", "b", "c"], "1 messages are there more than once"),
        (["b", "a", "c"], "the messages are not in order"),
    ],
)
def test_what_arrived_is_checked(found: list[str], complaint: str | None) -> None:
    someone = Account(1, "+999550000001", "someone")
    chat = Chat(someone, someone, ROOM, "@telegram_1:home.test")
    expected = Expected()
    for body in "abc":
        expected.add(chat, body)
    complaints = [] if complaint is None else [f"{ROOM}: {complaint}"]
    assert list(expected.faults(ROOM, found)) == complaints


def test_sizes_come_from_the_command_line() -> None:
    assert parse([]) == Options()
    assert parse(["--quick", "--sqlite"]) == Options(QUICK, sqlite=True)
    assert parse(["--messages", "50", "--chats", "7"]).sizes == Sizes(messages=50, chats=7)
    assert parse(["--rest-seconds", "5"]).sizes == Sizes(rest_seconds=5)
    assert Sizes(messages=50, chats=7).total == 49


@pytest.mark.parametrize("arguments", [["--messages", "0"], ["--chats", "x"], ["--logins", "1"]])
def test_wrong_sizes_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(arguments)
    assert arguments[0] in capsys.readouterr().err
