# SPDX-License-Identifier: AGPL-3.0-or-later
"""What WhatsApp's messages say, for the core. Pure functions; nothing here fetches anything.

A message is a dict: protobuf's JSON form of ``WAWebProtobufsE2E.Message``. Reading begins at
``content.parts_of``.
"""
