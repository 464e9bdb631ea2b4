# SPDX-License-Identifier: AGPL-3.0-or-later
"""The WhatsApp network: people's own accounts as linked devices, organisations by the Cloud API.

Reading begins at ``network``, which the entry point names. This file imports nothing: the worker
process is started from this package too, and has no use for the rest of the bridge.
"""
