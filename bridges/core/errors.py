# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything that may go wrong between the core and a network.

* ``BridgeError``: has a stable ``code``, a ``text`` for the person and says whether it is ``certain``
  that nothing happened on the other side

  * ``TemporaryError``: try the same thing again after ``retry_after`` seconds

    * ``RateLimited``: the network asked to wait; ``whole_login`` tells how far it reaches
    * ``NotConnected``: the session has no connection at the moment

  * ``Rejected``: will not work, however often it is tried

    * ``Unsupported``: the network or this bridge has no such thing

  * ``SessionLost``: the account is logged out; only a new login helps
  * ``LoginError``

    * ``WrongInput``: the same login step is asked again
    * ``LoginFailed``: the login process is over
"""

from bridges.core.text import UserText


class BridgeError(Exception):
    """Base of all errors a network reports to the core.

    Attributes:
        code: stable, for logs, metrics and clients; upper case, e.g. ``TELEGRAM.CHAT_WRITE_FORBIDDEN``.
        text: a sentence for the person concerned, which says what to do.
        certain: True if the request surely had no effect; False if it may have had one.
    """

    def __init__(self, code: str, text: UserText, *, certain: bool = True) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.certain = certain


class TemporaryError(BridgeError):
    """Passing trouble: the same request may be repeated after ``retry_after`` seconds."""

    def __init__(
        self, code: str, text: UserText, *, retry_after: float = 5.0, certain: bool = True
    ) -> None:
        super().__init__(code, text, certain=certain)
        self.retry_after = retry_after


class RateLimited(TemporaryError):
    """The network told us to wait. Asking again earlier makes it worse."""

    def __init__(
        self, code: str, text: UserText, *, retry_after: float, whole_login: bool = True
    ) -> None:
        super().__init__(code, text, retry_after=retry_after)
        self.whole_login = whole_login


class NotConnected(TemporaryError):
    """The session is not connected, or lost its connection while the request was under way."""


class Rejected(BridgeError):
    """The network refuses this request for good."""


class Unsupported(Rejected):
    """Nobody can do this: the network has no such thing, or this bridge does not carry it."""


class SessionLost(BridgeError):
    """The account's authorisation is gone; the person has to log in again."""


class LoginError(BridgeError):
    """A login process cannot go on as it is."""


class WrongInput(LoginError):
    """What the person entered is wrong; the same step may be submitted again."""


class LoginFailed(LoginError):
    """The login process has ended without a login."""
