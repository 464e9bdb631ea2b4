# SPDX-License-Identifier: AGPL-3.0-or-later
"""Folders of what is nobody else's business."""

from pathlib import Path

PRIVATE_FOLDER = 0o700


def make_private_folder(path: Path) -> None:
    """Make a folder, and those above it, that only its owner may enter."""
    path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
