# SPDX-License-Identifier: AGPL-3.0-or-later
"""What leaves the homeserver for other reasons than federation: asked of the policy, or refused."""
