# SPDX-License-Identifier: AGPL-3.0-or-later
"""The worker, by itself and against the sandbox's network."""
