# SPDX-License-Identifier: AGPL-3.0-or-later
"""Synapse's own tests, with and without the policy module in every homeserver they make.

They come from the source distribution of the installed version, are fetched when asked for
(``make synapse-suite``) and never become part of this repository.
"""
