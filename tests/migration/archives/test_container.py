# SPDX-License-Identifier: AGPL-3.0-or-later
"""Archives from strangers: what is fine is read, everything else is refused with a reason."""

import os
import random
import tracemalloc
import unicodedata
import zlib
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.migration.archives.container import Limits, open_container
from bridges.migration.archives.container.names import name_problem
from bridges.migration.archives.errors import ArchiveRefused
from tests.migration.archives import zip_fuzz
from tests.migration.archives.zips import with_flag, with_listed, write, zip_of

FILES = {"result.json": b"{}", "photos/one.jpg": b"picture", "chats/a/b.txt": b""}
LIMITS = Limits()
MIB = 1024 * 1024


def lay(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def refusal(path: Path, limits: Limits = LIMITS) -> str:
    """Why it is refused, on opening or at the latest when everything in it is read."""
    with pytest.raises(ArchiveRefused) as caught:
        read_all(path, limits)
    return str(caught.value)


def read_all(path: Path, limits: Limits = LIMITS) -> dict[str, bytes]:
    with open_container(path, limits) as container:
        found = {name: container.open(name).read() for name in container.names()}
        assert {name: container.size(name) for name in found} == {
            name: len(content) for name, content in found.items()
        }
        return found


@pytest.fixture(params=["folder", "zip", "nested"])
def export(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    match request.param:
        case "folder":
            return lay(tmp_path / "export", FILES)
        case "zip":
            return write(tmp_path, zip_of(FILES), "export.bin")
    return write(tmp_path, zip_of({"inner.zip": zip_of(FILES)}))


def test_all_files_are_read(export: Path) -> None:
    assert read_all(export) == FILES


def test_what_is_not_there_is_told(export: Path) -> None:
    with open_container(export) as container:
        assert container.main is None
        for name in ("photos/two.jpg", "photos", "../secret", "/etc/passwd", "", "a\0b", "x" * 300):
            assert container.size(name) is None
            with pytest.raises(ArchiveRefused):
                container.open(name)


def test_a_single_file_finds_its_neighbours_but_does_not_list_them(tmp_path: Path) -> None:
    (lay(tmp_path, FILES) / "link").symlink_to("/etc")
    with open_container(tmp_path / "result.json") as container:
        assert container.main == "result.json"
        assert list(container.names()) == ["result.json"]
        assert container.open("photos/one.jpg").read() == b"picture"
        assert container.size("link/passwd") is None
        with pytest.raises(ArchiveRefused, match="such as a link: link/passwd"):
            container.open("link/passwd")


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "no.zip", Path("a\0b"), tmp_path / ("x" * 300)):
        assert "There is no file" in refusal(path)


def test_what_systems_leave_there_is_not_listed(tmp_path: Path) -> None:
    left = {"__MACOSX/x/._a": b"", ".DS_Store": b"", "photos/._one.jpg": b"", "Thumbs.db": b""}
    assert read_all(lay(tmp_path / "folder", FILES | left)) == FILES
    assert read_all(write(tmp_path, zip_of(FILES | left))) == FILES
    nested = {"inner.zip": zip_of(FILES), "__MACOSX/._inner.zip": b""}
    assert read_all(write(tmp_path, zip_of(nested))) == FILES


def test_names_of_phones_and_macs_are_understood(tmp_path: Path) -> None:
    name = "Фото/йод.jpg"
    decomposed = unicodedata.normalize("NFD", name)
    unmarked = name.encode().decode("cp437")
    buffer = bytearray(zip_of({"x" * len(name.encode()): b"1"}))
    told = bytes(buffer).replace(b"x" * len(name.encode()), name.encode())
    assert read_all(write(tmp_path, told)) == {name: b"1"}
    assert unmarked != name
    lay(tmp_path / "mac", {decomposed: b"2"})
    assert read_all(tmp_path / "mac") == {name: b"2"}


def test_names_from_the_folder_that_was_packed(tmp_path: Path) -> None:
    packed = {"./": b"", "./photos/": b"", **{f"./{name}": data for name, data in FILES.items()}}
    assert read_all(write(tmp_path, zip_of(packed))) == FILES
    assert "two files of one name" in refusal(write(tmp_path, zip_of({"./a": b"", "a": b""})))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/etc/passwd", "absolute or Windows path: /etc/passwd"),
        ("C:/windows", "absolute or Windows path"),
        ("c:evil", "absolute or Windows path"),
        ("photos\\..\\evil", "absolute or Windows path"),
        ("../evil", "points outside of it: ../evil"),
        ("a/../../evil", "points outside"),
        ("a/./b", "points outside"),
        ("././../b", "points outside"),
        ("a//b", "points outside"),
        ("a\nb", "unreadable characters in its name: a?b"),
        ("a\x1bb", "unreadable characters"),
        ("x" * 1025, "too long: xxx"),
        ("/".join("a" * 33), "too deep in each other"),
        ("", "empty or too long"),
    ],
)
def test_dangerous_names_are_refused(tmp_path: Path, name: str, reason: str) -> None:
    assert reason in refusal(write(tmp_path, zip_of({"good": b"", name: b""})))


def test_a_name_with_nul_is_refused(tmp_path: Path) -> None:
    data = zip_of({"picture.jpg.exe": b""}).replace(b"picture.jpg.exe", b"picture.jpg\0exe")
    assert "unreadable characters" in refusal(write(tmp_path, data))


def test_a_name_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    data = zip_of({"Ж": b""}).replace("Ж".encode(), b"\xff\xfe")
    assert "damaged" in refusal(write(tmp_path, data))
    (tmp_path / "folder").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path / "folder") + b"/\xff")).touch()
    assert "unreadable characters" in refusal(tmp_path / "folder")


@pytest.mark.parametrize("mode", [0o120777, 0o010644, 0o020644, 0o140755])
def test_links_and_devices_in_zips_are_refused(tmp_path: Path, mode: int) -> None:
    data = with_listed(zip_of({"link": b"/etc/passwd"}), 38, "<I", mode << 16)
    assert "neither a file nor a folder" in refusal(write(tmp_path, data))


def test_a_windows_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    data = with_listed(zip_of({"link": b"C:\\"}), 38, "<I", 0x400)
    assert "neither a file nor a folder" in refusal(write(tmp_path, data))


def test_links_and_pipes_in_folders_are_refused(tmp_path: Path) -> None:
    for number, target in enumerate(("/etc/passwd", "result.json", "/etc", "nowhere")):
        folder = lay(tmp_path / str(number), FILES)
        (folder / "photos" / "link").symlink_to(target)
        assert "such as a link: photos/link" in refusal(folder)
    os.mkfifo(lay(tmp_path / "pipe", FILES) / "fifo")
    assert "neither a file nor a folder" in refusal(tmp_path / "pipe")
    assert "neither a file nor a folder" in refusal(tmp_path / "pipe" / "fifo")


def test_a_folder_exchanged_for_a_link_later_is_not_followed(tmp_path: Path) -> None:
    folder = lay(tmp_path / "export", FILES)
    lay(tmp_path / "secret", {"one.jpg": b"secret"})
    with open_container(folder) as container:
        (folder / "photos" / "one.jpg").unlink()
        (folder / "photos").rmdir()
        (folder / "photos").symlink_to(tmp_path / "secret")
        assert container.size("photos/one.jpg") is None
        with pytest.raises(ArchiveRefused, match="such as a link"):
            container.open("photos/one.jpg")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", [("a", "a"), ("a/", "a"), ("\u0439", "\u0438\u0306")])
def test_two_files_of_one_name_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as target:
        for name in names:
            target.writestr(ZipInfo(name), b"")
    assert "two files of one name" in refusal(write(tmp_path, buffer.getvalue()))


@pytest.mark.parametrize("flag", [0x1, 0x41, 0x2001])
def test_encrypted_entries_are_refused(tmp_path: Path, flag: int) -> None:
    data = with_flag(zip_of({"secret": b"x"}), flag)
    assert "protected with a password" in refusal(write(tmp_path, data))


def test_zips_in_zips_beyond_one_level_are_refused(tmp_path: Path) -> None:
    twice = zip_of({"b.zip": zip_of({"c.zip": zip_of(FILES)})})
    assert "An archive in an archive in an archive" in refusal(write(tmp_path, twice))
    several = zip_of({"a.zip": zip_of(FILES), "b.zip": zip_of(FILES)})
    assert "There are 2 archives in this one" in refusal(write(tmp_path, several))


def test_zips_that_people_have_sent_are_files(tmp_path: Path) -> None:
    files = {**FILES, "files/sent.zip": zip_of({"../x": b""})}
    assert read_all(write(tmp_path, zip_of(files))) == files


def test_a_nested_zip_is_held_to_the_same_rules(tmp_path: Path) -> None:
    assert "points outside" in refusal(write(tmp_path, zip_of({"a.zip": zip_of({"../x": b""})})))
    assert "a.zip is damaged" in refusal(write(tmp_path, zip_of({"a.zip": b"PK\x03\x04"})))


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    limits = evolve(LIMITS, entries=10, folder_entries=10)
    many = {f"{number}": b"" for number in range(11)}
    assert "more than 10 files" in refusal(lay(tmp_path / "folder", many), limits)
    assert "more than 10 files" in refusal(write(tmp_path, zip_of(many)), limits)
    del many["3"]
    with open_container(write(tmp_path, zip_of(many)), limits) as container:
        assert len(list(container.names())) == 10


def test_a_list_too_long_to_be_read_is_refused(tmp_path: Path) -> None:
    many = zip_of({f"{number:0100}": b"" for number in range(1000)})
    limits = evolve(LIMITS, directory_bytes=100_000)
    assert "files. Unpack it and give the folder" in refusal(write(tmp_path, many), limits)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = write(tmp_path, zip_of({"bomb": bytes(8 * MIB)}))
    assert "grows far too much" in refusal(bomb)
    assert "larger than 1 MiB" in refusal(bomb, evolve(LIMITS, ratio=2000, total_bytes=MIB))
    read_all(write(tmp_path, zip_of({"dense": bytes(MIB)})))


def test_a_bomb_that_says_it_is_small_is_refused_while_it_is_read(tmp_path: Path) -> None:
    bomb = zip_of({"bomb": bytes(8 * MIB)})
    assert "damaged" in refusal(write(tmp_path, with_listed(bomb, 24, "<I", 1000)))
    # The sum fits the beginning alone: only counting finds out.
    fitting = with_listed(with_listed(bomb, 24, "<I", 1000), 16, "<I", zlib.crc32(bytes(1000)))
    assert "bomb is damaged" in refusal(write(tmp_path, fitting))


def test_files_that_share_their_packed_bytes_are_refused(tmp_path: Path) -> None:
    data = bytearray(zip_of({"one": os.urandom(500), "two": os.urandom(500)}))
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    data[second + 42 : second + 46] = bytes(4)
    assert "damaged" in refusal(write(tmp_path, bytes(data)))


@pytest.mark.parametrize("value", [1, 499, 501, 2**32 - 2])
@pytest.mark.parametrize("offset", [16, 20, 24, 42])
def test_lying_sums_and_sizes_are_refused(tmp_path: Path, offset: int, value: int) -> None:
    good = zip_of({"file": os.urandom(500), "other": b"x"})
    reason = refusal(write(tmp_path, with_listed(good, offset, "<I", value)))
    assert ("damaged" in reason) or (offset == 24 and "grows far too much" in reason)


def test_a_stored_file_of_another_length_is_refused(tmp_path: Path) -> None:
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_STORED) as target:
        target.writestr("file", b"x" * 500)
    for value in (0, 499, 501):
        lying = with_listed(buffer.getvalue(), 24, "<I", value)
        assert "damaged" in refusal(write(tmp_path, lying))


def test_other_ways_of_packing_are_refused(tmp_path: Path) -> None:
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_BZIP2) as target:
        target.writestr("file", b"x")
    assert "packed in a way that is not read" in refusal(write(tmp_path, buffer.getvalue()))


def test_a_zip_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    good = zip_of({"a": os.urandom(100), "b": b"text" * 100})
    for end in range(len(good)):
        assert "damaged or incomplete" in refusal(write(tmp_path, good[:end]))


def test_mutated_zips_are_read_or_refused() -> None:
    outcome = zip_fuzz.run(3000)
    assert outcome.read > 100
    assert outcome.refused > 1000


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=())))
def test_no_allowed_name_leaves_its_folder(name: str) -> None:
    if name_problem(name, LIMITS) is None:
        assert os.path.normpath(f"/base/{name}") == f"/base/{name}"


def test_a_large_zip_takes_little_memory(tmp_path: Path) -> None:
    """The figures hold for 5 GB as well: nothing here grows with what is read."""
    block = random.Random(1).randbytes(MIB)
    path = tmp_path / "large.zip"
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=0) as target:
        with target.open("video.mp4", "w") as file:
            for _ in range(32):
                file.write(block)
        for number in range(2000):
            target.writestr(f"photos/photo_{number}@01-08-2020_22-01-49.jpg", b"x")
    total = 0
    tracemalloc.start()
    try:
        with open_container(path) as container, container.open("video.mp4") as video:
            while data := video.read(256 * 1024):
                total += len(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == 32 * MIB
    assert peak < 6 * MIB
