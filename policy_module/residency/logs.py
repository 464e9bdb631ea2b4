# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where log lines go, from a configuration of Python's ``logging`` (schema of ``dictConfig``)."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from policy_module.residency.endpoints import Endpoint, Local, Purpose, Unknown, target_of_host

_DEFAULT_ADDRESSES = {"logging.handlers.SysLogHandler": ["localhost", 514]}
_HOST_KEYS = ("host", "address", "mailhost")


def log_endpoints(file: str | None) -> Iterator[Endpoint]:
    """Give where the handlers of a YAML file send to; files they write are left out.

    A file that cannot be read gives one endpoint that says so.
    """
    if not file:
        return
    path = Path(file)
    try:
        document = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
    except (OSError, ValueError, YAMLError):
        why = Unknown("the log configuration cannot be read")
        yield Endpoint(Purpose.LOGS, f"{path.name}: handlers", why)
        return
    yield from handler_endpoints(document, path.name)


def handler_endpoints(document: object, file: str) -> Iterator[Endpoint]:
    """Give where the handlers of a parsed configuration send to."""
    handlers = document.get("handlers") if isinstance(document, Mapping) else None
    for name, handler in (handlers or {}).items() if isinstance(handlers, Mapping) else ():
        if not isinstance(handler, Mapping):
            continue
        key = f"{file}: handlers.{name}"
        given = next((handler[key] for key in _HOST_KEYS if key in handler), None)
        given = given or _DEFAULT_ADDRESSES.get(str(handler.get("class")))
        port = handler.get("port")
        if isinstance(given, list | tuple) and given:
            given, port = given[0], given[1] if len(given) > 1 else port
        if not isinstance(given, str):
            continue
        number = port if isinstance(port, int) else None
        target = Local(given) if given.startswith("/") else target_of_host(given, number)
        yield Endpoint(Purpose.LOGS, key, target)
