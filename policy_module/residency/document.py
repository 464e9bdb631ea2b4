# SPDX-License-Identifier: AGPL-3.0-or-later
"""The section ``residency:`` of the policy file."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict

from policy_module.residency.check import Acceptance


class _Section(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )


class AcceptedSection(_Section):
    """A host that may be outside the territory."""

    host: str = Field(pattern=r"^(\*\.)?[^*\s/]+$")
    """A name or an IP address, or ``*.domain`` for every name below a domain."""
    why: str = Field(min_length=1)
    """The reason, which is shown beside it."""


class ResidencySection(_Section):
    """Where everything that the homeserver is configured to talk to must be."""

    territory: str
    """Name of an entry under ``territories``."""
    at_start: Literal["refuse", "warn"] = "warn"
    """Whether a homeserver starts that is configured to talk to somebody outside."""
    interval: float = Field(default=3600, ge=1, le=86400)
    """Seconds between two checks while it runs."""
    accepted: Annotated[tuple[AcceptedSection, ...], Strict(False)] = ()
    """Hosts that are outside knowingly."""

    def acceptances(self) -> tuple[Acceptance, ...]:
        """Give the accepted hosts as values."""
        return tuple(Acceptance(one.host, one.why) for one in self.accepted)
