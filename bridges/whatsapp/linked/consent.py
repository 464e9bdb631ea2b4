# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ways to link an account, and what people have to know before they do."""

from bridges.core.login import LoginFlow
from bridges.core.text import user_text

RISK = user_text(
    "Before you go on: WhatsApp does not allow other programs with people's own accounts. It may warn "
    "you, ban your account for a time or for good, and nobody here can undo that. It is less likely "
    "with an account that has been in use for long, and if you do not write to many strangers. Keep "
    "your phone online: after 14 days without it WhatsApp ends the link."
)

QR_FLOW = LoginFlow(
    id="qr",
    name=user_text("QR code"),
    description=user_text(
        "Link your WhatsApp account by scanning a QR code with your phone. WhatsApp does not allow "
        "this and may ban accounts."
    ),
)

CODE_FLOW = LoginFlow(
    id="phone",
    name=user_text("Code on your phone"),
    description=user_text(
        "Link your WhatsApp account by typing a code on your phone. WhatsApp does not allow this and "
        "may ban accounts."
    ),
)
