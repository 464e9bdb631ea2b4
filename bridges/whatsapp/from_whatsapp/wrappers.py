# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages inside of messages: what is wrapped around what somebody has said."""

from attrs import evolve, frozen

from bridges.whatsapp.json_form import Json, mapping

_DEEPEST = 8
_VIEW_ONCE = frozenset({"viewOnceMessage", "viewOnceMessageV2", "viewOnceMessageV2Extension"})
_LOTTIE = "lottieStickerMessage"
_SPOILER = "spoilerMessage"
WRAPPERS = _VIEW_ONCE | {
    _LOTTIE,
    _SPOILER,
    "acp2SettingMessage",
    "associatedChildMessage",
    "audioStickerMessage",
    "botForwardedMessage",
    "botInvokeMessage",
    "botTaskMessage",
    "deviceSentMessage",
    "documentWithCaptionMessage",
    "editedMessage",
    "ephemeralMessage",
    "eventCoverImage",
    "groupMentionedMessage",
    "groupStatusMentionMessage",
    "groupStatusMessage",
    "groupStatusMessageV2",
    "newsletterAdminProfileMessage",
    "newsletterAdminProfileStatusMessage",
    "newsletterScheduledMessage",
    "pollCreationMessageV4",
    "pollCreationOptionImageMessage",
    "questionMessage",
    "questionReplyMessage",
    "statusAddYours",
    "statusMentionMessage",
}
"""Fields of ``Message`` that hold another message (``FutureProofMessage`` and ``DeviceSentMessage``)."""


@frozen
class Opened:
    """A message without what was around it.

    Attributes:
        view_once: it can be seen once.
        lottie: it is a sticker of shapes that move.
        spoiler: it is hidden until it is asked for.
    """

    content: Json
    view_once: bool = False
    lottie: bool = False
    spoiler: bool = False


def opened(message: Json) -> Opened:
    """Take off everything around a message; what is nested too deep stays as it is."""
    found = Opened(message)
    for _ in range(_DEEPEST):
        wrapper = next((one for one in found.content if one in WRAPPERS), None)
        inner = mapping(mapping(found.content.get(wrapper or "")).get("message"))
        if wrapper is None or not inner:
            break
        context = found.content.get("messageContextInfo")
        found = evolve(
            found,
            content=inner if context is None else {"messageContextInfo": context, **inner},
            view_once=found.view_once or wrapper in _VIEW_ONCE,
            lottie=found.lottie or wrapper == _LOTTIE,
            spoiler=found.spoiler or wrapper == _SPOILER,
        )
    return found
