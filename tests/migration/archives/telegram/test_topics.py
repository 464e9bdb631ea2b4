# SPDX-License-Identifier: AGPL-3.0-or-later
"""Topics of forums as chats of their own: every message is in one, and what cannot be known is told."""

import json
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from hypothesis import given
from hypothesis import strategies as st

from bridges.core.chat import ChatKind
from bridges.migration.archives.model import ArchivedChat, ArchivedMessage, Skipped
from bridges.migration.archives.telegram import TelegramArchive, open_telegram
from tests.migration.archives.in_memory import OneFile
from tests.migration.archives.telegram.exports import DATA, export_of, message, opened, words

FORUM = "channel900"
APPLES = f"{FORUM}/2"


def ids(archive: TelegramArchive, chat: str) -> list[str]:
    return [one.id for one in archive.messages(chat) if isinstance(one, ArchivedMessage)]


def written(folder: Path, *messages: Any) -> Path:
    export = export_of(*messages, name="Bog‘", type="private_supergroup", id=900)
    (folder / "result.json").write_text(json.dumps(export), "utf-8")
    return folder


def opens(number: int, title: str) -> dict[str, Any]:
    fields = {"type": "service", "action": "topic_created", "title": title}
    return message(number, **fields, actor="Anor", actor_id="user101")


def test_a_forum() -> None:
    with opened(DATA / "forum", apart=True) as archive:
        group, topic = archive.chats()
        assert group.id == FORUM
        assert topic == ArchivedChat(APPLES, f"{group.name} – Olmalar", ChatKind.GROUP)
        assert ids(archive, APPLES) == ["2", "3", "8", "9", "15"]
        first, second = (one for one in [*archive.messages(APPLES)][:2])
        assert words(first) == "Anor Anorov created the topic Olmalar"
        assert isinstance(second, ArchivedMessage)
        assert second.reply_to is None
        here = {one.id for one in archive.people(APPLES)}
        others = {one.id for one in archive.people(FORUM)}
    with opened(DATA / "forum") as archive:
        assert here | others == {one.id for one in archive.people(FORUM)}
        assert here < here | others


def test_what_answers_nothing_that_is_there_is_told(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        message(1, reply_to_message_id=-5),  # before there were topics
        opens(2, "Olma"),
        message(3, reply_to_message_id=2),
        message(5, reply_to_message_id=4),
        message(6, reply_to_message_id=5),
        message(7, reply_to_message_id=3, reply_to_peer_id="channel901"),
        message(8),
    )
    with opened(folder, apart=True) as archive:
        (remark,) = archive.remarks()
        assert str(remark).startswith(
            "Bog‘: 2 messages answer something that is not in the export."
        )
        assert ids(archive, APPLES) == ["2", "3"]
        assert ids(archive, FORUM) == ["1", "5", "6", "7", "8"]
    with opened(folder) as archive:
        assert not list(archive.remarks())
        assert [one.id for one in archive.chats()] == [FORUM]


class Counted(OneFile):
    """Counts how often it is read."""

    def __init__(self, data: bytes) -> None:
        super().__init__("result.json", data, ())
        self.reads = 0

    def open(self, name: str) -> IO[bytes]:
        self.reads += 1
        return super().open(name)


def test_a_file_is_read_once_however_many_topics_there_are() -> None:
    topics = [opens(number, f"{number}") for number in range(1, 61)]
    said = [message(number, reply_to_message_id=number - 60) for number in range(61, 121)]
    export = export_of(*topics, *said, type="private_supergroup", id=900)
    file = Counted(json.dumps(export, indent=1).encode().replace(b'"id": 70,', b'"id" 70,'))
    with closing(open_telegram(file, apart=True)) as archive:
        chats = [one.id for one in archive.chats()]
        before = file.reads
        for _ in range(2):
            found = [one for chat in chats for one in archive.messages(chat)]
        assert len(chats) == 61
        assert len(found) == 120
        assert len([one for one in found if isinstance(one, Skipped)]) == 1
        assert file.reads - before == 1


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=30))
def test_every_message_is_in_one_place(shape: list[tuple[bool, int]]) -> None:
    messages = [
        opens(number, f"{number}")
        if is_opening
        else message(number, **({"reply_to_message_id": target} if target else {}))
        for number, (is_opening, target) in enumerate(shape, start=1)
    ]
    with TemporaryDirectory() as folder, opened(written(Path(folder), *messages)) as together:
        everything = ids(together, FORUM)
        with opened(Path(folder), apart=True) as apart:
            parts = [ids(apart, one.id) for one in apart.chats()]
    assert sorted((one for part in parts for one in part), key=int) == everything
    assert all(part == sorted(part, key=int) for part in parts)
    assert len(parts) == 1 + sum(is_opening for is_opening, _ in shape)
