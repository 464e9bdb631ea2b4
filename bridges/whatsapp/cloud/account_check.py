# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking Meta whether a number can be used with the secrets that are known for it."""

from bridges.core.errors import LoginFailed
from bridges.core.text import user_text
from bridges.whatsapp.cloud.graph import Credentials, GraphApi
from bridges.whatsapp.cloud.ids import digits_of
from bridges.whatsapp.cloud.reading import id_at, text_at
from bridges.whatsapp.store.cloud_accounts import Account

_FIELDS = "id,display_phone_number,verified_name"


async def checked(graph: GraphApi, who: Credentials) -> Account:
    """The number as Meta knows it. Raises the errors of ``bridges.core.errors``."""
    answer = await graph.get(who, who.number, fields=_FIELDS)
    if id_at(answer, "id") != who.number:
        raise LoginFailed(
            "WHATSAPP.OTHER_NUMBER", user_text("Meta knows no number with this phone number id.")
        )
    phone = digits_of(text_at(answer, "display_phone_number"))
    return Account(who, phone, text_at(answer, "verified_name") or phone or who.number)
