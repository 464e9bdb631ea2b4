# SPDX-License-Identifier: AGPL-3.0-or-later
"""From sections of the policy file to territories: the one place here that reads files.

What was read of a file is kept until the file changes, so that loading a policy again costs nothing
for the large files it names.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from attrs import define, field, frozen

from policy_module.territory.addresses import parse_network
from policy_module.territory.database import DatabaseError, read_database
from policy_module.territory.document import TerritorySection
from policy_module.territory.registry import RegistryError, RegistryFile, parse_registry
from policy_module.territory.territory import CountryRanges, Territory


class TerritoryError(ValueError):
    """A territory cannot be made; the message is one line: which file, and what to do."""


MakeTerritory = Callable[[str, TerritorySection], Territory]
"""Makes the territory of a name from its section; raises :class:`TerritoryError`."""


@frozen(eq=False)
class _Source:
    shown: str
    """Its name and what it says of itself."""
    wanted: frozenset[str]
    ranges: CountryRanges
    countries: frozenset[str]
    remarks: tuple[str, ...]


@frozen
class _Made:
    """A territory, and what it was made of."""

    section: TerritorySection
    sources: tuple[_Source, ...]
    territory: Territory


@frozen
class _State:
    """What tells one content of a file from the next without reading it."""

    modified: int
    size: int
    inode: int


@define
class TerritoryLoader:
    """Makes territories; keep one for as long as policies are loaded again."""

    _kept: dict[tuple[str, Path], tuple[_State, _Source]] = field(factory=dict, init=False)
    _made: dict[str, _Made] = field(factory=dict, init=False)

    def load(self, name: str, section: TerritorySection, folder: Path) -> Territory:
        """Make one territory; ``folder`` is where relative paths start.

        Raises:
            TerritoryError: if a file cannot be used, or none knows a country.
        """
        wanted = frozenset(section.countries)
        sources = tuple(self._sources(name, section, folder, wanted))
        made = self._made.get(name)
        if made is not None and made.section == section and made.sources == sources:
            return made.territory
        unknown = wanted.difference(*(source.countries for source in sources))
        if unknown:
            raise TerritoryError(
                f"no file has an address of {', '.join(sorted(unknown))}; is the code right, and is"
                " it the right registry's file?"
            )
        territory = Territory.build(
            name,
            map(parse_network, section.networks),
            [source.ranges for source in sources],
            tuple(source.shown for source in sources),
            tuple(remark for source in sources for remark in source.remarks),
        )
        self._made[name] = _Made(section, sources, territory)
        return territory

    def _sources(
        self, name: str, section: TerritorySection, folder: Path, wanted: frozenset[str]
    ) -> Iterable[_Source]:
        for path in section.registry_files:
            yield self._source(name, folder / path, wanted, _read_registry)
        if section.database is not None:
            yield self._source(name, folder / section.database, wanted, _read_database)

    def _source(
        self,
        name: str,
        path: Path,
        wanted: frozenset[str],
        read: Callable[[Path, frozenset[str]], _Source],
    ) -> _Source:
        try:
            state = _state(path)
            kept = self._kept.get((name, path))
            if kept is not None and kept[0] == state and kept[1].wanted == wanted:
                return kept[1]
            source = read(path, wanted)
        except OSError as error:
            raise TerritoryError(f"{path.name} cannot be read: {error.strerror}") from error
        except (RegistryError, DatabaseError) as error:
            raise TerritoryError(f"{path.name} {error}") from error
        self._kept[name, path] = state, source
        return source


def of_networks(name: str, section: TerritorySection) -> Territory:
    """Make a territory without reading a file.

    Raises:
        TerritoryError: if its section names one.
    """
    if section.countries:
        raise TerritoryError("its files are not at hand here")
    return Territory.build(name, map(parse_network, section.networks))


def _state(path: Path) -> _State:
    status = path.stat()
    return _State(status.st_mtime_ns, status.st_size, status.st_ino)


def _read_registry(path: Path, wanted: frozenset[str]) -> _Source:
    # The format is ASCII; a stray byte spoils its own line, not the file.
    file = parse_registry(path.read_text("ascii", "replace"), wanted, path.name)
    shown = f"{path.name} ({file.registry}, {file.serial})"
    return _Source(shown, wanted, file.ranges, file.countries, tuple(_remarks(path, file)))


def _read_database(path: Path, wanted: frozenset[str]) -> _Source:
    database = read_database(path, wanted, path.name)
    built = datetime.fromtimestamp(database.built, UTC)
    shown = f"{path.name} ({database.kind}, {built:%Y-%m-%d})"
    return _Source(shown, wanted, database.ranges, database.countries, ())


def _remarks(path: Path, file: RegistryFile) -> Iterable[str]:
    if file.broken_lines:
        named = "; ".join(f"line {broken.number} {broken.why}" for broken in file.broken[:3])
        more = "; …" if file.broken_lines > 3 else ""
        yield f"{path.name}: {file.broken_lines} lines were left out: {named}{more}"
    for kind, count in file.missing.items():
        yield (
            f"{path.name}: {count} {kind} records fewer than its summary announces;"
            " it was probably cut short, fetch it again"
        )
