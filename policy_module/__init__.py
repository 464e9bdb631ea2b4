# SPDX-License-Identifier: AGPL-3.0-or-later
"""The border inside Synapse: which servers this homeserver talks to, where data may go, and proof.

Synapse loads :class:`policy_module.module.PolicyModule`. This package imports nothing by itself, so
that its pure parts can be used where there is no Synapse.
"""
