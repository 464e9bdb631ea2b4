# SPDX-License-Identifier: AGPL-3.0-or-later
"""What kinds of data are called, and what is said of those that stay; pure."""

from attrs import frozen

from bridges.core.text import UserText, user_text
from bridges.migration.leaving.receipt.document import Stays

_REFUSED = user_text(
    "The homeserver did not let all of it go. Try again, or ask its administrator."
)
_ASK_BOT = user_text("The bridge did not delete it. Ask its administrator.")


@frozen
class Kind:
    """How a kind of data is called, and what is said if some of it is left."""

    title: UserText
    why: UserText


def kind_of(name: str) -> Kind:
    """Give what is said of a kind. Of an account at a network the name is ``bridge <network>``."""
    bridge, _, network = name.partition(" ")
    if bridge == "bridge":
        return Kind(user_text("Accounts at {network}", network=network), _ASK_BOT)
    return {
        "archives": Kind(user_text("Rooms made of archives"), _REFUSED),
        "contacts": Kind(user_text("Contacts"), _REFUSED),
        "directory": Kind(user_text("Your entry in the directory"), _REFUSED),
        "dropped": Kind(user_text("Archives you have given the guide"), _REFUSED),
        "media": Kind(user_text("Uploaded files"), _REFUSED),
        "key_backup": Kind(user_text("Saved keys of encrypted chats"), _REFUSED),
        "account_data": Kind(user_text("Settings"), _REFUSED),
        "push_rules": Kind(user_text("Rules of notifications"), _REFUSED),
        "rooms": Kind(user_text("Chats left and forgotten"), _REFUSED),
        "profile": Kind(user_text("Name and picture"), _REFUSED),
        "account": Kind(user_text("The account, closed for good"), _REFUSED),
    }[name]


@frozen
class Circumstances:
    """What decides what stays.

    Attributes:
        media: uploaded files were deleted.
        account: the account was closed.
        backup_days: how long backups of the homeserver are kept, None if that was not said.
        parting: the receipt is given in a chat, which goes after that, and so does the account.
    """

    media: bool
    account: bool
    backup_days: int | None
    parting: bool = False


def what_stays(seen: Circumstances) -> list[Stays]:
    """Say what cannot be deleted and why."""
    found = [
        Stays(
            "messages",
            user_text(
                "What you wrote to others: it is theirs as well, on this homeserver, on others and "
                "on their devices. Delete single messages before you leave if they should not have them."
            ),
        ),
        Stays(
            "networks",
            user_text(
                "Your accounts and messages at other networks, such as Telegram: "
                "they are there, and only you can delete them there."
            ),
        ),
    ]
    if not seen.media:
        found.append(
            Stays(
                "media",
                user_text(
                    "Files you have uploaded: only an administrator of the homeserver can delete them."
                ),
            )
        )
    if seen.parting:
        found.append(
            Stays(
                "chat",
                user_text("The chat in which you are given this: it goes once you have saved it."),
            )
        )
    if not seen.account:
        found.append(
            Stays("account", user_text("The account: it is empty, and you can still log in."))
        )
    elif seen.parting:
        found.append(
            Stays("account", user_text("The account: it is closed for good with that chat."))
        )
    if seen.account:
        found.append(
            Stays("name", user_text("The name of the account, so that nobody else can take it."))
        )
    return [*found, _backups(seen.backup_days), _AUDIT]


def _backups(days: int | None) -> Stays:
    if days is None:
        text = user_text(
            "Backups of the homeserver, until they are overwritten. "
            "Its administrator knows how long that takes."
        )
    else:
        text = user_text(
            "Backups of the homeserver, which are overwritten after {days} days.", days=days
        )
    return Stays("backups", text)


_AUDIT = Stays(
    "audit",
    user_text(
        "The log of what has left the homeserver: it can be checked by others, so nothing may be taken "
        "out of it. You are in it by a pseudonym, without what was said, until its time is over."
    ),
)
