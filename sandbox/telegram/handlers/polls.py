# SPDX-License-Identifier: AGPL-3.0-or-later
"""Voting in polls and seeing their results: https://core.telegram.org/api/poll."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from sandbox.telegram import inputs
from sandbox.telegram.clock import moment
from sandbox.telegram.handlers import drafts
from sandbox.telegram.polls import Ballot, PollRecord
from sandbox.telegram.records import Kind, Peer, Post
from sandbox.telegram.rpc import Call, Handlers, bad_request, forbidden


def _send_vote(call: Call, request: Any) -> Any:
    me, peer = call.me.id, inputs.readable(call, request.peer)
    post, poll = _find(call, peer, request.msg_id)
    call.world.polls.vote(poll, me, request.options)
    tell(call, poll)
    return call.world.updates.answer(me, peers=_mentioned(call, post, poll))


def tell(call: Call, poll: PollRecord, *, whole: bool = False) -> None:
    """Push the results to everybody who has the poll, and with `whole` the poll itself.

    The one who acted gets what they chose; the others get the form that is the same for all.
    """
    world = call.world
    for uid in poll.posts:
        post = world.mailboxes.post(uid)
        for viewer in world.posts.holders(post) if post is not None else ():
            assert post is not None
            update = _update(call, viewer, post, poll, whole=whole, for_all=viewer != call.me.id)
            world.updates.passing(viewer, update, _mentioned(call, post, poll))


def _get_results(call: Call, request: Any) -> Any:
    me, peer = call.me.id, inputs.readable(call, request.peer)
    post, poll = _find(call, peer, request.msg_id)
    changed = call.world.polls.poll(me, poll).hash != request.poll_hash
    update = _update(call, me, post, poll, whole=changed)
    return call.world.updates.answer(me, [update], _mentioned(call, post, poll))


def _get_votes(call: Call, request: Any) -> Any:
    me, peer = call.me.id, inputs.readable(call, request.peer)
    _, poll = _find(call, peer, request.id)
    if peer.kind is Kind.CHANNEL and call.world.rooms.get(peer).broadcast:
        raise forbidden("BROADCAST_FORBIDDEN")
    public = getattr(poll.poll, "public_voters", False)
    if not public or not (poll.ballot(me) or call.world.polls.is_closed(poll)):
        raise forbidden("POLL_VOTE_REQUIRED")
    wanted = request.option
    found = [one for one in reversed(poll.ballots) if wanted is None or wanted in one.options]
    start = int(request.offset or 0)
    page = found[start : start + max(1, min(request.limit, call.world.limits.page))]
    end = start + len(page)
    users, chats = call.world.render.people_and_rooms(me, {Peer.user(one.user) for one in page})
    return types.messages.VotesList(
        count=len(found),
        votes=[_vote(one, wanted) for one in page],
        chats=chats,
        users=users,
        next_offset=str(end) if end < len(found) else None,
    )


def _vote(ballot: Ballot, wanted: bytes | None) -> Any:
    who, when = types.PeerUser(ballot.user), moment(ballot.date)
    if wanted is not None:
        return types.MessagePeerVoteInputOption(who, when)
    if len(ballot.options) == 1:
        return types.MessagePeerVote(who, ballot.options[0], when)
    return types.MessagePeerVoteMultiple(who, ballot.options, when)


def _find(call: Call, peer: Peer, number: int) -> tuple[Post, PollRecord]:
    post = call.world.posts.find(call.me.id, peer, number)
    poll = call.world.polls.of(post.media)
    if poll is None:
        raise bad_request("MESSAGE_ID_INVALID")
    return post, poll


def _mentioned(call: Call, post: Post, poll: PollRecord) -> set[Peer]:
    return call.world.render.peers_in(post) | call.world.polls.voters(poll)


def _update(
    call: Call,
    viewer: int,
    post: Post,
    poll: PollRecord,
    *,
    whole: bool = False,
    for_all: bool = False,
) -> Any:
    return types.UpdateMessagePoll(
        poll_id=poll.id,
        results=call.world.polls.results(viewer, poll, for_all=for_all),
        peer=post.peer_for(viewer).tl(),
        msg_id=drafts.number_for(post, viewer),
        poll=call.world.polls.poll(viewer, poll) if whole else None,
    )


HANDLERS: Handlers = MappingProxyType(
    {
        messages.SendVoteRequest: _send_vote,
        messages.GetPollResultsRequest: _get_results,
        messages.GetPollVotesRequest: _get_votes,
    }
)
