# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the file, the environment and the secret files to one validated ``KarvonConfig``."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bridges.core.config import Section
from karvon.config import document, environment, explain, secretfiles
from karvon.config.document import Document
from karvon.config.fields import is_optional, section_type
from karvon.config.model import DEFAULT_DATA_DIR, KarvonConfig
from karvon.config.problems import ConfigError, KeyPath, Problem, dotted

DEFAULT_NAME = "karvon.yaml"
"""The file that is used when it exists and none is named."""


def load_config(path: Path | None, environ: Mapping[str, str], *, cwd: Path) -> KarvonConfig:
    """Load the configuration.

    Args:
        path: the file; None means ``karvon.yaml`` in ``cwd``, or all defaults if there is none.
        environ: the environment, for ``KARVON__…`` variables.
        cwd: folder that ``path`` and the paths of a configuration without a file start at.

    Raises:
        ConfigError: with every problem that was found.
    """
    if path is None:
        default = cwd / DEFAULT_NAME
        path = Path(DEFAULT_NAME) if default.exists() else None
    if path is None:
        blank = Document("defaults", {}, {}, {})
        return validate(blank, environ, folder=cwd)
    text = document.read_text(cwd / path, str(path))
    return validate(document.parse(text, str(path)), environ, folder=(cwd / path).parent.absolute())


def validate(source: Document, environ: Mapping[str, str], *, folder: Path) -> KarvonConfig:
    """Make the configuration of a parsed file. Raises ``ConfigError``."""
    overrides = environment.read_overrides(KarvonConfig, environ)
    values = environment.apply(_without_empty(KarvonConfig, source.values), overrides)
    values = {"data_dir": str(DEFAULT_DATA_DIR), **values}
    values, complaints = secretfiles.fill(KarvonConfig, values, folder)
    locate = _Locator(source, environment.sources(overrides))
    problems = [locate.problem(path, message) for path, message in complaints]
    try:
        config = KarvonConfig.model_validate_json(json.dumps(values), context={"folder": folder})
    except ValidationError as error:
        unread = {path for path, _ in complaints}
        problems += _explained(error, locate, unread)
        raise ConfigError(problems) from None
    problems += [locate.problem(path, message) for path, message in contradictions(config)]
    if problems:
        raise ConfigError(problems)
    return config


def _without_empty(model: type[Section], values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out sections without any key: a line ``telegram:`` alone changes nothing."""
    result = dict(values)
    for name, field in model.model_fields.items():
        section = section_type(field)
        if section is None or name not in result:
            continue
        inner = result[name]
        if isinstance(inner, Mapping):
            result[name] = _without_empty(section, inner)
        elif inner is None and not is_optional(field):
            del result[name]
    return result


class _Locator:
    """Finds out where a value came from."""

    def __init__(self, source: Document, overridden: Mapping[KeyPath, str]) -> None:
        self._source = source
        self._overridden = overridden

    def problem(self, path: KeyPath, message: str, *, of_key: bool = False) -> Problem:
        for length in range(len(path), 0, -1):
            variable = self._overridden.get(path[:length])
            if variable is not None:
                return Problem(variable, message, path=path)
        place = self._source.place(path, of_key=of_key)
        return Problem(self._source.source, message, place, path)


def _explained(error: ValidationError, locate: _Locator, unread: set[KeyPath]) -> Iterator[Problem]:
    """Explain pydantic's errors, leaving out what follows from an unreadable secret file."""
    sections = {path[:-1] for path in unread}
    for detail in error.errors(include_url=False, include_input=False):
        path = explain.key_of(detail)
        if path in sections and detail["type"] == "value_error":
            continue
        unknown = detail["type"] == "extra_forbidden"
        yield locate.problem(path, explain.sentence(detail, KarvonConfig), of_key=unknown)


def contradictions(config: KarvonConfig) -> Iterator[tuple[KeyPath, str]]:
    """Find values that are right alone and wrong together."""
    homeserver = config.homeserver
    if not homeserver.managed and homeserver.url is None:
        yield (
            ("homeserver", "url"),
            "is needed when homeserver.managed is false, for example http://127.0.0.1:8008",
        )
    if config.telegram.enabled and not config.uses_sandbox and config.telegram.api_id is None:
        yield (
            ("telegram", "api_id"),
            "is needed, with api_hash: both are at https://my.telegram.org/apps",
        )
    guide = config.guide
    if (
        guide.enabled is True
        and not homeserver.managed
        and not (guide.password or guide.access_token)
    ):
        yield (
            ("guide", "password"),
            "is needed, or guide.access_token: its account is made by you on your own homeserver",
        )
    yield from _ports(config)
    yield from _files(config)


def listeners(config: KarvonConfig) -> dict[KeyPath, tuple[str, int]]:
    """Give every address that the parts of this configuration bind, by the key of its port."""
    found: dict[KeyPath, tuple[str, int]] = {}
    if config.homeserver.managed:
        listen = config.homeserver.listen
        found["homeserver", "listen", "port"] = listen.host, listen.port
    for network in config.networks:
        found[network.network_id, "listen", "port"] = network.listen.host, network.listen.port
    if config.uses_sandbox:
        telegram = config.sandbox.telegram
        found["sandbox", "telegram", "port"] = "127.0.0.1", telegram.port
        found["sandbox", "telegram", "control_port"] = "127.0.0.1", telegram.control_port
    if config.uses_whatsapp_sandbox:
        whatsapp = config.sandbox.whatsapp
        found["sandbox", "whatsapp", "port"] = "127.0.0.1", whatsapp.port
        found["sandbox", "whatsapp", "front_port"] = "127.0.0.1", whatsapp.front_port
        found["sandbox", "whatsapp", "control_port"] = "127.0.0.1", whatsapp.control_port
    supervisor = config.supervisor.listen
    found["supervisor", "listen", "port"] = supervisor.host, supervisor.port
    return found


def _ports(config: KarvonConfig) -> Iterator[tuple[KeyPath, str]]:
    taken: dict[int, KeyPath] = {}
    for path, (_, port) in listeners(config).items():
        first = taken.setdefault(port, path)
        if first != path:
            yield path, f"is the same port as {dotted(first)}; choose another one"


def _files(config: KarvonConfig) -> Iterator[tuple[KeyPath, str]]:
    server = config.telegram.server
    named: dict[KeyPath, Path | None] = {
        ("homeserver", "extra_config"): config.homeserver.extra_config,
        ("telegram", "server", "rsa_public_key_file"): server.rsa_public_key_file
        if server
        else None,
    }
    for path, file in named.items():
        if file is None:
            continue
        try:
            file.open("rb").close()
        except OSError as error:
            yield path, f"the file cannot be read: {error.strerror}"
