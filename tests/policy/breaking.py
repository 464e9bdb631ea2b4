# SPDX-License-Identifier: AGPL-3.0-or-later
"""A Synapse module that makes parts of policy_module raise while a running homeserver uses them."""

import inspect
import json
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from attrs import frozen
from synapse.module_api import ModuleApi

import policy_module
from policy_module.live.holder import PolicyInForce

DECISION = "PolicyInForce.decide"
"""Not a callback: what nearly all of them ask."""


class BrokenOnPurposeError(RuntimeError):
    """What no part of the module knows."""


@frozen
class Breakage:
    """The files by which a test says what is broken, and is told what has been."""

    folder: Path

    def module(self) -> dict[str, Any]:
        """Give the entry for ``modules`` of ``homeserver.yaml``; belongs after policy_module."""
        self.folder.mkdir()
        self.broken.touch()
        self.raised.touch()
        return {"module": f"{__name__}.{Breaking.__name__}", "config": {"folder": str(self.folder)}}

    @property
    def broken(self) -> Path:
        """Names of what raises from now on."""
        return self.folder / "broken"

    @property
    def raised(self) -> Path:
        """Names of what has raised, once for each time."""
        return self.folder / "raised"

    @property
    def registered(self) -> Path:
        """JSON list of every callback that policy_module has registered."""
        return self.folder / "registered.json"

    def set(self, *names: str) -> None:
        """Have these raise, and nothing else; forget what has raised."""
        self.raised.write_text("")
        self.broken.write_text("\n".join(names))

    def times(self, name: str) -> int:
        """How often it has raised since."""
        return self.raised.read_text().splitlines().count(name)


class Breaking:
    """Refuses to start if policy_module has registered a callback that cannot be broken here."""

    def __init__(self, breakage: Breakage, api: ModuleApi) -> None:
        names = []
        for callback in _registered(api):
            breakable = inspect.unwrap(callback, stop=_is_breakable)
            if not _is_breakable(breakable):
                raise RuntimeError(f"no test can break {callback}")
            names.append(breakable.__qualname__)
        breakage.registered.write_text(json.dumps(names))

    @staticmethod
    def parse_config(config: Mapping[str, str]) -> Breakage:
        """Take the classes of policy_module apart; Synapse calls this before it makes any module."""
        breakage = Breakage(Path(config["folder"]))
        for cls, name in _callback_methods():
            setattr(cls, name, _breakable(vars(cls)[name], breakage))
        asked: Any = PolicyInForce
        decide = asked.decide

        @wraps(decide)
        def decide_or_raise(*args: Any) -> Any:
            _raise_if_broken(DECISION, breakage)
            return decide(*args)

        asked.decide = decide_or_raise
        return breakage


def _registered(api: ModuleApi) -> Iterator[Callable[..., Any]]:
    """Give what policy_module has registered, of whatever kind."""
    for kind in vars(api._callbacks).values():
        for value in vars(kind).values():
            if isinstance(value, list):
                yield from (one for one in value if one.__module__.startswith("policy_module."))


def _callback_methods() -> Iterator[tuple[type, str]]:
    """Give the methods of policy_module that are named like a callback of Synapse."""
    registrations = [
        function
        for name, function in vars(ModuleApi).items()
        if name.startswith("register_") and name.endswith("_callbacks")
    ]
    names = {name for each in registrations for name in inspect.signature(each).parameters}
    for found in pkgutil.walk_packages(policy_module.__path__, "policy_module."):
        module = import_module(found.name)
        for cls in vars(module).values():
            if isinstance(cls, type) and cls.__module__ == module.__name__:
                yield from ((cls, name) for name in sorted(names & vars(cls).keys()))


def _breakable(method: Callable[..., Any], breakage: Breakage) -> Callable[..., Any]:
    @wraps(method)
    async def raise_or_answer(*args: Any) -> Any:
        _raise_if_broken(method.__qualname__, breakage)
        return await method(*args)

    raise_or_answer.is_breakable = True  # type: ignore[attr-defined]
    return raise_or_answer


def _is_breakable(callback: Callable[..., Any]) -> bool:
    return hasattr(callback, "is_breakable")


def _raise_if_broken(name: str, breakage: Breakage) -> None:
    if name in breakage.broken.read_text().splitlines():
        with breakage.raised.open("a") as raised:
            raised.write(f"{name}\n")
        raise BrokenOnPurposeError(name)
