# SPDX-License-Identifier: AGPL-3.0-or-later
"""What WhatsApp's linked accounts cost, between the sandbox's WhatsApp and a real Synapse."""
