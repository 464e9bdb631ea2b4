# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hours of traffic over everything that `karvon up` starts, with faults at random times.

`make soak` plays it for `KARVON_SOAK_MINUTES`, and tests/soak/test_short.py some seconds of it. What was said
is in a ledger (`book`), who says it in `chats`, what breaks in `faults`, what processes use in `samples`, and
whether that grows in `growth`.
"""
