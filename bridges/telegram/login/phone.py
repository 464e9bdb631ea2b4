# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logging in with a phone number: number, code, and the password if the account has one.

https://core.telegram.org/api/auth
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from telethon import errors as tg
from telethon import utils
from telethon.tl.functions.auth import ResendCodeRequest, SendCodeRequest, SignInRequest
from telethon.tl.types import CodeSettings, auth

from bridges.core.errors import LoginFailed
from bridges.core.login import Field, FieldKind, LoginFlow, LoginStep, UserInput
from bridges.core.text import UserText, user_text
from bridges.telegram.login.attempt import PASSWORD_FIELD, Attempt
from bridges.telegram.login.errors import failure, wrong

PHONE_FLOW = LoginFlow(
    id="phone",
    name=user_text("Phone number"),
    description=user_text("Log in with a phone number and the code Telegram sends to it."),
)

_PHONE_FIELD = "phone"
_CODE_FIELD = "code"
_RESEND = "resend"
_RESEND_MEANS_SEND = (
    tg.PhoneCodeExpiredError,
    tg.PhoneCodeHashEmptyError,
    tg.PhoneCodeEmptyError,
)


class _Stage(Enum):
    PHONE = auto()
    CODE = auto()
    PASSWORD = auto()


class PhoneLogin:
    """A login process, see ``bridges.core.login.LoginProcess``."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._stage = _Stage.PHONE
        self._phone = ""
        self._code_hash = ""

    async def start(self) -> LoginStep:
        """Ask for the number."""
        field = Field(
            _PHONE_FIELD,
            FieldKind.PHONE_NUMBER,
            user_text("Phone number"),
            user_text("With country code, for example +992 90 123 45 67."),
        )
        instructions = user_text("Enter the phone number of your Telegram account.")
        return UserInput("telegram.phone", instructions, (field,))

    async def submit(self, values: Mapping[str, str]) -> LoginStep:
        """Go on with what was entered."""
        match self._stage:
            case _Stage.PHONE:
                return await self._send_code(values.get(_PHONE_FIELD, ""))
            case _Stage.CODE:
                entered = values.get(_CODE_FIELD, "").strip()
                if entered.casefold() == _RESEND:
                    return await self._resend()
                return await self._sign_in(entered)
            case _Stage.PASSWORD:
                return await self._attempt.check_password(values.get(PASSWORD_FIELD, ""))

    async def wait(self) -> LoginStep:
        """Never asked: no step of this process waits."""
        raise LoginFailed("TELEGRAM.NO_SUCH_STEP", user_text("There is nothing to wait for."))

    async def cancel(self) -> None:
        """Disconnect."""
        await self._attempt.close()

    async def _send_code(self, entered: str) -> LoginStep:
        phone = utils.parse_phone(entered.strip())
        if phone is None:
            raise wrong("PHONE_NUMBER_INVALID")
        self._phone = phone
        await self._attempt.connect()
        api_id, api_hash = self._attempt.api
        sent = await self._attempt.call(SendCodeRequest(phone, api_id, api_hash, CodeSettings()))
        return await self._ask_code(sent)

    async def _resend(self) -> LoginStep:
        try:
            sent = await self._attempt.raw(ResendCodeRequest(self._phone, self._code_hash))
        except _RESEND_MEANS_SEND:
            return await self._send_code(self._phone)
        except tg.RPCError as error:
            raise await self._attempt.explain(error) from error
        return await self._ask_code(sent)

    async def _ask_code(self, sent: Any) -> LoginStep:
        if isinstance(sent, auth.SentCodeSuccess):
            return await self._authorized(sent.authorization)
        if not isinstance(sent, auth.SentCode):
            raise await self._attempt.end_if_over(failure("PHONE_NUMBER_FLOOD"))
        if isinstance(sent.type, auth.SentCodeTypeSetUpEmailRequired):
            raise await self._attempt.end_if_over(failure("SET_UP_EMAIL_REQUIRED"))
        self._code_hash = sent.phone_code_hash
        self._stage = _Stage.CODE
        field = Field(
            _CODE_FIELD,
            FieldKind.CODE,
            user_text("Code"),
            user_text("Enter resend to get it in another way."),
        )
        return UserInput("telegram.code", _where_the_code_is(sent.type), (field,))

    async def _sign_in(self, entered: str) -> LoginStep:
        code = "".join(one for one in entered if one.isalnum())
        if not code:
            raise wrong("PHONE_CODE_EMPTY")
        try:
            answer = await self._attempt.raw(SignInRequest(self._phone, self._code_hash, code))
        except tg.SessionPasswordNeededError:
            step = await self._attempt.password_step()
            self._stage = _Stage.PASSWORD
            return step
        except tg.RPCError as error:
            raise await self._attempt.explain(error) from error
        return await self._authorized(answer)

    async def _authorized(self, answer: Any) -> LoginStep:
        if isinstance(answer, auth.AuthorizationSignUpRequired):
            raise await self._attempt.end_if_over(failure("PHONE_NUMBER_UNOCCUPIED"))
        return await self._attempt.finish(answer.user)


def _where_the_code_is(kind: Any) -> UserText:
    match kind:
        case auth.SentCodeTypeApp():
            return user_text(
                "Telegram has sent a code to your Telegram app. Enter it here, or enter resend to "
                "get it by SMS."
            )
        case auth.SentCodeTypeCall() | auth.SentCodeTypeFlashCall():
            return user_text("Telegram calls this number and says a code. Enter it here.")
        case auth.SentCodeTypeMissedCall():
            return user_text(
                "Telegram calls this number and hangs up. Enter the last {length} digits of the "
                "calling number.",
                length=kind.length,
            )
        case auth.SentCodeTypeEmailCode():
            return user_text(
                "Telegram has sent a code to the e-mail address {address}. Enter it here.",
                address=kind.email_pattern,
            )
        case auth.SentCodeTypeFragmentSms():
            return user_text("The code is at https://fragment.com. Enter it here.")
        case _:
            return user_text("Telegram has sent a code by SMS. Enter it here.")
