# SPDX-License-Identifier: AGPL-3.0-or-later
"""Getting Synapse's own tests of the installed version."""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path


class FetchError(RuntimeError):
    """The tests could not be had; the text ends with what pip said."""


def fetch_tests(cache: Path) -> Path:
    """Give a folder whose ``tests`` are those of the installed Synapse; fetch them once.

    Raises:
        FetchError: if the package index cannot be reached, or has no source distribution.
    """
    release = version("matrix-synapse")
    kept = cache / f"synapse-{release}"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
            fresh = Path(scratch) / "kept"
            # The tests alone: Synapse's own package beside them would hide the installed one, which
            # has the compiled parts.
            shutil.copytree(_unpacked(release, Path(scratch)) / "tests", fresh / "tests")
            fresh.rename(kept)
    return kept


def _unpacked(release: str, scratch: Path) -> Path:
    """Download the source distribution and give the folder it was unpacked into.

    pip builds to learn the metadata. Where that works it leaves the archive; where it does not, for
    want of Rust, it ends with an error and leaves what it has unpacked.
    """
    pip = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--no-clean", "--no-deps"),
            *("--no-binary", "matrix-synapse", "--dest", scratch, f"matrix-synapse=={release}"),
        ],
        env={**os.environ, "TMPDIR": str(scratch), "CARGO_NET_OFFLINE": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    for archive in scratch.glob("matrix_synapse-*.tar.gz"):
        with tarfile.open(archive) as opened:
            opened.extractall(scratch / "archive", filter="data")
    for pattern in ("archive/*/tests", "pip-download-*/matrix-synapse_*/tests"):
        for found in scratch.glob(pattern):
            return found.parent
    raise FetchError(f"Synapse's tests cannot be fetched:\n{pip.stderr[-2000:]}")
