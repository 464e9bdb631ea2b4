# SPDX-License-Identifier: AGPL-3.0-or-later
"""Coming to answer for an organisation's number.

Who is listed as an agent of the configured number only says that they want to. Everybody else proves it
with the number's secrets, which are checked at Meta before they are kept.
"""

from collections.abc import Mapping

from attrs import field, frozen

from bridges.core.errors import LoginFailed, Rejected, SessionLost, WrongInput
from bridges.core.login import (
    Claim,
    Complete,
    Field,
    FieldKind,
    LoggedIn,
    LoginFlow,
    LoginStep,
    UserInput,
)
from bridges.core.text import user_text
from bridges.whatsapp.cloud import ids
from bridges.whatsapp.cloud.account_check import checked
from bridges.whatsapp.cloud.desks import Desks
from bridges.whatsapp.cloud.graph import Credentials, GraphApi

CLOUD_FLOW = LoginFlow(
    "cloud",
    user_text("An organisation's number"),
    user_text("Answer for a number that your organisation uses with Meta's Cloud API."),
)
_NUMBER, _TOKEN, _SECRET, _VERIFY = "number", "access_token", "app_secret", "verify_token"
_FIELDS = (
    Field(
        _NUMBER,
        FieldKind.USERNAME,
        user_text("**Phone number ID**"),
        user_text("Meta's id of the number: digits, and not the number itself."),
    ),
    Field(
        _TOKEN,
        FieldKind.TOKEN,
        user_text("**Access token**"),
        user_text("The token of a system user, without an end date."),
    ),
    Field(
        _SECRET,
        FieldKind.TOKEN,
        user_text("**App secret**"),
        user_text("It is in the app's basic settings at developers.facebook.com."),
    ),
    Field(
        _VERIFY,
        FieldKind.TOKEN,
        user_text("**Verify token**"),
        user_text("Make one up, and enter the same beside the webhook's address at Meta."),
    ),
)
_ASK = UserInput(
    "cloud.secrets",
    user_text(
        "I need four things from your organisation's app at developers.facebook.com. I check them at "
        "Meta and keep them encrypted."
    ),
    _FIELDS,
)
_NOT_LISTED = user_text(
    "You are not among those who answer for the organisation's number. The operator of this bridge "
    "can list you."
)
_BAD_NUMBER = user_text("The phone number ID has digits only. Find it where the token is shown.")
_SHORT_VERIFY = user_text("Make the verify token at least 8 characters long.")
_BAD_TOKEN = user_text(
    "Meta does not accept this access token for this number, or not with this app secret. Try again."
)
_SHORTEST_VERIFY = 8


@frozen
class Office:
    """What a login needs.

    Attributes:
        configured: the number that is set up in the configuration, if one is.
        agents: who may answer for it.
        takes_secrets: whether people may bring numbers of their own.
    """

    desks: Desks
    graph: GraphApi
    configured: Credentials | None = field(default=None, repr=False)
    agents: frozenset[str] = frozenset()
    takes_secrets: bool = True


class CloudLogin:
    """See ``bridges.core.login.LoginProcess``."""

    def __init__(self, office: Office, claim: Claim) -> None:
        self._office = office
        self._claim = claim

    async def start(self) -> LoginStep:
        """Ask for the secrets, unless they are known."""
        configured = self._office.configured
        if configured is not None and self._claim.person in self._office.agents:
            return await self._complete(configured)
        if not self._office.takes_secrets:
            raise LoginFailed("WHATSAPP.NOT_LISTED", _NOT_LISTED)
        return _ASK

    async def submit(self, values: Mapping[str, str]) -> LoginStep:
        """Take the secrets."""
        number = values[_NUMBER].strip()
        if not (number.isascii() and number.isdigit()):
            raise WrongInput("WHATSAPP.BAD_NUMBER_ID", _BAD_NUMBER)
        if len(values[_VERIFY]) < _SHORTEST_VERIFY:
            raise WrongInput("WHATSAPP.SHORT_VERIFY_TOKEN", _SHORT_VERIFY)
        credentials = Credentials(number, values[_TOKEN], values[_SECRET], values[_VERIFY])
        try:
            return await self._complete(credentials)
        except (SessionLost, Rejected) as refused:
            raise WrongInput(refused.code, _BAD_TOKEN) from refused

    async def wait(self) -> LoginStep:
        """Nothing is ever shown to wait for."""
        raise LoginFailed("WHATSAPP.NOTHING_TO_WAIT_FOR", _NOT_LISTED)

    async def cancel(self) -> None:
        """Nothing was begun."""

    async def _complete(self, credentials: Credentials) -> Complete:
        account = await checked(self._office.graph, credentials)
        login = ids.login_id(account.number, self._claim.person)
        await self._claim(login)
        await self._office.desks.keep(account, login)
        done = user_text(
            "You answer for {name} now. Everybody who does is in the same rooms.", name=account.name
        )
        return Complete("cloud.done", done, LoggedIn(login, ids.agent_user(login), account.name))
