# SPDX-License-Identifier: AGPL-3.0-or-later
"""The figures, how they are drawn from what was measured, and the file they are written to."""

import json
import math
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen

from tests.bench.options import Options

GOALS = {"relay_ratio": 0.9, "bridge_cpu_s_per_1000": 2.0, "rss_growth_mb": 50.0}
"""At least this share of the plain sender's rate; at most so many CPU seconds; at most so many MiB
more while a file is carried."""

MEGABYTE = 1 << 20

BRIDGE = "bridge"
"""The bridge's own process among those that use CPU time."""

WORKER = "bridge's worker"
"""The process of WhatsApp's library."""


@frozen
class Phase:
    """A number of messages, the seconds they took, and the CPU seconds by who used them."""

    messages: int
    seconds: float
    cpu: Mapping[str, float]

    @property
    def per_s(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds

    @property
    def cpu_per_1000(self) -> dict[str, float]:
        """CPU seconds per 1,000 messages, most first."""
        ordered = sorted(self.cpu.items(), key=lambda item: -item[1])
        return {part: round(1000 * used / self.messages, 2) for part, used in ordered}

    def as_dict(self) -> dict[str, Any]:
        """For the file."""
        return {"per_s": round(self.per_s, 1), "cpu_s_per_1000": self.cpu_per_1000}


@frozen
class Round:
    """One phase of each kind, right after one another."""

    relay: Phase
    ceiling: Phase

    @property
    def relay_ratio(self) -> float:
        """What the bridge reaches of what the homeserver takes."""
        return self.relay.per_s / self.ceiling.per_s

    @property
    def bridge_cpu_s_per_1000(self) -> float:
        """CPU seconds of the bridge per 1,000 messages it carries."""
        return 1000 * self.relay.cpu[BRIDGE] / self.relay.messages

    def as_dict(self) -> dict[str, Any]:
        """For the file."""
        return {
            "relay_ratio": round(self.relay_ratio, 3),
            "relay": self.relay.as_dict(),
            "ceiling": self.ceiling.as_dict(),
        }


@frozen
class Histories:
    """What was said before, brought in by the bridge and by a plain sender with `?ts=`."""

    bridge: Phase
    plain: Phase

    def as_dict(self) -> dict[str, Any]:
        """For the file."""
        return {
            "backfill_per_s": round(self.bridge.per_s, 1),
            "backfill_ratio": round(self.bridge.per_s / self.plain.per_s, 3),
        }


@frozen
class SilentHistory:
    """A history put behind what is in a room by the homeserver, and the same sent with `?ts=`."""

    silent: Phase
    plain: Phase

    def as_dict(self) -> dict[str, Any]:
        """For the file; the CPU seconds are the homeserver's and its database's."""
        used = sum(seconds for part, seconds in self.silent.cpu.items() if "homeserver" in part)
        return {
            "insertion_per_s": round(self.silent.per_s, 1),
            "insertion_ratio": round(self.silent.per_s / self.plain.per_s, 1),
            "insertion_cpu_s_per_1000": round(1000 * used / self.silent.messages, 2),
        }


@frozen
class Latency:
    """Milliseconds."""

    p50: float
    p99: float


@frozen
class LargeFile:
    """A file on its way: MiB, the seconds it took, and the MiB the bridge grew by meanwhile."""

    megabytes: int
    seconds: float
    grown: float

    def as_dict(self) -> dict[str, float]:
        """For the file."""
        rate = round(self.megabytes / self.seconds, 1)
        return {"mb_per_s": rate, "rss_growth_mb": round(self.grown, 1)}


@frozen
class Resting:
    """Logins to whom nothing happens.

    Attributes:
        resident: memory of the bridge in MiB.
        connected_s: seconds from the start of the bridge until the last was connected.
        cpu: share of one processor.
    """

    logins: int
    resident: float
    connected_s: float
    cpu: float

    def as_dict(self, one: float) -> dict[str, float]:
        """For the file; `one` is the memory with one login."""
        return {
            "logins": self.logins,
            "rss_mb_per_login": round((self.resident - one) / (self.logins - 1), 3),
            "connected_s": round(self.connected_s, 1),
            "cpu_share": round(self.cpu, 4),
        }


@frozen
class Figures:
    """All that was measured in one run."""

    rounds: Sequence[Round]
    to_matrix: Latency
    to_telegram: Latency
    file_to_matrix: LargeFile
    file_to_telegram: LargeFile
    resident: float
    """Memory of a bridge with one login, in MiB."""
    resting: Resting
    histories: Histories
    silent: SilentHistory

    def as_dict(self) -> dict[str, Any]:
        """The figures by name: medians of the rounds, rounded to what they are worth."""

        rounds, median = self.rounds, statistics.median
        return {
            "relay_per_s": round(median(one.relay.per_s for one in rounds), 1),
            "ceiling_per_s": round(median(one.ceiling.per_s for one in rounds), 1),
            "relay_ratio": round(median(one.relay_ratio for one in rounds), 3),
            "bridge_cpu_s_per_1000": round(median(one.bridge_cpu_s_per_1000 for one in rounds), 2),
            "latency_ms": {
                "telegram_to_matrix": _rounded(self.to_matrix),
                "matrix_to_telegram": _rounded(self.to_telegram),
            },
            "large_file": {
                "megabytes": self.file_to_matrix.megabytes,
                "telegram_to_matrix": self.file_to_matrix.as_dict(),
                "matrix_to_telegram": self.file_to_telegram.as_dict(),
            },
            **self.histories.as_dict(),
            **self.silent.as_dict(),
            "rss_mb_base": round(self.resident, 1),
            "resting": self.resting.as_dict(self.resident),
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
        "rounds": [one.as_dict() for one in figures.rounds],
        "histories": {
            "bridge": figures.histories.bridge.as_dict(),
            "plain": figures.histories.plain.as_dict(),
            "silent": figures.silent.silent.as_dict(),
            "timestamped": figures.silent.plain.as_dict(),
        },
        "sizes": attrs.asdict(options.sizes),
        "database": "sqlite" if options.sqlite else "postgresql",
        "machine": machine(),
        "date": moment.isoformat(timespec="seconds"),
    }
    write_figures(options.output, content)
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
    file, rest = content["large_file"], content["resting"]
    resting = f"{rest['logins']} logins: {rest['rss_mb_per_login']} MiB each, "
    resting += f"{rest['cpu_share']:.2%} of a processor, connected in {rest['connected_s']} s"
    lines = [
        f"relay_per_s            {content['relay_per_s']}",
        f"ceiling_per_s          {content['ceiling_per_s']}",
        f"relay_ratio            {content['relay_ratio']}  (goal: at least {GOALS['relay_ratio']})",
        f"bridge_cpu_s_per_1000  {cpu}  (goal: at most {GOALS['bridge_cpu_s_per_1000']})",
        *(
            f"latency_ms             {way.replace('_', ' ')}: p50 {ms['p50']}, p99 {ms['p99']}"
            for way, ms in ways.items()
        ),
        *(
            f"large_file             {file['megabytes']} MiB {way.replace('_', ' ')}:"
            f" {file[way]['mb_per_s']} MiB/s, {file[way]['rss_growth_mb']} MiB more"
            f"  (goal: at most {GOALS['rss_growth_mb']})"
            for way in ways
        ),
        f"backfill_per_s         {content['backfill_per_s']}",
        f"backfill_ratio         {content['backfill_ratio']}  (to plain sends with ?ts=)",
        f"insertion_per_s        {content['insertion_per_s']}",
        f"insertion_ratio        {content['insertion_ratio']}  (to plain sends with ?ts=)",
        f"insertion_cpu_s_per_1000 {content['insertion_cpu_s_per_1000']}",
        f"rss_mb_base            {content['rss_mb_base']}",
        f"resting                {resting}",
    ]
    return "\n".join(lines)


def write_figures(output: Path, content: Mapping[str, Any]) -> None:
    """Write what was measured as JSON, in a folder that is made if need be."""
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
