# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which tests of the suite are not played on which network, and why: nothing is left out elsewhere.

A test is named by its file, its class or itself (``test_pins.py::TestFromMatrix``), or with what it is
played with (``…::test_gifs[True-fi.mau.gif]``); what is inside of what is named is left out as well.
"""

from collections.abc import Mapping

Gaps = Mapping[str, str]

_SENT = "codes are sent to phones, none is typed into one"
_RENAMED = "no chat of its is called otherwise with the same messages, or not in the sandbox"

LACKS: Mapping[str, Gaps] = {
    "fake": {"test_login.py::test_by_a_code_that_is_typed_into_the_phone": _SENT},
    "telegram": {
        "test_login.py::test_by_a_code_that_is_typed_into_the_phone": _SENT,
        "test_renaming.py": _RENAMED,
    },
    "whatsapp": {
        # Logging in
        "test_login.py::test_by_phone_number_and_code": "a code is shown, and typed into the phone",
        "test_login.py::test_the_code_is_removed_from_the_room": "nobody writes a code",
        "test_login.py::test_wrong_code_is_asked_again": "nobody writes a code",
        "test_login.py::test_a_number_that_is_none_is_asked_again": "nobody writes a code",
        "test_login.py::test_too_many_logins_are_told_when_to_come_back": "no time is named",
        "test_login.py::test_with_a_password": "no password is asked for",
        "test_login.py::test_by_qr_code_with_a_password": "no password is asked for",
        # Texts
        "test_messages.py::TestMarkupInPlainText::test_is_text_in_matrix": (
            "what people type is the markup itself"
        ),
        "test_kinds.py::test_an_emoji_that_is_a_picture_stands_in_the_text": (
            "emoji are characters, not pictures"
        ),
        "test_kinds.py::test_a_video_that_is_hidden_at_first_is_a_spoiler": "nothing is a spoiler",
        "test_kinds.py::test_gifs_and_round_videos_are_marked[False-fi.mau.telegram.round_message]": (
            "the mark of round videos is Telegram's"
        ),
        "test_kinds.py::TestAlbums::test_lose_and_change_single_pictures": (
            "a picture that was sent stays the same"
        ),
        "test_reactions.py::test_one_that_is_not_allowed_is_refused": "every emoji is allowed",
        # Chats
        "test_renaming.py": _RENAMED,
        "test_topics.py": "groups have no topics",
        "test_chat_settings.py::test_a_forum_that_is_muted_is_muted_in_all_its_topics": (
            "groups have no topics"
        ),
        "test_moving.py": "groups stay what they are, and channels are not talked about in groups",
        "test_history.py::test_of_a_group_that_has_moved_begins_where_the_group_began": (
            "groups stay what they are"
        ),
        "test_send_as.py": "people write as themselves",
        "test_rights.py::TestFromTheNetwork::test_administrators_of_less_have_less": (
            "administrators have all rights"
        ),
        "test_rights.py::TestFromMatrix::test_levels_in_between_become_what_the_network_has": (
            "administrators have all rights"
        ),
        "test_rights.py::TestFromTheNetwork::test_who_is_silenced_may_not_write": (
            "nobody is silenced alone"
        ),
        "test_rights.py::TestFromMatrix::test_members_are_silenced_and_heard_again": (
            "nobody is silenced alone"
        ),
        "test_members.py::TestFromMatrix::test_members_are_banned_and_let_back": (
            "nobody is kept out for good"
        ),
        "test_members.py::TestFromMatrix::test_what_is_refused_is_put_back_and_explained[ban-ban]": (
            "nobody is kept out for good"
        ),
        "test_members.py::TestFromTheNetwork::test_channels_show_no_subscribers": (
            "a group in which only administrators write shows its members"
        ),
        "test_rooms.py::TestNames::test_of_deleted_accounts": "an account falls silent, no more",
        "test_polls.py::test_from_the_network": "polls do not end",
        "test_polls.py::test_to_the_network_and_to_its_end": "polls do not end",
        "test_polls.py::test_of_anonymous_polls_the_result_is_told": "no poll is anonymous",
        "test_polls.py::test_what_the_network_refuses_is_taken_out": "votes are not refused",
        # Trouble
        "test_trouble.py::test_rate_limited_messages_wait_and_arrive_in_order": "no time is named",
        "test_history.py::TestWhileSomethingIsSaid": "the phone sends the past when it likes to",
    },
}
"""What a network does not have."""

_SET = (
    "neonize 0.5.2 leaves out the name of the collection that a setting belongs to, whichever it is "
    "given, and the service refuses; it has no other function that sends one"
)

CANNOT: Mapping[str, Gaps] = {
    "whatsapp": {
        "test_changes.py::TestPictures::test_are_taken_away": (
            "neonize 0.5.2 sends an empty picture where none is asked for; what the service makes of "
            "that is not known, so people are told to remove it on the phone"
        ),
        "test_chat_settings.py::test_what_is_set_in_matrix_is_set_on_the_phone": _SET,
        "test_chat_settings.py::test_neither_side_takes_back_what_the_other_has_set": _SET,
    },
}
"""What a network has and the library that speaks to it has no way to ask for."""


def gap(network: str, file: str, test: str, played_with: str = "") -> str | None:
    """Why a test is not played on a network; None if it is."""
    known = {**LACKS.get(network, {}), **CANNOT.get(network, {})}
    parts = [file, *test.split("::")]
    names = ["::".join(parts[:length]) for length in range(1, len(parts) + 1)]
    names.append(f"{names[-1]}[{played_with}]")
    return next((known[name] for name in names if name in known), None)
