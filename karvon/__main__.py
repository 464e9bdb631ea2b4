# SPDX-License-Identifier: AGPL-3.0-or-later
"""``python -m karvon`` is the command ``karvon``."""

from karvon.cli import main

main()
