# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people hand over — a folder, a single file or a zip — read without trusting any of it.

Nothing is ever unpacked to where a name in it says: files are read through ``Container.open``. The rules
for names and figures are pure (``names``, ``zip_rules``); reading is in ``folder``, ``single`` and
``zipped``.
"""

from bridges.migration.archives.container.limits import Limits
from bridges.migration.archives.container.opening import open_container
from bridges.migration.archives.container.protocol import Container

__all__ = ["Container", "Limits", "open_container"]
