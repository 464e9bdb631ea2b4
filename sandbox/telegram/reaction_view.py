# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the reactions to a post look to one viewer."""

from typing import Any

from attrs import frozen
from telethon.tl import types

from sandbox.telegram.clock import moment

RECENT = 3
"""How many of the latest reactions a message names; all are to be had by a method."""


@frozen
class Stars:
    """How many stars somebody gave to a post."""

    user: int
    count: int
    anonymous: bool = False


def shown(viewer: int, post: Any, *, named: bool, for_all: bool = False) -> Any:
    """Return the TL ``MessageReactions`` of a `sandbox.telegram.records.Post`.

    Without `named` there are counts only, as in channels. `for_all` (``min``) leaves out what the
    viewer chose.
    """
    counts: dict[bytes, Any] = {}
    chosen = 0
    for given in post.reactions:
        count = counts.setdefault(bytes(given.reaction), types.ReactionCount(given.reaction, 0))
        count.count += 1
        if given.user == viewer and not for_all:
            chosen += 1
            count.chosen_order = chosen
    results = sorted(counts.values(), key=lambda count: -count.count)
    if post.stars:
        paid = types.ReactionCount(types.ReactionPaid(), sum(one.count for one in post.stars))
        results.insert(0, paid)
    recent = [peer_reaction(viewer, given) for given in reversed(post.reactions[-RECENT:])]
    return types.MessageReactions(
        min=for_all or None,
        results=results,
        can_see_list=named or None,
        recent_reactions=recent if named else None,
        top_reactors=_reactors(viewer, post, for_all=for_all) if post.stars else None,
    )


def named_reactors(post: Any, *, named: bool) -> set[int]:
    """Return the accounts the reactions name."""
    payers = {one.user for one in post.stars if not one.anonymous}
    return payers | ({given.user for given in post.reactions} if named else set())


def peer_reaction(viewer: int, given: Any) -> Any:
    """Return who reacted with what."""
    return types.MessagePeerReaction(
        peer_id=types.PeerUser(given.user),
        date=moment(given.date),
        reaction=given.reaction,
        big=given.big or None,
        my=given.user == viewer or None,
    )


def _reactors(viewer: int, post: Any, *, for_all: bool) -> list[Any]:
    most = sorted(post.stars, key=lambda one: -one.count)[:RECENT]
    return [
        types.MessageReactor(
            count=one.count,
            top=True,
            my=(one.user == viewer and not for_all) or None,
            anonymous=one.anonymous or None,
            peer_id=None if one.anonymous else types.PeerUser(one.user),
        )
        for one in most
    ]
