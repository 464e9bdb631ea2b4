# SPDX-License-Identifier: AGPL-3.0-or-later
"""What ``policy.yaml`` says and what follows from it: pure, without Synapse and without I/O."""
