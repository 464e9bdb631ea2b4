# SPDX-License-Identifier: AGPL-3.0-or-later
"""Structured logs in which no secret and no phone number can be read."""

import logging
import re
import sys
from collections.abc import Iterable, Mapping
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bridges.core.config import LogSettings

REDACTED = "[redacted]"

_SECRET_KEYS = re.compile(
    r"token|password|passwd|secret|auth_?key|api_hash|phone|(?:^|_)code$|body|content|payload",
    re.IGNORECASE,
)
_HARMLESS_KEYS = frozenset({"error_code"})
_SECRET_TEXT = (
    re.compile(r"\b(?:syt|syr|mat|mct)_[A-Za-z0-9._=-]{8,}"),
    re.compile(r"(?i)\bbearer\s+\S+"),
    re.compile(r"(?i)([?&](?:access_token|token)=)[^&\s'\"]+"),
    re.compile(r"tg://login\?\S+"),
    re.compile(r"\+\d[\d ()-]{6,18}\d"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
)


class Redactor:
    """Removes secrets from log entries: by key, by shape, and those that are known."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """``secrets`` are texts that must never appear."""
        known = {secret for secret in secrets if len(secret) >= 6}
        self._secrets = sorted(known, key=len, reverse=True)  # One may be a part of another.

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Process one entry (a structlog processor)."""
        return {key: self._value(key, value) for key, value in event.items()}

    def text(self, text: str) -> str:
        """Redact a text."""
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        for pattern in _SECRET_TEXT:
            text = pattern.sub(_keep_group, text)
        return text

    def _value(self, key: str, value: object) -> object:
        if _SECRET_KEYS.search(key) and key not in _HARMLESS_KEYS:
            return REDACTED
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {
                self.text(str(name)): self._value(str(name), one) for name, one in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value(key, one) for one in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self.text(str(value))


def _keep_group(match: re.Match[str]) -> str:
    return (match[1] if match.re.groups else "") + REDACTED


def set_up_logging(
    settings: LogSettings, secrets: Iterable[str], stream: TextIO = sys.stderr
) -> None:
    """Send structlog's and the standard library's entries to ``stream``, one line each."""
    redactor = Redactor(secrets)
    shared: list[Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            redactor,
            renderer,
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level)
    for chatty in ("telethon", "aiohttp.access", "mau.db", "aiosqlite", "asyncio"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
