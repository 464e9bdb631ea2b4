# SPDX-License-Identifier: AGPL-3.0-or-later
"""Errors that end the command with one line for the operator.

``ConfigError`` (``karvon.config.problems``) and ``OperatorError`` are all that the command shows without
a traceback; the first ends it with exit code 2, the second with 1.
"""

CONFIG_EXIT = 2
"""Exit code for "the configuration is wrong": starting again changes nothing."""


class OperatorError(Exception):
    """Something outside the configuration is in the way; the text says what to do about it."""
