# SPDX-License-Identifier: AGPL-3.0-or-later
"""One entry under ``territories:`` in the policy file: its shape and what each key may hold."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Strict, model_validator

from policy_module.territory.addresses import parse_network


def _check_network(text: str) -> str:
    parse_network(text)
    return text


def _check_country(text: str) -> str:
    if not (len(text) == 2 and text.isascii() and text.isalpha() and text.isupper()):
        raise ValueError("must be a country code of two capital letters, such as UZ")
    return text


NetworkText = Annotated[str, AfterValidator(_check_network)]
CountryCode = Annotated[str, AfterValidator(_check_country)]
FilePath = Annotated[Path, Strict(False)]


class TerritorySection(BaseModel):
    """A set of addresses: networks, and what files say belongs to countries."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    networks: Annotated[tuple[NetworkText, ...], Strict(False)] = ()
    """Networks such as ``192.0.2.0/24``; private and loopback ones count only if listed here."""
    countries: Annotated[tuple[CountryCode, ...], Strict(False)] = ()
    """Countries whose addresses belong to it, looked up in the files below."""
    registry_files: Annotated[tuple[FilePath, ...], Strict(False)] = ()
    """Delegated statistics files of the registries; relative paths start at the policy file."""
    database: FilePath | None = None
    """Country database in MaxMind's format (.mmdb)."""

    @model_validator(mode="after")
    def _check_parts_fit(self) -> Self:
        has_files = bool(self.registry_files) or self.database is not None
        if self.countries and not has_files:
            raise ValueError("countries need registry_files or a database that says what is theirs")
        if has_files and not self.countries:
            raise ValueError("registry_files and database need countries, such as [UZ]")
        if not self.countries and not self.networks:
            raise ValueError("holds no address; give it networks, or countries with files")
        return self

    @property
    def files(self) -> tuple[Path, ...]:
        """The files it is read from."""
        return (*self.registry_files, *(() if self.database is None else (self.database,)))
