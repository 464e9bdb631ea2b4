# SPDX-License-Identifier: AGPL-3.0-or-later
"""People: names, pictures, numbers, who is blocked."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from bridges.whatsapp.worker import jids
from bridges.whatsapp.worker.calls.base import Handler, Request
from bridges.whatsapp.worker.calls.files import read_file
from bridges.whatsapp.worker.plain import plain

_CHANNELS = "newsletter"
_MEDIA_HOST = "mmg.whatsapp.net"
_NO_PICTURE = ("item-not-found", "not-authorized", "does not have a profile picture", "hidden")


async def contacts(request: Request) -> list[dict[str, Any]]:
    """Return everybody whose name is known: from the phone's address book, or told by them."""
    return [
        {
            "jid": jids.to_text(one.JID),
            "first_name": one.Info.FirstName,
            "full_name": one.Info.FullName,
            "push_name": one.Info.PushName,
            "business_name": one.Info.BusinessName,
            "redacted_phone": one.Info.RedactedPhone,
        }
        for one in await request.client.contact.get_all_contacts()
    ]


async def user_info(request: Request) -> list[dict[str, Any]]:
    """Return what WhatsApp tells of people: about text, picture, devices."""
    return [
        {
            "jid": jids.to_text(one.JID),
            "about": one.UserInfo.Status,
            "picture_id": one.UserInfo.PictureID,
            "verified_name": one.UserInfo.VerifiedName.Details.verifiedName,
            "devices": [jids.to_text(device, device=True) for device in one.UserInfo.Devices],
        }
        for one in await request.client.get_user_info(*request.jids("users"))
    ]


async def on_whatsapp(request: Request) -> list[dict[str, Any]]:
    """Look numbers up; more than a few at once endanger the account."""
    numbers = [f"+{one.lstrip('+')}" for one in request.texts("phones")]
    return [
        {"phone": one.Query, "jid": jids.to_text(one.JID), "registered": one.IsIn}
        for one in await request.client.is_on_whatsapp(*numbers)
    ]


async def lid_of(request: Request) -> str:
    """Return the LID of a number if it is known here, else nothing."""
    return jids.to_text(await request.client.get_lid_from_pn(request.jid("phone")))


async def phone_of(request: Request) -> str:
    """Return the number of a LID if it is known here, else nothing."""
    return jids.to_text(await request.client.get_pn_from_lid(request.jid("lid")))


async def picture(request: Request) -> dict[str, str] | None:
    """Return where a picture can be fetched, None if it is the one known, or there is none."""
    if request.jid("of").Server == _CHANNELS:
        return await _picture_of_channel(request)
    parameters = request.library.proto.GetProfilePictureParams(
        Preview=request.flag("preview", False),
        ExistingID=request.text("known", ""),
        IsCommunity=request.flag("community", False),
    )
    try:
        found = await request.client.get_profile_picture(request.jid("of"), parameters)
    except Exception as error:
        if any(words in str(error) for words in _NO_PICTURE):
            return None
        raise
    return {"id": found.ID, "url": found.URL, "direct_path": found.DirectPath} if found.ID else None


async def _picture_of_channel(request: Request) -> dict[str, str] | None:
    about = (await request.client.get_newsletter_info(request.jid("of"))).ThreadMeta
    found = about.Picture if about.Picture.DirectPath else about.Preview
    url = found.URL or f"https://{_MEDIA_HOST}{found.DirectPath}"
    return {"id": found.ID, "url": url, "direct_path": found.DirectPath} if found.ID else None


async def set_own_picture(request: Request) -> str:
    """Set one's picture from a JPEG; returns its id."""
    data = await asyncio.to_thread(read_file, request.file())
    return str(await request.client.set_profile_photo(data))


async def set_push_name(request: Request) -> None:
    """Set the name one shows to others."""
    await request.client.set_profile_name(request.text("name"))


async def set_about(request: Request) -> None:
    """Set one's about text."""
    await request.client.set_status_message(request.text("text"))


async def blocked(request: Request) -> list[str]:
    """Return who is blocked."""
    return [jids.to_text(one) for one in (await request.client.get_blocklist()).JIDs]


async def block(request: Request) -> list[str]:
    """Block somebody, or no longer; returns who is blocked then."""
    actions = request.library.enums.BlocklistAction
    action = actions.BLOCK if request.flag("block") else actions.UNBLOCK
    done = await request.client.update_blocklist(request.jid("user"), action)
    return [jids.to_text(one) for one in done.JIDs]


async def privacy(request: Request) -> dict[str, Any]:
    """Return the account's privacy settings."""
    return plain(await request.client.get_privacy_settings())


HANDLERS: Final[Mapping[str, Handler]] = {
    "contacts": contacts,
    "user_info": user_info,
    "on_whatsapp": on_whatsapp,
    "lid_of": lid_of,
    "phone_of": phone_of,
    "picture": picture,
    "set_own_picture": set_own_picture,
    "set_push_name": set_push_name,
    "set_about": set_about,
    "blocked": blocked,
    "block": block,
    "privacy": privacy,
}
