# SPDX-License-Identifier: AGPL-3.0-or-later
"""What may go wrong between the guide and its homeserver."""


class GuideRefused(Exception):
    """The homeserver does not let the guide do something; trying again changes nothing."""


class GuideUnavailable(Exception):
    """The homeserver does not answer as it should; it is worth trying again."""


class LoggedOut(Exception):
    """The guide's device was logged out: nothing can be done before the next login."""


class AccountUnusable(Exception):
    """The guide's account cannot be used; the text says what in the configuration to change."""
