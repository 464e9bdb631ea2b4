# SPDX-License-Identifier: AGPL-3.0-or-later
"""The files a policy is made of, and a copy of the last ones that were good."""

import errno
import json
import os
from pathlib import Path

from attrs import field, frozen

from policy_module.files import write_atomically
from policy_module.rules.load import PolicyRefusedError, Problem, Signed, load, nothing_signed
from policy_module.rules.policy import Policy
from policy_module.territory.document import TerritorySection
from policy_module.territory.load import MakeTerritory, TerritoryLoader
from policy_module.territory.territory import Territory

Stat = tuple[int, int, int]
"""Inode, size and time of change of a file; zeros for one that is not there."""
Fingerprint = dict[str, Stat]
"""What tells the files apart from later ones; the policy's own name is ``""``."""


@frozen
class Reading:
    """What came of reading the files.

    ``texts`` are those read, by file name; ``seen`` was taken before each was read, so that what was
    written meanwhile is noticed at the next look.
    """

    seen: Fingerprint
    texts: dict[str, str]
    outcome: Policy | PolicyRefusedError


@frozen
class PolicyFiles:
    """Reads ``policy.yaml`` at ``path`` and what it names, relative to its folder."""

    path: Path
    own_server: str
    signed: Signed = nothing_signed
    _territories: TerritoryLoader = field(factory=TerritoryLoader, init=False, eq=False)

    def look(self, known: Fingerprint) -> Fingerprint:
        """Take the fingerprint of the same files as before, without reading them."""
        return {name: self._stat(name) for name in known}

    def read(self) -> Reading:
        """Make the policy, or find what is wrong with it."""
        seen: Fingerprint = {}
        texts: dict[str, str] = {}

        def read(name: str) -> str:
            seen[name] = self._stat(name)
            texts[name] = self._where(name).read_text(encoding="utf-8")
            return texts[name]

        def territory(name: str, section: TerritorySection) -> Territory:
            seen.update({str(file): self._stat(str(file)) for file in section.files})
            return self.territory(name, section)

        try:
            policy = load(read(""), self.own_server, read, territory, self.signed)
            return Reading(seen, texts, policy)
        except PolicyRefusedError as error:
            return Reading(seen, texts, error)
        except UnicodeDecodeError:
            problem = Problem("is not written in UTF-8")
        except OSError as error:
            problem = Problem(f"cannot be read: {error.strerror}")
        return Reading(seen, texts, PolicyRefusedError((problem,)))

    def territory(self, name: str, section: TerritorySection) -> Territory:
        """Make a territory from the files its section names.

        Raises:
            TerritoryError: if one cannot be used.
        """
        return self._territories.load(name, section, self.path.parent)

    def _where(self, name: str) -> Path:
        return self.path.parent / name if name else self.path

    def _stat(self, name: str) -> Stat:
        try:
            found = self._where(name).stat()
        except OSError:
            return 0, 0, 0
        return found.st_ino, found.st_size, found.st_mtime_ns


@frozen
class LastGood:
    """A copy of the last good files in one file, so that a restart does not need the others."""

    path: Path
    own_server: str

    @classmethod
    def in_folder(cls, folder: Path, own_server: str) -> "LastGood":
        """Give the copy in the folder of what the module has to remember."""
        return cls(folder / "last-good-policy.json", own_server)

    def keep(self, texts: dict[str, str], latest: float) -> None:
        """Keep what was loaded and the time it is, in seconds since 1970.

        Raises:
            OSError: if it cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path, json.dumps({"texts": texts, "latest": latest}).encode())

    def latest(self) -> float:
        """Give the latest time known, in seconds since 1970; 0 if nothing was kept."""
        return self._kept()[1]

    def recall(self, territory: MakeTerritory, signed: Signed) -> Policy | None:
        """Give the policy kept, ``None`` if there is none that can be read.

        The large files of territories are not kept: they are read again where they are.
        """
        texts, _ = self._kept()

        def read(name: str) -> str:
            try:
                return str(texts[name])
            except KeyError:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name) from None

        try:
            return load(read(""), self.own_server, read, territory, signed)
        except (PolicyRefusedError, OSError):
            return None

    def _kept(self) -> tuple[dict[str, str], float]:
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            return dict(kept["texts"]), float(kept["latest"])
        except (OSError, ValueError, KeyError, TypeError):
            return {}, 0.0
