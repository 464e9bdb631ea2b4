# SPDX-License-Identifier: AGPL-3.0-or-later
"""The environment by which a client's process learns whom to trust."""

CERTIFICATES = "SSL_CERT_FILE"
ROOT = "SANDBOX_WHATSAPP_ROOT"
