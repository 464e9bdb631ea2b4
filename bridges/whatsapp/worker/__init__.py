# SPDX-License-Identifier: AGPL-3.0-or-later
"""The process that is linked to people's WhatsApp accounts: the only place that knows neonize."""
