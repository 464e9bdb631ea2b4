# SPDX-License-Identifier: AGPL-3.0-or-later
"""What agents send: every kind, once each, within the window, and what they are told if it fails."""

from datetime import timedelta
from pathlib import Path

import pytest

from bridges.core.content import (
    FormattedText,
    LocalMedia,
    Location,
    MediaInfo,
    MediaKind,
    MediaLook,
    OutgoingContent,
    Poll,
    PollAnswer,
    Text,
)
from bridges.core.egress.border import DestinationRefused, OpenBorder
from bridges.core.errors import (
    BridgeError,
    NotConnected,
    RateLimited,
    Rejected,
    SessionLost,
    TemporaryError,
    Unsupported,
)
from bridges.core.events import RemoteFailure, RemoteReceipt
from bridges.core.ids import MessageID
from bridges.core.network import SessionState
from bridges.core.outgoing import OutgoingMessage, OutgoingReactions, OutgoingReceipt
from sandbox.whatsapp_cloud.customer import CustomerPhone
from tests.support.waiting import eventually
from tests.whatsapp.cloud.office import ALISA, OfficeUnderTest


@pytest.fixture
async def customer(office: OfficeUnderTest) -> CustomerPhone:
    """Somebody who has just written."""
    customer = office.customer()
    customer.says("hello")
    await office.handle.until_text("hello")
    return customer


def outgoing(
    office: OfficeUnderTest, content: OutgoingContent | str, key: str = "k", **more: bool
) -> OutgoingMessage:
    if isinstance(content, str):
        content = Text(FormattedText(content))
    return OutgoingMessage(office.chat(), key, content, office.clock.now(), **more)  # type: ignore[arg-type]


async def test_a_text_reaches_the_customer(
    office: OfficeUnderTest, customer: CustomerPhone
) -> None:
    sent = await office.sessions[ALISA].send(outgoing(office, "Salom!"))
    assert customer.texts() == ["Salom!"]
    assert [one.id for one in customer.inbox] == list(sent.ids)


async def test_an_answer_names_what_it_answers(
    office: OfficeUnderTest, customer: CustomerPhone
) -> None:
    question = customer.says("how much?")
    message = OutgoingMessage(
        office.chat(), "k", Text(FormattedText("5")), office.clock.now(), MessageID(question)
    )
    await office.sessions[ALISA].send(message)
    assert customer.inbox[-1].content["context"] == {"message_id": question}


async def test_a_long_text_comes_in_pieces(
    office: OfficeUnderTest, customer: CustomerPhone
) -> None:
    sent = await office.sessions[ALISA].send(outgoing(office, "word " * 2000))
    assert len(sent.ids) == len(customer.texts()) == 3
    assert " ".join(customer.texts()).split() == ["word"] * 2000


@pytest.mark.parametrize(
    ("kind", "mime", "sent_as"),
    [
        (MediaKind.IMAGE, "image/jpeg", "image"),
        (MediaKind.IMAGE, "image/heic", "document"),
        (MediaKind.VIDEO, "video/mp4", "video"),
        (MediaKind.AUDIO, "audio/ogg; codecs=opus", "audio"),
        (MediaKind.STICKER, "image/webp", "sticker"),
        (MediaKind.FILE, "application/pdf", "document"),
    ],
)
async def test_files_are_sent_as_what_meta_takes_them_for(
    office: OfficeUnderTest,
    customer: CustomerPhone,
    tmp_path: Path,
    kind: MediaKind,
    mime: str,
    sent_as: str,
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    file = LocalMedia(
        kind, MediaInfo("name.bin", mime), path, FormattedText("below"), MediaLook(voice=True)
    )
    await office.sessions[ALISA].send(outgoing(office, file))
    first = customer.inbox[0].content
    assert first["type"] == sent_as
    stored = office.net.world.files[first[sent_as]["id"]]
    assert (stored.data, stored.mime) == (b"content", mime.partition(";")[0])
    shown = [first[sent_as].get("caption"), *customer.texts()]
    assert [one for one in shown if one] == ["below"]


async def test_a_place_is_sent_and_a_poll_is_not(
    office: OfficeUnderTest, customer: CustomerPhone
) -> None:
    session = office.sessions[ALISA]
    await session.send(outgoing(office, Location("geo:38.5,68.7;u=5", "here")))
    place = customer.inbox[0].content["location"]
    assert place == {"latitude": 38.5, "longitude": 68.7, "name": "here"}
    poll = Poll("?", (PollAnswer("1", "a"), PollAnswer("2", "b")))
    with pytest.raises(Unsupported):
        await session.send(outgoing(office, poll))


async def test_after_a_day_people_are_told_what_can_be_done(
    office: OfficeUnderTest, customer: CustomerPhone
) -> None:
    office.clock.ahead = timedelta(hours=23, minutes=59)
    session = office.sessions[ALISA]
    await session.send(outgoing(office, "in time"))
    office.clock.ahead = timedelta(hours=24, minutes=1)
    with pytest.raises(Rejected, match=r"131047.*template"):
        await session.send(outgoing(office, "too late", "k2"))
    office.net.world.advance(24 * 3600 + 60)
    customer.says("still there?")
    await office.handle.until_text("still there?")
    await session.send(outgoing(office, "yes", "k3"))
    assert customer.texts() == ["in time", "yes"]


async def test_what_meta_refuses_afterwards_is_told(
    office: OfficeUnderTest, customer: CustomerPhone
) -> None:
    office.net.faults.fail(131047)
    sent = await office.sessions[ALISA].send(outgoing(office, "too late for Meta"))
    failure = (await office.handle.until(lambda: office.handle.all(RemoteFailure)))[0]
    assert (failure.target, failure.code) == (sent.ids[0], "WHATSAPP.131047")
    assert "template" in failure.reason
    with pytest.raises(Rejected, match="131047"):
        await office.sessions[ALISA].send(outgoing(office, "again", "k2"))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (131026, Rejected),
        (131051, Rejected),
        (999999, Rejected),
        (130429, RateLimited),
        (131056, RateLimited),
        (131000, TemporaryError),
        (190, SessionLost),
    ],
)
async def test_errors_have_meanings(
    office: OfficeUnderTest, customer: CustomerPhone, code: int, kind: type[BridgeError]
) -> None:
    office.net.faults.refuse(code)
    with pytest.raises(kind, match=str(code)) as caught:
        await office.sessions[ALISA].send(outgoing(office, "x"))
    assert caught.value.certain is (code != 131000)
    if isinstance(caught.value, RateLimited):
        assert caught.value.whole_login is (code == 130429)


async def test_a_message_whose_answer_was_lost_is_not_sent_twice(
    office: OfficeUnderTest, customer: CustomerPhone
) -> None:
    session = office.sessions[ALISA]
    office.net.faults.lost_answers = 1
    with pytest.raises(NotConnected) as caught:
        await session.send(outgoing(office, "just once"))
    assert not caught.value.certain

    async def repeated() -> bool:
        try:
            sent = await session.send(outgoing(office, "just once", repeated=True))
        except TemporaryError:
            return False
        return [one.id for one in customer.inbox] == list(sent.ids)

    await eventually(repeated)
    assert customer.texts() == ["just once"]


async def test_a_message_that_never_arrived_is_sent_again(
    office: OfficeUnderTest, customer: CustomerPhone
) -> None:
    session = office.sessions[ALISA]
    office.net.faults.dropped_requests = 1
    with pytest.raises(NotConnected):
        await session.send(outgoing(office, "at last"))
    with pytest.raises(TemporaryError, match="OUTCOME_UNKNOWN"):
        await session.send(outgoing(office, "at last", repeated=True))
    office.clock.ahead = timedelta(minutes=3)
    await session.send(outgoing(office, "at last", repeated=True))
    assert customer.texts() == ["at last"]


async def test_reactions_receipts_and_typing_are_told(
    office: OfficeUnderTest, customer: CustomerPhone
) -> None:
    session = office.sessions[ALISA]
    said = MessageID(customer.says("good?"))
    await office.handle.until_text("good?")
    assert await session.react(OutgoingReactions(office.chat(), said, ("👎", "👍"))) == ("👍",)
    assert customer.person.reactions == {said: "👍"}
    assert await session.react(OutgoingReactions(office.chat(), said, ())) == ()
    assert customer.person.reactions == {said: ""}
    await session.mark_read(OutgoingReceipt(office.chat(), said))
    await session.set_typing(office.chat(), True)
    assert office.net.world.read_by_business == [said, said]
    assert office.net.world.typing_shown == [said]


async def test_what_the_customer_has_read_is_shown(
    office: OfficeUnderTest, customer: CustomerPhone
) -> None:
    sent = await office.sessions[ALISA].send(outgoing(office, "look"))
    customer.reads()
    receipts = await office.handle.until(lambda: office.handle.all(RemoteReceipt))
    assert receipts[0].up_to == sent.ids[0]
    assert receipts[0].reader.user == "992900000301"


async def test_an_expired_token_is_told_at_once(
    office: OfficeUnderTest, customer: CustomerPhone
) -> None:
    session = office.sessions[ALISA]
    await session.connect()
    await office.handle.until_state(SessionState.CONNECTED)
    office.net.faults.expired_token = True
    with pytest.raises(SessionLost):
        await session.send(outgoing(office, "x"))
    reason = await office.handle.until_state(SessionState.BAD_CREDENTIALS)
    assert "access token" in str(reason)


async def test_files_are_fetched_while_their_address_lasts(
    office: OfficeUnderTest, customer: CustomerPhone, tmp_path: Path
) -> None:
    customer.sends_file("document", b"bytes" * 1000, "application/pdf", "a.pdf", "see")
    await office.handle.until_text("see")
    part = office.handle.messages()[-1].parts[0]
    session, target = office.sessions[ALISA], tmp_path / "fetched"
    await session.fetch(part.reference, target)  # type: ignore[union-attr]
    assert target.read_bytes() == b"bytes" * 1000
    with pytest.raises(Rejected):
        await session.fetch("123456", target)


async def test_templates_are_listed_and_sent(office: OfficeUnderTest) -> None:
    customer = office.customer()
    customer.says("hello")
    await office.handle.until_text("hello")
    net, number = office.net, office.number
    for name in ("a", "b", "c", "order_ready"):
        net.add_template(number, name, "en", "Dear {{1}}, your order {{2}} is ready.")
    net.add_template(number, "draft", "en", "Not yet", status="PENDING")
    session = office.sessions[ALISA]
    templates = await session.templates(office.chat())
    assert [one.name for one in templates] == ["a", "b", "c", "order_ready"]
    with pytest.raises(Rejected, match="TEMPLATE_VALUES"):
        await session.send_template(office.chat(), "k", templates[3], ["Farhod"])
    office.clock.ahead = timedelta(days=3)
    net.world.advance(3 * 86400)
    await session.send_template(office.chat(), "k", templates[3], ["Farhod", "17"])
    await session.send_template(office.chat(), "k", templates[3], ["Farhod", "17"])
    assert [one.content["template"]["name"] for one in customer.inbox] == ["order_ready"]
    assert office.handle.texts()[-1] == "Dear Farhod, your order 17 is ready."


class ClosedBorder(OpenBorder):
    """A policy that lists nothing."""

    def check(self, host: str) -> None:
        raise DestinationRefused(f"{host} is not listed")


async def test_the_policy_of_the_homeserver_is_asked_before_each_connection(
    office: OfficeUnderTest, customer: CustomerPhone
) -> None:
    office.handle.border = ClosedBorder()
    await office.restart()
    session = office.provider.open_session(office.records[ALISA])
    with pytest.raises(Rejected, match="POLICY"):
        await session.send(outgoing(office, "not let out"))
    assert not customer.texts()
