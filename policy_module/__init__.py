# SPDX-License-Identifier: AGPL-3.0-or-later
"""Federation policy inside Synapse: which servers this homeserver talks to, default deny."""

from policy_module.module import PolicyModule

__all__ = ["PolicyModule"]
