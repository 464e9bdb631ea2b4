# SPDX-License-Identifier: AGPL-3.0-or-later
"""The answer people get when something is refused."""

from collections.abc import Iterable
from http import HTTPStatus

from synapse.api.errors import Codes, SynapseError

from policy_module.rules.requests import Deny, Reason, sentence


def refusal(denial: Deny) -> SynapseError:
    """Give 403 with the sentence of a decision."""
    return refusal_saying(sentence(denial), denial.reason, [denial.subject])


def refusal_saying(words: str, reason: Reason, subjects: Iterable[str | None]) -> SynapseError:
    """Give 403 with an English sentence, and with what other languages make theirs of.

    ``subjects`` are what it is about, such as servers.
    """
    fields = {"org.karvon.reason": reason.value, "org.karvon.subjects": list(subjects)}
    return SynapseError(HTTPStatus.FORBIDDEN, words, Codes.FORBIDDEN, additional_fields=fields)
