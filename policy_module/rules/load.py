# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the text of ``policy.yaml`` to a policy, or to every mistake in it with its place."""

from collections.abc import Callable, Iterator
from typing import Any

from attrs import frozen
from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from policy_module.rules.document import WIDTH, PolicyDocument, SignedListSection
from policy_module.rules.mistakes import Path, mistakes, written
from policy_module.rules.names import InvalidNameError, parse_pattern
from policy_module.rules.policy import ListedServer, Listing, Policy
from policy_module.territory.load import MakeTerritory, TerritoryError, of_networks
from policy_module.territory.territory import Territory

Read = Callable[[str], str]
"""Reads a file named in the policy; raises ``OSError`` or ``UnicodeDecodeError``."""

Signed = Callable[[SignedListSection, Read], Listing]
"""Gives what a signed list says at the moment.

Raises ``SignedListError`` if the policy asks for what cannot be; a list that merely cannot be had, or is
not to be believed, allows nobody.
"""


class SignedListError(ValueError):
    """What the policy says about a signed list cannot be followed; the message says why."""


def nothing_signed(section: SignedListSection, read: Read) -> Listing:
    """Stand for lists whose content is not known here."""
    return Listing()


@frozen
class Problem:
    """A mistake and its place; ``line`` counts from 1, ``None`` if it has no line."""

    message: str
    line: int | None = None
    path: Path = ()
    file: str | None = None
    """The name of another file than the policy itself."""

    def __str__(self) -> str:
        place = f"{self.file}: " if self.file is not None else ""
        if self.line is not None:
            place += f"line {self.line}: "
        if self.path:
            place += f"{written(self.path)}: "
        return f"{place}{self.message}"


class PolicyRefusedError(ValueError):
    """The policy is refused as a whole; its text is one line for each mistake."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def load(
    text: str,
    own_server: str,
    read: Read,
    territory: MakeTerritory = of_networks,
    signed: Signed = nothing_signed,
) -> Policy:
    """Make the policy of ``own_server``.

    Raises:
        PolicyRefusedError: with every mistake found.
    """
    content = _parse(text)
    document = _validate(content)
    problems = [*_contradictions(document, content)]
    territories: dict[str, Territory] = {}
    for name, section in document.territories.items():
        try:
            territories[name] = territory(name, section)
        except TerritoryError as error:
            where = ("territories", name)
            problems.append(Problem(str(error), _line(content, where), where))
    listings: list[Listing] = []
    for index, name in enumerate(document.federation.allow_files):
        try:
            listings.append(Listing(tuple(_plain_list(name, read(name)))))
        except PolicyRefusedError as error:
            problems += error.problems
        except (OSError, UnicodeDecodeError) as error:
            path = ("federation", "allow_files", index)
            cause = error.strerror if isinstance(error, OSError) else "it is not written in UTF-8"
            problems.append(Problem(f"{name} cannot be read: {cause}", _line(content, path), path))
    for index, listed in enumerate(document.federation.lists):
        try:
            listings.append(signed(listed, read))
        except SignedListError as error:
            path = ("federation", "lists", index)
            problems.append(Problem(str(error), _line(content, path), path))
    if problems:
        raise PolicyRefusedError(tuple(problems))
    return Policy.of(own_server, document, listings, territories)


def _parse(text: str) -> Any:
    yaml = YAML(typ="rt")
    try:
        content = yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else None
        raise PolicyRefusedError(
            (Problem(f"is not YAML: {error.problem or error.context}", line),)
        ) from None
    except (YAMLError, ValueError) as error:
        raise PolicyRefusedError((Problem(f"is not YAML: {error}"),)) from None
    return {} if content is None else content


def _validate(content: Any) -> PolicyDocument:
    try:
        return PolicyDocument.model_validate(content)
    except ValidationError as error:
        found = list(mistakes(error, PolicyDocument))
    raise PolicyRefusedError(
        tuple(Problem(message, _line(content, path), path) for path, message in found)
    )


def _contradictions(document: PolicyDocument, content: Any) -> Iterator[Problem]:
    """Find what is right alone and wrong together."""

    def problem(path: Path, message: str) -> Problem:
        return Problem(message, _line(content, path), path)

    territory = document.residency.territory
    if territory is not None and territory not in document.territories:
        known = ", ".join(sorted(document.territories)) or "none"
        yield problem(
            ("residency", "territory"), f"{territory!r} is not among the territories: {known}"
        )
    if territory is None and document.residency.federation:
        yield problem(("residency", "federation"), "needs residency.territory")
    rooms = document.rooms
    for key, room_class in {"default": rooms.default, "bridged": rooms.bridged}.items():
        if WIDTH[room_class] > WIDTH[rooms.widest]:
            yield problem(
                ("rooms", key),
                f"{room_class} is wider than rooms.widest, which is {rooms.widest}; change one",
            )
    for path, kind, names in (
        (("groups",), "groups", [each.name for each in document.groups]),
        (("federation", "lists"), "lists", [each.name for each in document.federation.lists]),
    ):
        for index, name in enumerate(names):
            if name in names[:index]:
                yield problem((*path, index, "name"), f"{name!r} names two {kind}; rename one")


def _plain_list(name: str, text: str) -> Iterator[ListedServer]:
    """Read one pattern a line; what follows ``#`` is for people.

    Raises:
        PolicyRefusedError: with the first ten mistakes.
    """
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), 1):
        entry = line.partition("#")[0].strip()
        if not entry:
            continue
        try:
            pattern = parse_pattern(entry)
        except InvalidNameError as error:
            problems.append(Problem(f"{entry!r} {error}", number, file=name))
            if len(problems) == 10:
                break
            continue
        yield ListedServer(pattern, f"{name}: {entry}")
    if problems:
        raise PolicyRefusedError(tuple(problems))


def _line(content: Any, path: Path) -> int | None:
    """Find the line of a key, or of the nearest one around it."""
    line = None
    for step in path:
        marks = getattr(getattr(content, "lc", None), "data", None)
        if not marks or step not in marks:
            break
        line = marks[step][0] + 1
        content = content[step]
    return line
