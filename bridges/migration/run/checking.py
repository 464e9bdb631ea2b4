# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether a plan can be run: looks at the archives, the homeserver and who may be spoken for."""

import asyncio

from attrs import frozen
from mautrix.types import UserID

from bridges.core.matrix.client import MatrixSender
from bridges.core.matrix.errors import HomeserverRefused, HomeserverUnavailable
from bridges.core.text import UserText, user_text
from bridges.migration.archives.errors import ArchiveRefused
from bridges.migration.plan.model import Plan
from bridges.migration.plan.sources import opened
from bridges.migration.run.portals import NOT_BEHIND
from bridges.migration.run.voices import Voices
from bridges.migration.run.work import Work


@frozen
class Finding:
    """Something about a plan. What ``prevents`` a run has to be seen to first."""

    text: UserText
    prevents: bool = False


NOT_SILENT = user_text(
    "The homeserver does not load the module for histories. Messages are sent one by one with their old"
    " times: that is about thirty times slower, and they come after what is in a room."
)


def not_permitted(bot: UserID, rule: str) -> Finding:
    """Give what to say if a rule of the policy is against the rooms."""
    text = user_text(
        "The policy does not let {bot} make rooms that stay on this homeserver: {rule}",
        bot=bot,
        rule=rule,
    )
    return Finding(text, prevents=True)


async def check(work: Work) -> list[Finding]:
    """Give everything that should be known before a run; nothing if all is well."""
    plan = work.plan
    found = [Finding(UserText("{ask}", {"ask": one.ask}), prevents=True) for one in plan.questions]
    if not plan.made:
        found.append(Finding(user_text("No room of this plan is to be made."), prevents=True))
    found += await asyncio.to_thread(_archives, work)
    try:
        found += await _homeserver(work)
    except HomeserverUnavailable as error:
        found.append(
            Finding(
                user_text(
                    "The homeserver does not answer, or does not know the registration of the"
                    " migration. Start it, with what karvon registration migration prints: {error}",
                    error=error.detail,
                ),
                prevents=True,
            )
        )
    return found


def _archives(work: Work) -> list[Finding]:
    found = []
    for archive in work.plan.head.archives:
        try:
            with opened(work.path(archive), archive.answers, work.today, work.say) as one:
                is_same = one.fingerprint() == archive.fingerprint
        except ArchiveRefused as refused:
            found.append(Finding(refused.text, prevents=True))
            continue
        if not is_same:
            text = user_text(
                "{archive} is not what it was when the plan was made. Make a new plan.",
                archive=archive.path,
            )
            found.append(Finding(text, prevents=True))
    return found


async def _homeserver(work: Work) -> list[Finding]:
    voices, plan = work.voices, work.plan
    found = []
    await voices.prepare(voices.bot.mxid)
    behind = any(work.edge(one) is not None for one in plan.made)
    if not await voices.own.histories.are_taken():
        found.append(Finding(NOT_BEHIND, prevents=True) if behind else Finding(NOT_SILENT))
    owner = UserID(plan.head.owner)
    if await voices.own.profile(voices.bot, owner) is None:
        text = user_text("There is nobody called {owner} on this homeserver.", owner=owner)
        found.append(Finding(text, prevents=True))
    else:
        found += await _owner(voices, owner)
    found += _speakers(voices, plan)
    return found + _files(plan, await voices.own.upload_limit())


async def _owner(voices: Voices, owner: UserID) -> list[Finding]:
    if not voices.can_be(owner):
        return [
            Finding(
                user_text(
                    "Nobody can speak for {owner}, as double puppeting is off: their messages will be"
                    " said by a stand-in, and they will be invited to the rooms.",
                    owner=owner,
                )
            )
        ]
    try:
        await voices.own.joined_rooms(MatrixSender(owner, is_person=True))
    except (HomeserverRefused, HomeserverUnavailable):
        text = user_text(
            "The homeserver does not let karvon speak for {owner}: it has to know what karvon"
            " registration doublepuppet prints.",
            owner=owner,
        )
        return [Finding(text, prevents=True)]
    return []


def _speakers(voices: Voices, plan: Plan) -> list[Finding]:
    """Nobody speaks for people but for the archives' owner, whatever was written into the plan."""
    others = {
        one.speaks_as
        for room in plan.made
        for one in room.speakers
        if voices.is_person(one.speaks_as) and one.speaks_as != plan.head.owner
    }
    return [
        Finding(
            user_text(
                "{person} cannot be made to speak: only the archives' owner and ghosts can.",
                person=person,
            ),
            prevents=True,
        )
        for person in sorted(others)
    ]


def _files(plan: Plan, limit: int | None) -> list[Finding]:
    largest = max((one.counts.get("largest_file", 0) for one in plan.made), default=0)
    if limit is None or largest <= limit:
        return []
    text = user_text(
        "The largest file has {size} MB and the homeserver takes {limit} MB: files that are too large"
        " are told by their names.",
        size=-(-largest // 2**20),
        limit=limit // 2**20,
    )
    return [Finding(text)]
