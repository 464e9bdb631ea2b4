# SPDX-License-Identifier: AGPL-3.0-or-later
"""A continuity report for programs.

``docs/CONTACTS.md`` describes the shape; a change that takes something away is a new version.
"""

import json
from typing import Any

from bridges.contacts.report.model import Contact, Report
from bridges.contacts.report.words import invitation, matrix_link, next_step
from bridges.core.sanitize import clean_text
from bridges.core.text import Translation

VERSION = 1

Json = dict[str, Any]


def as_json(report: Report, words: Translation) -> str:
    """Write it, sentences in the person's language, with a line end behind."""
    counts = {state.value: _count(one.people, one.cards) for state, one in report.counts().items()}
    document: Json = {
        "kind": "karvon.continuity-report",
        "version": VERSION,
        "owner": report.owner,
        "made_at": report.made_at.isoformat(timespec="seconds"),
        "totals": {**_count(len(report.contacts), report.input_cards), **counts},
        "sources": [
            {
                "id": clean_text(one.source.id),
                "kind": one.source.kind.value,
                "name": clean_text(one.source.name),
                "cards": one.cards,
            }
            for one in report.sources
        ],
        "silent": list(report.silent),
        "waiting": report.waiting,
        "invitation": {
            "text": words(invitation(report.owner)),
            "link": matrix_link(report.owner),
        },
        "contacts": [_contact(one, words) for one in report.contacts],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _count(people: int, cards: int) -> Json:
    return {"people": people, "cards": cards}


def _contact(contact: Contact, words: Translation) -> Json:
    person, native, obstacle = contact.person, contact.native, contact.obstacle
    return {
        "name": clean_text(person.name),
        "state": contact.state.value,
        "cards": [
            {"source": clean_text(one.source), "key": clean_text(one.key)} for one in person.cards
        ],
        "numbers": sorted({one.e164 for one in person.numbers}),
        "native": None if native is None else {"user": native.user, "room": native.room},
        "bridged": [{"network": one.network.value, "room": one.room} for one in contact.ways],
        "reason": None if obstacle is None else obstacle.reason.value,
        "next_step": None if obstacle is None else clean_text(words(next_step(obstacle))),
    }
