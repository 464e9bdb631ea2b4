# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people can say to the guide: a module for each subject."""
