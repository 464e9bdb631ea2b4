# SPDX-License-Identifier: AGPL-3.0-or-later
"""The figures, how they are drawn from what was measured, and the file they are written to."""

import json
import math
import os
import platform
import statistics
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Any

import attrs
from attrs import frozen

from tests.bench.options import Options

GOALS = {"relay_ratio": 0.9, "bridge_cpu_s_per_1000": 2.0}
"""At least this share of the plain sender's rate; at most so many CPU seconds."""


@frozen
class Round:
    """One phase of each kind, right after one another."""

    relay_per_s: float
    ceiling_per_s: float
    bridge_cpu_s_per_1000: float

    @property
    def relay_ratio(self) -> float:
        """What the bridge reaches of what the homeserver takes."""
        return self.relay_per_s / self.ceiling_per_s


@frozen
class Latency:
    """Milliseconds."""

    p50: float
    p99: float


@frozen
class Memory:
    """Resident memory of the bridge in MiB, with one login and with several."""

    one: float
    several: float
    logins: int

    @property
    def per_login(self) -> float:
        """What each further login adds."""
        return (self.several - self.one) / (self.logins - 1)


@frozen
class Figures:
    """All that was measured in one run."""

    rounds: Sequence[Round]
    to_matrix: Latency
    to_telegram: Latency
    memory: Memory

    def as_dict(self) -> dict[str, Any]:
        """The figures by name: medians of the rounds, rounded to what they are worth."""

        def median(name: str) -> float:
            values: list[float] = [getattr(one, name) for one in self.rounds]
            return statistics.median(values)

        return {
            "relay_per_s": round(median("relay_per_s"), 1),
            "ceiling_per_s": round(median("ceiling_per_s"), 1),
            "relay_ratio": round(median("relay_ratio"), 3),
            "bridge_cpu_s_per_1000": round(median("bridge_cpu_s_per_1000"), 2),
            "latency_ms": {
                "telegram_to_matrix": _rounded(self.to_matrix),
                "matrix_to_telegram": _rounded(self.to_telegram),
            },
            "rss_mb_base": round(self.memory.one, 1),
            "rss_mb_per_login": round(self.memory.per_login, 3),
        }


def latency(seconds: Sequence[float]) -> Latency:
    """Percentiles of times in seconds."""
    return Latency(1000 * percentile(seconds, 50), 1000 * percentile(seconds, 99))


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def written(figures: Figures, options: Options, moment: datetime) -> dict[str, Any]:
    """Write the figures, and how they came about, to `options.output`; returns the content."""
    content = figures.as_dict() | {
        "goals": GOALS,
        "rounds": [attrs.asdict(one) | {"relay_ratio": one.relay_ratio} for one in figures.rounds],
        "sizes": attrs.asdict(options.sizes),
        "database": "sqlite" if options.sqlite else "postgresql",
        "machine": machine(),
        "date": moment.isoformat(timespec="seconds"),
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    return content


def machine() -> dict[str, Any]:
    """What it was measured on; `load` is the load average of the last minute."""
    return {
        "processors": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "synapse": version("matrix-synapse"),
        "load": round(os.getloadavg()[0], 2),
    }


def _rounded(measured: Latency) -> dict[str, float]:
    return {name: round(value, 1) for name, value in attrs.asdict(measured).items()}


def shown(content: dict[str, Any]) -> str:
    """The figures as lines for people."""
    ways, cpu = content["latency_ms"], content["bridge_cpu_s_per_1000"]
    lines = [
        f"relay_per_s            {content['relay_per_s']}",
        f"ceiling_per_s          {content['ceiling_per_s']}",
        f"relay_ratio            {content['relay_ratio']}  (goal: at least {GOALS['relay_ratio']})",
        f"bridge_cpu_s_per_1000  {cpu}  (goal: at most {GOALS['bridge_cpu_s_per_1000']})",
        *(
            f"latency_ms             {way.replace('_', ' ')}: p50 {ms['p50']}, p99 {ms['p99']}"
            for way, ms in ways.items()
        ),
        f"rss_mb_base            {content['rss_mb_base']}",
        f"rss_mb_per_login       {content['rss_mb_per_login']}",
    ]
    return "\n".join(lines)
