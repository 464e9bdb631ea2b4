# SPDX-License-Identifier: AGPL-3.0-or-later
"""The customer service window: how long one may write freely after a customer has written. Pure.

Source: https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-messages#customer-service-windows
"""

from datetime import datetime, timedelta

from bridges.core.storage.messages import milliseconds
from bridges.whatsapp.store.cloud_customers import Customer

WINDOW = timedelta(hours=24)
WINDOW_OF_ADVERTISEMENT = timedelta(hours=72)


def open_until(customer: Customer, written: datetime, *, referred: bool) -> int:
    """When the window ends now, in milliseconds; an old message that comes late does not shorten it."""
    lasts = WINDOW_OF_ADVERTISEMENT if referred else WINDOW
    return max(customer.open_until, milliseconds(written + lasts))


def is_closed(customer: Customer | None, now: datetime) -> bool:
    """Whether the window is surely closed; if it is not known, Meta has to be asked."""
    return customer is not None and 0 < customer.open_until <= milliseconds(now)
