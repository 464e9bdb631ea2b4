# SPDX-License-Identifier: AGPL-3.0-or-later
"""WhatsApp's exported chats, of iPhones and Android phones, in the ways of all their languages.

A file is read twice: ``survey`` learns what only the whole tells (how dates are written, who writes), and
``reading`` gives its messages; ``understanding`` tells what each is, ``parts`` what it shows. Nothing needs
more memory for longer files.
"""

from bridges.migration.archives.whatsapp.archive import (
    Answers,
    WhatsAppArchive,
    open_whatsapp,
    spelled,
)
from bridges.migration.archives.whatsapp.date_order import DateOrder, DateQuestion, Reading

__all__ = [
    "Answers",
    "DateOrder",
    "DateQuestion",
    "Reading",
    "WhatsAppArchive",
    "open_whatsapp",
    "spelled",
]
