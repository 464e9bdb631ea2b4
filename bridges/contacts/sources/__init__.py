# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where contacts come from: address book files, and the values of what networks tell."""
