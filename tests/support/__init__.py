# SPDX-License-Identifier: AGPL-3.0-or-later
"""Real servers, users and faults for the integration and conformance tests."""
