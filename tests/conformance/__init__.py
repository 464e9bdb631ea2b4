# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every network's bridge must do, in one suite for all networks.

`driver` is what a network has to bring: people with phones. `stage` puts a bridge between them and a
real homeserver. A network that passes may ship; `capabilities` checks that what it declares is tested.
"""
