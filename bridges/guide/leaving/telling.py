# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is said to those who leave; pure."""

from collections.abc import Mapping, Sequence

from bridges.core.text import UserText, user_text
from bridges.migration.leaving.receipt.document import Deleted

_MIB = 1024 * 1024

NOT_VERIFIED = user_text(
    "I do this only in an encrypted chat of the two of us, and for a message that one of the apps you are"
    " logged in with has encrypted. Open an encrypted chat with me and say it there."
)
NOBODY_SPEAKS = user_text(
    "I may not read your chats here, as nobody may speak for people on this homeserver. Ask the people who"
    " run it: they can do it with your own access token."
)
TOO_LATE = user_text("That was too long ago, so nothing is done. Say it again if you want it.")
KEPT = user_text("Good, nothing is done.")
MEANWHILE = user_text("I am deleting everything of yours, so I do nothing else now.")


def foreign(theirs: str, ours: str) -> UserText:
    """Say what can be done for somebody of another homeserver."""
    return user_text(
        "Your account and your chats are on {theirs}, where I cannot read or delete anything: ask the people"
        " who run it. On {ours} there is what I know of you, which `{forget}` deletes; your logins at our"
        " bridges, which `{bot}` deletes if you say it to their bots; and what you wrote in rooms of people"
        " here, which is theirs as well.",
        theirs=theirs,
        ours=ours,
        forget="forget everything",
        bot="delete-my-data",
    )


# -- Exports


def export_question() -> Sequence[UserText]:
    """Ask whether an export shall be made."""
    return (
        user_text(
            "I can put together everything you have on this homeserver: all chats with their files, your"
            " contacts and settings. It comes into this chat, encrypted, as one zip or several."
        ),
        user_text(
            "Messages of encrypted chats stay locked in it: their keys are in your apps only. If you want"
            " them opened, ask the people who run this server, who can do it with a file of your keys."
        ),
        user_text("Shall I begin? Answer with a number: 1 yes, 2 no."),
    )


def export_begun() -> Sequence[UserText]:
    """Say that it has begun."""
    return (
        user_text(
            "I am putting together everything you have. Say `{stop}` to stop.", stop="export stop"
        ),
    )


def export_progress(what: str, done: int, total: int) -> Sequence[UserText]:
    """Say how far it is; ``what`` is read: ``rooms`` or ``files``."""
    shown = _PROGRESS[what]
    line = UserText(shown.template, {"done": done, "total": total})
    return (line, user_text("Say `{stop}` to stop.", stop="export stop"))


_PROGRESS = {
    "rooms": user_text("Reading your chats: {done} of {total}."),
    "files": user_text("Fetching your files: {done} of {total}."),
}


def export_done(counts: Mapping[str, int], parts: int) -> Sequence[UserText]:
    """Say what is in an export that was handed out."""
    lines = [
        user_text(
            "This is everything you have here. Chats: {chats}, messages: {messages}, files: {files},"
            " contacts: {contacts}.",
            **{name: counts.get(name, 0) for name in ("chats", "messages", "files", "contacts")},
        )
    ]
    if missing := counts.get("missing_files", 0) + counts.get("incomplete_chats", 0):
        lines.append(
            user_text(
                "Files and chats that the homeserver did not give whole: {count}. `{readme}` names them.",
                count=missing,
                readme="README.txt",
            )
        )
    if parts > 1:
        lines.append(
            user_text(
                "Save all {count} files and unpack them into one folder; `{readme}` in it says what is"
                " where.",
                count=parts,
                readme="README.txt",
            )
        )
    else:
        lines.append(
            user_text(
                "Save the file and unpack it; `{readme}` in it says what is where.",
                readme="README.txt",
            )
        )
    return lines


def export_large(size: int, place: str) -> Sequence[UserText]:
    """Say where an export of so many bytes lies."""
    return (
        user_text(
            "Your export is done, but with {size} MB it is more than I can send here. Ask the people who run"
            " this server for it. This is how they find it: `{place}`",
            size=-(-size // _MIB),
            place=place,
        ),
    )


def export_stopped() -> Sequence[UserText]:
    """Say that it was stopped."""
    return (user_text("Stopped, and what I had put together is deleted."),)


# -- Farewells


def farewell_question(closes: bool, exported: bool, lies_there: bool) -> Sequence[UserText]:
    """Ask whether everything shall be deleted, and say what that means."""
    lines = [
        user_text(
            "This deletes: your logins at the bridges with all they have of them, your contacts and"
            " settings, saved keys of encrypted chats, your name and picture, and all your chats: you leave"
            " them, and what only you had is gone. **It cannot be undone.**"
        ),
        user_text(
            "This stays: what you wrote to others, as it is theirs as well; your accounts at Telegram and"
            " WhatsApp; files you have uploaded and backups, which only the people who run this server can"
            " delete."
        ),
    ]
    if closes:
        lines.append(
            user_text("Your account is closed for good as well; nobody else can take its name.")
        )
    else:
        lines.append(
            user_text(
                "Your account stays, empty. Say `{command}` instead to have it closed as well.",
                command="delete-everything account",
            )
        )
    if lies_there:
        lines.append(
            user_text("Your export still lies with the people who run this server: fetch it first.")
        )
    elif exported:
        lines.append(
            user_text(
                "You have an export. Save its files before you go on: this chat goes as well."
            )
        )
    else:
        lines.append(
            user_text(
                "You have no export, and cannot have one afterwards. Say `{command}` to get one first.",
                command="export",
            )
        )
    lines.append(user_text("Answer with a number: 1 go on, 2 keep everything."))
    return lines


def farewell_surely(owner: str) -> Sequence[UserText]:
    """Ask once more."""
    return (
        user_text(
            "Are you sure? Write your full address, `{owner}`, and everything is deleted. Anything else keeps"
            " it.",
            owner=owner,
        ),
    )


def farewell_begun(done: Sequence[Deleted] = ()) -> Sequence[UserText]:
    """Say what is deleted so far."""
    return (user_text("I am deleting everything."), *map(_line, done))


def _line(one: Deleted) -> UserText:
    return UserText(
        "- {line}",
        {
            "line": user_text(
                "{what}: {gone} of {there} deleted.",
                what=one.title,
                gone=one.there - one.left,
                there=one.there,
            )
        },
    )


def farewell_done(days: int) -> Sequence[UserText]:
    """Say what is left to do once the receipt is given."""
    return (
        user_text(
            "This is your receipt: what was there, what is left and why, what stays and why. It is signed;"
            " the people who run this server can give you the key to check it with."
        ),
        user_text(
            "**Save both files now.** Then say `{command}`, and this chat goes as well; it goes by itself"
            " after {days} days.",
            command="goodbye",
            days=days,
        ),
    )


def halted(why: UserText, command: str) -> Sequence[UserText]:
    """Say what stands in the way, and how it goes on."""
    return (why, user_text("Say `{command}` to go on from there.", command=command))


REFUSED = user_text("The homeserver refused something. Tell the people who run this server.")
FAILED = user_text(
    "Something went wrong here, which is not your fault. Tell the people who run this server."
)
ACCOUNT_STAYS = user_text(
    "The homeserver did not close your account. Ask the people who run it to do that."
)
