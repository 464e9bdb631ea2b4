# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the library writes, made fit for a log: no numbers of people, no contents."""

import logging
import re

import structlog

_NUMBER = re.compile(r"\d{5,}")
_LEVELS = {"WARN": logging.WARNING, "ERROR": logging.ERROR}
_LONGEST = 300


def library_log(level: str, module: str, text: str) -> None:
    """Write down warnings and errors of the library."""
    if level in _LEVELS:
        log = structlog.get_logger("karvon.whatsapp.library")
        log.log(_LEVELS[level], without_numbers(text), module=module)


def without_numbers(text: str) -> str:
    """Return a line of log with what may be a phone number or an account's number hidden."""
    return _NUMBER.sub("…", text)[:_LONGEST]
