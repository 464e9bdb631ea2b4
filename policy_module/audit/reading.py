# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading an audit folder, also while it is written, and checking what is in it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from attrs import frozen

from policy_module.audit import segments
from policy_module.audit.chain import Place, Problem
from policy_module.audit.checkpoints import open_checkpoint
from policy_module.audit.lines import MAX_LINE, Entry, InvalidLineError, parse
from policy_module.audit.notes import InvalidNoteError
from policy_module.audit.segments import Segment
from policy_module.audit.verify import Kept, Report, StreamCheck


@frozen
class Checked:
    """What a check found: a report for each stream, and problems with what is not a stream."""

    reports: Sequence[Report]
    problems: Sequence[Problem]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems and not any(report.problems for report in self.reports)


def check_folder(folder: Path, key: bytes, checkpoints: Sequence[Path]) -> Checked:
    """Check all streams of a folder; ``checkpoints`` are files with ones kept elsewhere.

    Raises ``OSError``.
    """
    own = sorted(folder.glob("*.checkpoint"))  # before the entries: those only become more
    kept, problems = read_kept([*own, *checkpoints], key)
    found = segments.segments(folder)
    reports = []
    for stream, files in found.items():
        check = StreamCheck(stream, key, [one for one in kept if one.checkpoint.stream == stream])
        for file in files:
            check.segment(file.path.name, file.first, lines_of(file))
        report = check.finish()
        reports.append(report)
        problems += _changed_since_torn(folder, report.torn)
    problems += [
        Problem(one.place, None, f"nothing is left of the log {one.checkpoint.origin}")
        for one in kept
        if one.checkpoint.stream not in found and one.checkpoint.size
    ]
    return Checked(reports, problems)


def check_segment(file: Segment, key: bytes, checkpoints: Sequence[Path]) -> Checked:
    """Check one file of a stream alone. Raises ``OSError``."""
    kept, problems = read_kept(checkpoints, key)
    check = StreamCheck(file.stream, key, kept, whole=False)
    check.segment(file.path.name, file.first, lines_of(file))
    return Checked([check.finish()], problems)


def lines_of(segment: Segment) -> Iterator[bytes]:
    """Yield the lines of a segment with their newlines, but not what is being written just now.

    Raises ``OSError``.
    """
    for raw in read_lines(segment.path):
        if raw.endswith(b"\n") or not _is_written(segment):
            yield raw


def read_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file with their newlines.

    Of a line that is longer than any of ours only the start is given, and it is the last one.
    Raises ``OSError``.
    """
    with path.open("rb") as file:
        while raw := file.readline(MAX_LINE):
            yield raw
            if not raw.endswith(b"\n"):
                return


def entries_of(files: Sequence[Segment]) -> Iterator[Entry]:
    """Yield the entries of files that can be read, without any check. Raises ``OSError``."""
    for file in files:
        for raw in lines_of(file):
            try:
                line = parse(raw.removesuffix(b"\n"))
            except InvalidLineError:
                continue
            if isinstance(line, Entry):
                yield line


def _changed_since_torn(folder: Path, torn: Mapping[str, str]) -> Iterator[Problem]:
    """Hold what crashes left against what the log says of it; it may have been deleted."""
    for name, digest in torn.items():
        path = folder / Path(name).name
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            yield Problem(Place(path.name, 0), None, "it is not what the interrupted write left")


def read_kept(paths: Sequence[Path], key: bytes) -> tuple[list[Kept], list[Problem]]:
    """Read checkpoints that are kept in files; those that do not hold are problems.

    Raises ``OSError``.
    """
    kept: list[Kept] = []
    problems: list[Problem] = []
    for path in paths:
        place = Place(path.name, 0)
        try:
            kept.append(Kept(place, open_checkpoint(path.read_text("utf-8"), key)))
        except (InvalidNoteError, UnicodeDecodeError) as error:
            problems.append(Problem(place, None, f"the checkpoint does not hold: {error}"))
    return kept, problems


def _is_written(segment: Segment) -> bool:
    return segments.is_locked(segments.lock_path(segment.path.parent, segment.stream))
