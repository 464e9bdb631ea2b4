# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the border tells people and operators: the policy in force, why something was refused, figures."""
