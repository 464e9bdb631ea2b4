# SPDX-License-Identifier: AGPL-3.0-or-later
"""Matrix messages as WhatsApp's. Pure functions; nothing here sends or uploads.

A message is a dict: protobuf's JSON form of ``WAWebProtobufsE2E.Message``. Writing begins at
``messages.messages_of``.
"""
