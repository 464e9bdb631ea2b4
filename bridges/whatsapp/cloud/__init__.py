# SPDX-License-Identifier: AGPL-3.0-or-later
"""An organisation's number by Meta's Cloud API: our own client and webhook.

``provider`` puts it together. Webhooks go ``webhook`` (who sends, how large) → ``notifications``
(what it is about) → ``receiver`` (known already? for whom?) → ``messages`` and ``contents`` (what it
says); the other way is ``session`` → ``sending`` → ``graph``.
"""
