# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the library writes, made fit for a log: no numbers of people, no contents."""

import logging

import structlog

from bridges.whatsapp.redaction import without_numbers

_LEVELS = {"WARN": logging.WARNING, "ERROR": logging.ERROR}


def library_log(level: str, module: str, text: str) -> None:
    """Write down warnings and errors of the library."""
    if level in _LEVELS:
        log = structlog.get_logger("karvon.whatsapp.library")
        log.log(_LEVELS[level], without_numbers(text), module=module)
