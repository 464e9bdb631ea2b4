# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logging in to Telegram: by phone number and by QR code. The bridge never signs anybody up."""
