# SPDX-License-Identifier: AGPL-3.0-or-later
"""Address books of people's logins, as their bridges tell them, kept up to date and gone with the login."""
