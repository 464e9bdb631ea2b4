# SPDX-License-Identifier: AGPL-3.0-or-later
"""How much is measured, and on what: the command line of the bench."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import attrs
from attrs import evolve, frozen


@frozen
class Sizes:
    """How much is measured.

    Attributes:
        messages: of one phase, over all chats; rounded to the same number in each.
        chats: direct chats that are written to at the same time.
        logins: of the bridge whose memory is compared with that of one login, and which then rests.
        rest_seconds: for so long.
        megabytes: size of the file that is sent each way.
        past: messages of each history that is brought in.
        inserted: messages of the history that the homeserver puts into a room without a bridge.
        rounds: each is a phase of the plain sender and one of the bridge.
        probes: single messages whose way is timed, in each direction.
    """

    messages: int = 1000
    chats: int = 16
    logins: int = 1000
    rest_seconds: int = 60
    megabytes: int = 500
    past: int = 400
    inserted: int = 20_000
    rounds: int = 3
    probes: int = 100

    @property
    def per_chat(self) -> int:
        """Messages of one phase in one chat."""
        return max(1, self.messages // self.chats)

    @property
    def total(self) -> int:
        """Messages of one phase."""
        return self.per_chat * self.chats


QUICK = Sizes(
    messages=24,
    chats=3,
    logins=5,
    rest_seconds=1,
    megabytes=96,
    past=10,
    inserted=600,
    rounds=1,
    probes=4,
)


@frozen
class Options:
    """One run of the bench."""

    sizes: Sizes = Sizes()
    sqlite: bool = False
    profile: bool = False
    output: Path = Path("build/bench.json")

    @property
    def profile_output(self) -> Path:
        """Where the profile is written."""
        return self.output.with_name(f"{self.output.stem}-profile.txt")


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line. Ends the program with a usage line if it is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measure the bridge between the sandbox's Telegram and a real Synapse.",
    )
    default = Sizes()
    for name, meaning in (
        ("messages", "messages per phase"),
        ("chats", "chats written to at the same time"),
        ("logins", "logins whose memory is measured"),
        ("rest-seconds", "seconds for which they are watched"),
        ("megabytes", "size of the file that is sent each way"),
        ("past", "messages of each history that is brought in"),
        ("inserted", "messages of the history put into a room without a bridge"),
        ("rounds", "phases of each kind"),
        ("probes", "messages timed in each direction"),
    ):
        parser.add_argument(
            f"--{name}",
            type=_positive,
            help=f"{meaning} (default: {getattr(default, name.replace('-', '_'))})",
        )
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: shows that it works, measures nothing"
    )
    parser.add_argument(
        "--sqlite", action="store_true", help="homeserver and bridge on SQLite, not PostgreSQL"
    )
    parser.add_argument(
        "--profile",
        action="store_true",
        help="no figures, but where the bridge spends its time while it carries messages",
    )
    parser.add_argument(
        "--output", type=Path, default=Options().output, help="default: %(default)s"
    )
    given = parser.parse_args(arguments)
    chosen = {
        name: getattr(given, name)
        for name in attrs.fields_dict(Sizes)
        if getattr(given, name) is not None
    }
    sizes = evolve(QUICK if given.quick else default, **chosen)
    if sizes.logins < 2:
        parser.error("--logins must be 2 or more: their memory is compared with that of one")
    return Options(sizes, given.sqlite, given.profile, given.output)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError("must be a number above 0")
    return int(text)
