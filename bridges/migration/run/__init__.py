# SPDX-License-Identifier: AGPL-3.0-or-later
"""Carries a plan out: rooms, files and messages, each once, whatever is interrupted; and takes it back."""
