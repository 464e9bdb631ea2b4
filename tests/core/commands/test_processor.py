# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the bot answers to which words, in its own room and in portals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bridges.core.commands.processor import COMMANDS
from bridges.core.config import Level
from bridges.core.errors import RateLimited, Rejected
from bridges.core.network import SessionState
from bridges.core.text import user_text
from tests.core.commands.fakes import ALICE, BOB, AbleSession, Chat, PlainSession, new_chat


def commands_in(text: str) -> list[str]:
    """The commands a help text lists."""
    lines = [line for line in text.splitlines() if line.startswith("- `")]
    return [line.split("`")[1] for line in lines]


async def test_help_of_somebody_new_shows_only_what_works_now(chat: Chat) -> None:
    chat.use_process()
    await chat.write("help")
    assert commands_in(chat.bot.last) == [
        "login [flow]",
        "prove <code>",
        "help [command]",
        "lang [code]",
        "version",
        "why",
    ]
    assert "**Your accounts**" in chat.bot.last
    assert "**Chats**" not in chat.bot.last


async def test_help_grows_with_what_the_session_can_do(chat: Chat) -> None:
    chat.use_process()
    chat.services.add_login("Ali", AbleSession())
    chat.services.levels[ALICE] = Level.ADMIN
    await chat.write("help")
    assert commands_in(chat.bot.last) == [
        "login [flow]",
        "logout [login]",
        "list-logins",
        "delete-my-data",
        "prove <code>",
        "list-chats [page]",
        "list-contacts [page]",
        "search <text>",
        "start-chat <who>",
        "sync",
        "leave-chat [room]",
        "rejoin <room>",
        "hand-over [chat]",
        "real-me [on|off]",
        "help [command]",
        "lang [code]",
        "version",
        "why",
        "queue",
        "policy [what]",
    ]


async def test_help_of_a_session_with_no_abilities_offers_none(chat: Chat) -> None:
    chat.services.add_login("Ali", PlainSession())
    await chat.write("help")
    offered = commands_in(chat.bot.last)
    assert "rejoin <room>" in offered
    assert not {"sync", "leave-chat [room]", "search <text>"} & set(offered)


async def test_help_in_a_portal_shows_what_works_there_with_the_prefix(chat: Chat) -> None:
    chat.use_process()
    chat.services.add_login("Ali", AbleSession())
    await chat.write_in_portal("!tg help")
    assert commands_in(chat.bot.last) == [
        "!tg sync",
        "!tg leave-chat [room]",
        "!tg hand-over [chat]",
        "!tg send-code <person> [yes]",
        "!tg help [command]",
        "!tg lang [code]",
        "!tg version",
    ]


async def test_help_explains_one_command(chat: Chat) -> None:
    await chat.write("help find")
    assert chat.bot.last == (
        "- `search <text>`: find people and chats on Telegram by name\nAlso: find"
    )


async def test_help_hides_what_is_for_operators(chat: Chat) -> None:
    await chat.write("help queue")
    assert "waiting" not in chat.bot.last


async def test_prefix_is_optional_in_the_own_room(chat: Chat) -> None:
    await chat.write("version")
    await chat.write("!tg version")
    await chat.write("!TG VERSION")
    assert chat.bot.said == ["Karvon 1.2.3, bridge to Telegram"] * 3


async def test_the_prefix_alone_asks_for_help(chat: Chat) -> None:
    await chat.write_in_portal("!tg")
    assert "!tg version" in commands_in(chat.bot.last)


async def test_talk_in_portals_is_not_for_the_bot(chat: Chat) -> None:
    await chat.write_in_portal("help")
    await chat.write_in_portal("hello !tg version")
    assert chat.bot.log == []


async def test_private_commands_are_sent_to_the_own_room(chat: Chat) -> None:
    chat.use_process()
    await chat.write_in_portal("!tg login")
    assert chat.bot.last == "Say `login` in your own room with me, where nobody else reads along."


async def test_a_second_line_is_no_command(chat: Chat) -> None:
    chat.services.add_login("Ali", PlainSession())
    await chat.write("version\nlogout")
    assert chat.services.logged_out == []
    assert chat.bot.said == ["Karvon 1.2.3, bridge to Telegram"]


async def test_a_typo_is_answered_with_what_was_meant(chat: Chat) -> None:
    await chat.write("lgoin")
    assert chat.bot.last == (
        "I do not know “lgoin”. Did you mean `login`? Say `help` to see what I can do."
    )


async def test_what_may_be_a_late_password_is_not_repeated(chat: Chat) -> None:
    await chat.write("hunter2-hunter2")
    assert "hunter2" not in chat.bot.last
    assert len(chat.bot.last.splitlines()) == 1


async def test_nobody_is_told_of_commands_they_may_not_use(chat: Chat) -> None:
    await chat.write("queu")
    assert "queue" not in chat.bot.last
    await chat.write("queue")
    assert chat.bot.last == "Only administrators of this bridge can use `queue`."


async def test_strangers_get_one_line(chat: Chat) -> None:
    chat.services.levels[BOB] = Level.NONE
    await chat.write("login", sender=BOB)
    assert chat.bot.said == ["You may not use this bridge. Ask your administrator for access."]


@pytest.mark.parametrize("word", ["logout", "list-logins", "search Ali", "start-chat @ali", "sync"])
async def test_without_a_login_it_is_said_what_to_do_first(chat: Chat, word: str) -> None:
    await chat.write(word)
    assert chat.bot.said == ["You are not logged in. Say `login` in our own room first."]


async def test_queue_tells_operators_what_waits(chat: Chat) -> None:
    chat.services.levels[ALICE] = Level.ADMIN
    await chat.write("queue")
    assert chat.bot.last.splitlines() == [
        "- `from_matrix`: 3 waiting, 0 under way, 1 given up",
        "- `from_remote`: 0 waiting, 0 under way, 0 given up",
    ]


@pytest.mark.parametrize("wanted", ["uz", "UZ", "O‘zbek"])
async def test_lang_sets_the_language(chat: Chat, wanted: str) -> None:
    await chat.write(f"lang {wanted}")
    assert chat.services.languages_set == {ALICE: "uz"}
    assert chat.bot.last == "From now on I speak o‘zbek."


async def test_lang_lists_the_languages(chat: Chat) -> None:
    for text in ("lang", "lang klingon"):
        await chat.write(text)
        assert chat.bot.last == (
            "Say `lang` with one of these: en (English), tg (тоҷикӣ), uz (o‘zbek)"
        )
    assert chat.services.languages_set == {}


async def test_list_logins_shows_state_and_reason(chat: Chat) -> None:
    chat.services.add_login("Ali", PlainSession())
    chat.services.add_login(
        "Work",
        state=SessionState.BAD_CREDENTIALS,
        reason=user_text("This login was ended from another device."),
    )
    chat.services.add_login("Somebody else", owner=BOB)
    await chat.write("list-logins")
    assert chat.bot.last.splitlines() == [
        "Your accounts:",
        "- Ali (`id-ali`): connected",
        "- Work (`id-work`): logged out, say `login` again",
        "This login was ended from another device.",
    ]


async def test_logout_of_the_only_account(chat: Chat) -> None:
    login = chat.services.add_login("Ali")
    await chat.write("logout")
    assert chat.services.logged_out == [login]
    assert chat.bot.last == "Ali is logged out."


async def test_logout_asks_which_account(chat: Chat) -> None:
    chat.services.add_login("Ali")
    work = chat.services.add_login("Work")
    await chat.write("logout")
    assert chat.services.logged_out == []
    assert chat.bot.last.splitlines()[1:] == ["1. Ali", "2. Work"]
    await chat.write("2")
    assert chat.services.logged_out == [work]


async def test_logout_by_name(chat: Chat) -> None:
    chat.services.add_login("Ali")
    work = chat.services.add_login("Work account")
    await chat.write("logout work account")
    assert chat.services.logged_out == [work]


async def test_nobody_logs_out_somebody_else(chat: Chat) -> None:
    chat.services.add_login("Ali")
    other = chat.services.add_login("Other", owner=BOB)
    await chat.write(f"logout {other}")
    assert chat.services.logged_out == []
    assert chat.bot.last == "You have no such account here. Say `list-logins` to see yours."


async def test_unexpected_errors_are_logged_and_told_by_number(chat: Chat) -> None:
    login = chat.services.add_login("Ali", AbleSession())
    chat.services.synced[login] = ValueError("secret detail")
    with capture_logs() as logs:
        await chat.write("sync")
    assert "incident-7" in chat.bot.last
    assert [(one["incident"], one["error"]) for one in logs] == [("incident-7", "ValueError")]
    assert "secret detail" not in str(logs)


async def test_errors_of_the_network_are_told_with_the_wait(chat: Chat) -> None:
    session = AbleSession()
    session.error = RateLimited(
        "TEST.FLOOD", user_text("Telegram asks you to slow down."), retry_after=3601
    )
    chat.services.add_login("Ali", session)
    await chat.write("start-chat @ali")
    assert chat.bot.last.splitlines() == [
        "Telegram asks you to slow down.",
        "Please try again in 61 min.",
    ]
    session.error = Rejected("TEST.NOBODY", user_text("Nobody has this number."))
    await chat.write("start-chat +992900000000")
    assert chat.bot.last == "Nobody has this number."


async def test_a_dead_homeserver_does_not_stop_the_bot(chat: Chat) -> None:
    chat.bot.broken = True
    with capture_logs() as logs:
        await chat.write("help")
    assert [one["event"] for one in logs] == ["unexpected_error", "unexpected_error"]
    chat.bot.broken = False
    await chat.write("version")
    assert chat.bot.said == ["Karvon 1.2.3, bridge to Telegram"]


async def test_syncing_tells_each_account(chat: Chat) -> None:
    chat.services.synced[chat.services.add_login("Ali", AbleSession())] = 12
    chat.services.synced[chat.services.add_login("Work", AbleSession())] = Rejected(
        "TEST.NO", user_text("Telegram refuses.")
    )
    await chat.write("sync")
    assert chat.bot.said == ["I am fetching your chats…"]
    assert chat.bot.log[-1].splitlines() == [
        "edit $bot1 Ali: chats that appear or are refreshed: 12",
        "Work: not all chats could be fetched.",
        "Telegram refuses.",
    ]


@given(st.lists(st.text(max_size=30) | st.sampled_from([one.name for one in COMMANDS]), max_size=4))
async def test_whatever_is_written_is_answered(words: list[str]) -> None:
    chat = new_chat()
    chat.services.synced[chat.services.add_login("Ali", AbleSession())] = 1
    with capture_logs() as logs:
        await chat.write(" ".join(words))
    assert chat.bot.said
    assert logs == []
    await chat.processor.close()
