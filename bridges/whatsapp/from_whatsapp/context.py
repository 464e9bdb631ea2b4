# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a message is said in view of: whom it mentions, what it answers (``ContextInfo``)."""

import re

from bridges.core.content import FormattedText
from bridges.whatsapp.formatting import to_matrix
from bridges.whatsapp.from_whatsapp.surroundings import Surroundings, stranger
from bridges.whatsapp.from_whatsapp.wrappers import opened
from bridges.whatsapp.ids import Jid, maybe_jid
from bridges.whatsapp.json_form import Json, mapping, mappings, number, text, texts

_CONTACT_NUMBER = re.compile(r"waid=([0-9]{5,20})", re.IGNORECASE)


def context_of(message: Json) -> Json:
    """The ``contextInfo`` of a message, whatever is around it; empty if it has none."""
    for part in opened(message).content.values():
        context = mapping(mapping(part).get("contextInfo"))
        if context:
            return context
    return {}


def addresses_in(message: Json) -> frozenset[Jid]:
    """The people a message names, who are to be looked up before it is converted."""
    content = opened(message).content
    context = context_of(message)
    named = [*texts(context.get("mentionedJID")), text(context.get("participant"))]
    cards = [mapping(content.get("contactMessage"))]
    cards += mappings(mapping(content.get("contactsArrayMessage")).get("contacts"))
    for card in cards:
        named += [f"{one}@s.whatsapp.net" for one in contact_numbers(card)]
    return frozenset(jid.bare for one in named if (jid := maybe_jid(one)) is not None)


def contact_numbers(card: Json) -> list[str]:
    """The numbers in a contact's vCard that are on WhatsApp."""
    return list(dict.fromkeys(_CONTACT_NUMBER.findall(text(card.get("vcard")))))


def words(said: str, context: Json, around: Surroundings) -> FormattedText:
    """A text of somebody, with the people in it named."""
    mentioned = {}
    for address in texts(context.get("mentionedJID")):
        jid = maybe_jid(address)
        if jid is not None:
            mentioned[jid.user] = around.people.get(jid.user) or stranger(jid)
    return to_matrix(said, mentioned, everyone=number(context.get("nonJIDMentions")) > 0)
