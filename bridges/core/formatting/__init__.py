# SPDX-License-Identifier: AGPL-3.0-or-later
"""Formatted text that every network's converter shares. Pure functions, no I/O.

A text with styled ranges (``styles``) is the middle: HTML is cut by ``tokens``, read by ``reader`` onto
a ``layout`` and written by ``writer``; a ``Dialect`` says what a network's own form can show. Networks
turn ranges into their form and back, and divide long texts by ``split``.
"""
