# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opens archives, whichever program has written them."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from attrs import frozen

from bridges.core.text import Translation, UserText, user_text
from bridges.migration.archives.container import Container, open_container
from bridges.migration.archives.model import Archive
from bridges.migration.archives.telegram import open_telegram
from bridges.migration.archives.whatsapp import Answers as WhatsAppAnswers
from bridges.migration.archives.whatsapp import WhatsAppArchive, open_whatsapp
from bridges.migration.plan.errors import PlanRefused
from bridges.migration.plan.fingerprint import fingerprint
from bridges.migration.plan.model import NOBODY, Answers, TopicRooms

_OF_TELEGRAM = frozenset({"result.json", "messages.html"})


@frozen
class Opened:
    """An archive that can be read, and what people should know of it as a whole."""

    archive: Archive
    container: Container
    remarks: tuple[UserText, ...] = ()

    def fingerprint(self) -> str:
        """Tell what is in it, in short. Raises ``ArchiveRefused``."""
        return fingerprint(self.container)


@contextmanager
def opened(path: Path, answers: Answers, today: date, say: Translation) -> Iterator[Opened]:
    """Have an archive open for the time of the block.

    ``say`` puts what stands in messages as a sentence of ours into a language. Raises
    ``ArchiveRefused``, and ``PlanRefused`` if there is no such time zone.
    """
    zone = zone_of(answers)
    with open_container(path) as container:
        if _is_telegram(container):
            apart = answers.topics is TopicRooms.APART
            with closing(open_telegram(container, zone=zone, say=say, apart=apart)) as telegram:
                yield Opened(telegram, container, tuple(telegram.remarks()))
        else:
            yield Opened(_whatsapp(container, path.name, answers, zone, today), container)


def zone_of(answers: Answers) -> tzinfo:
    """Give the time zone that was answered, UTC if none was. Raises ``PlanRefused``."""
    if not answers.zone:
        return UTC
    try:
        return ZoneInfo(answers.zone)
    except (KeyError, OSError, ValueError):
        raise PlanRefused(
            user_text(
                "There is no time zone {zone}. Write it as Asia/Dushanbe is written.",
                zone=answers.zone,
            )
        ) from None


def _whatsapp(
    container: Container, name: str, answers: Answers, zone: tzinfo, today: date
) -> WhatsAppArchive:
    given = WhatsAppAnswers(
        zone, answers.dates, None if answers.me == NOBODY else answers.me or None
    )
    return open_whatsapp(container, name, given, today)


def _is_telegram(container: Container) -> bool:
    if container.main is not None:
        return container.main.lower().endswith((".json", ".html"))
    return any(name.rpartition("/")[2] in _OF_TELEGRAM for name in container.names())
