# SPDX-License-Identifier: AGPL-3.0-or-later
"""What ``karvon migrate`` and ``karvon leave`` ask and say at their ends, in the operator's language."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from bridges.core.text import UserText, user_text
from bridges.migration.run.undoing import Undone

CONFIRM_UNDO = user_text("Have everybody leave the rooms of this plan, with all that is in them?")

PASSPHRASE = user_text("Passphrase of the room keys")

_COUNTED = {
    "chats": user_text("Chats"),
    "messages": user_text("Messages"),
    "files": user_text("Files"),
    "missing_files": user_text("Missing files"),
    "incomplete_chats": user_text("Chats that are not whole"),
    "contacts": user_text("Contacts"),
}


def planned(file: Path, rooms: int) -> UserText:
    """Say where a plan is, and how many rooms it has."""
    return user_text("The plan is in {file}. Rooms: {count}", file=str(file), count=rooms)


def grows(file: Path) -> UserText:
    """Say that rooms of an earlier plan will be gone on with."""
    return user_text(
        "With {file} something was brought over before. Of the same chats only what was said since will"
        " come.",
        file=str(file),
    )


def nobody_matched(url: str) -> UserText:
    """Say that the homeserver could not be asked who is known to bridges."""
    return user_text(
        "{url} does not answer or does not know the registration of the migration, so nobody is matched"
        " with the people of bridges.",
        url=url,
    )


def brought_over(file: Path) -> UserText:
    """Say what comes after a run."""
    return user_text("Done. Now: {command}", command=f"karvon migrate report {file}")


def run_stopped(file: Path) -> UserText:
    """Say how a run goes on."""
    return user_text("Stopped. It goes on with: {command}", command=f"karvon migrate run {file}")


def undone(result: Undone, listed: Path) -> Iterator[UserText]:
    """Say what was taken back, and what stays; addresses of files are in ``listed``."""
    yield user_text("Rooms that everybody has left: {count}", count=result.rooms)
    for room in result.cleared:
        yield user_text("{room}: what was put behind is removed, and the room stays.", room=room)
    for room in result.still_there:
        yield user_text("{room}: somebody stays in it whom we cannot make leave.", room=room)
    if result.uploads:
        yield user_text(
            "Files that stay on the homeserver, as only its administrators can delete them: {count}."
            " Their addresses are in {file}.",
            count=len(result.uploads),
            file=str(listed),
        )
    if result.rooms:
        yield user_text("The accounts of the archive's people stay, in no room and without a name.")


def export_stopped(folder: Path) -> UserText:
    """Say how an export goes on."""
    return user_text(
        "Stopped. It goes on with the same command, into {folder}.", folder=str(folder)
    )


def counted(counts: Mapping[str, int]) -> Iterator[UserText]:
    """Say how much of what there is; the names are those of a manifest's counts."""
    for name, count in counts.items():
        yield UserText("{what}: {count}", {"what": _COUNTED[name], "count": count})


def confirm_deletion(owner: str) -> UserText:
    """Ask somebody to type whose data are to be deleted."""
    return user_text("This cannot be undone. Type {owner}", owner=owner)


def password_of(owner: str) -> UserText:
    """Ask for somebody's password."""
    return user_text("Password of {owner}", owner=owner)


def signed_by(server: str) -> UserText:
    """Say that a receipt is genuine."""
    return user_text("Signed by {server}", server=server)


def export_contents(owner: str, files: int, messages: int) -> UserText:
    """Say what an export holds."""
    return user_text(
        "{owner}. Files: {files}. Messages: {messages}",
        owner=owner,
        files=files,
        messages=messages,
    )
