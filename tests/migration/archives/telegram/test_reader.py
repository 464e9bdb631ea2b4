# SPDX-License-Identifier: AGPL-3.0-or-later
"""JSON of any size, value by value: the same as Python's own reader, wherever pieces are cut."""

import io
import json
import random
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from typing import IO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridges.migration.archives.telegram import cleaning
from bridges.migration.archives.telegram.cleaning import pieces, put_right
from bridges.migration.archives.telegram.export import Broken, elements
from bridges.migration.archives.telegram.reader import (
    LONGEST_VALUE,
    CutOff,
    Damaged,
    JsonReader,
    Place,
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


class Slow(io.BytesIO):
    """Gives a few bytes at a time, as a socket may."""

    def __init__(self, data: bytes, seed: int) -> None:
        super().__init__(data)
        self._random = random.Random(seed)

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self._random.randint(1, 40))


class Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = 0) -> int:
        raise io.UnsupportedOperation


def of(text: str) -> JsonReader:
    return JsonReader(io.BytesIO(text.encode()))


def read_list(reader: JsonReader) -> Iterator[tuple[Place, object]]:
    for _ in reader.items():
        place = reader.place()
        yield place, reader.value()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(values), st.sampled_from([None, 1]), st.booleans(), st.integers(0, 2**32))
def test_it_reads_what_was_written(
    content: list[object], indent: int | None, escaped: bool, seed: int
) -> None:
    data = json.dumps(content, indent=indent, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    expected = json.loads(data.decode("utf-8", "replace"))
    assert [value for _, value in read_list(JsonReader(Slow(data, seed)))] == expected


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(values, min_size=1), st.integers(0, 2**32))
def test_it_returns_to_a_place(content: list[object], seed: int) -> None:
    data = json.dumps(content).encode()
    for kind in (io.BytesIO, Unseekable):
        for place, value in read_list(JsonReader(Slow(data, seed))):
            assert JsonReader(kind(data), place).value() == value


@settings(deadline=None)
@given(st.binary(), st.integers(0, 2**32))
def test_pieces_put_together_are_the_whole(data: bytes, seed: int) -> None:
    whole = "".join(text for _, text in pieces(io.BytesIO(data)))
    assert "".join(text for _, text in pieces(Slow(data, seed))) == whole


@settings(deadline=None)
@given(st.text(), st.integers(0, 31), st.text(), st.integers(0, 2**32))
def test_control_characters_as_telegram_writes_them(
    before: str, code: int, after: str, seed: int
) -> None:
    def encoded(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)[1:-1]

    data = f'["{encoded(before)}\\x{code:02X}{encoded(after)}"]'.encode("utf-8", "replace")
    (found,) = read_list(JsonReader(Slow(data, seed)))
    expected = f"{before}{chr(code)}{after}".encode("utf-8", "replace").decode()
    assert found[1] == expected


def test_raw_control_characters_and_bytes_that_are_no_text() -> None:
    data = b'["a\x00\x1b\tb", "\xff\xfe", "\xed\xa0\xbd", "\\ud83d", "\\\\x41"]'
    found = [value for _, value in read_list(JsonReader(io.BytesIO(data)))]
    assert found[0] == "a\x00\x1b\tb"
    assert set(str(found[1])) == {"\ufffd"}
    assert set(str(found[2])) == {"\ufffd"}
    assert found[3] == "\ud83d"
    assert found[4] == "\\x41"


def test_escapes_that_are_none_stay() -> None:
    assert (
        put_right(rb"\\x41 \x4 \\\x41 \u0041".replace(b" ", b"\n"))
        == "\\\\x41\n\\x4\n\\\\\\u0041\n\\u0041"
    )


@pytest.mark.parametrize("text", ["[1 2]", "[,]", '{"a" 1}', "{1: 2}", "[nul]" + " " * 40, "]"])
def test_damage_is_told(text: str) -> None:
    reader = of(text)
    with pytest.raises(Damaged):
        reader.skip()


@pytest.mark.parametrize(
    "text", ["", "[", "[1", "[1,", '{"a', '{"a"', '{"a": ', '{"a": "b', "[[1]"]
)
def test_an_early_end_is_told(text: str) -> None:
    with pytest.raises(CutOff):
        of(text).skip()


def test_values_beyond_all_measure_are_damage() -> None:
    def endless() -> Iterator[bytes]:
        yield b'["'
        while True:
            yield b"a " * 1_000_000

    class Endless(io.RawIOBase):
        data = endless()

        def read(self, size: int = -1) -> bytes:
            return next(self.data)

    reader = JsonReader(Endless())  # type: ignore[arg-type]
    tracemalloc.start()
    try:
        with pytest.raises(Damaged):
            list(read_list(reader))
        assert tracemalloc.get_traced_memory()[1] < 8 * LONGEST_VALUE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("value", ["[" * 100_000, "9" * 5000])
def test_values_python_cannot_read_are_damage(value: str) -> None:
    with pytest.raises(Damaged):
        of(value + ",").value()


def indented(*items: object) -> str:
    return json.dumps({"messages": list(items)}, indent=1, ensure_ascii=False)


def list_of(text: str) -> list[object]:
    reader = of(text)
    found: list[object] = []
    with suppress(CutOff, Damaged):
        for _ in reader.entries():
            for one in elements(reader):
                found.append(one)  # noqa: PERF402  # what comes before an exception counts
    return found


def test_reading_goes_on_behind_damage() -> None:
    good = [{"id": number, "inner": [{"a": 1}, {}]} for number in range(5)]
    text = indented(*good)
    assert list_of(text) == good
    for broken in ('"id": 2,', '{\n   "id": 2,', '2,\n   "inner": ['):
        hurt = text.replace(broken, '"id" 2,', 1)
        found = list_of(hurt)
        assert [one for one in found if one in good] == [*good[:2], *good[3:]]
        assert Broken() in found
    assert list_of(text.replace("\n  },\n", "\n  }\n", 1))[1] == Broken()


def test_damage_in_a_file_without_lines_ends_it() -> None:
    text = json.dumps({"messages": [{"id": 1}, {"id": 2}, {"id": 3}]}).replace('"id": 2', '"id" 2')
    assert list_of(text) == [{"id": 1}, Broken(), Broken(cut_off=True)]


def test_a_file_cut_off_anywhere_gives_what_is_there() -> None:
    good = [{"id": number, "text": "ё" * 10} for number in range(4)]
    data = indented(*good).encode()
    for end in range(data.index(b"["), len(data)):
        found = list_of(data[:end].decode("utf-8", "replace"))
        whole = [one for one in found if not isinstance(one, Broken)]
        assert whole == good[: len(whole)]
        assert len(found) - len(whole) <= 2
        assert len(whole) == len(good) or found[-1] == Broken(cut_off=True)


@settings(deadline=None, max_examples=20)
@given(st.data())
def test_damage_anywhere_loses_only_what_is_near(data: st.DataObject) -> None:
    good = [{"id": number, "text": "abc" * 5} for number in range(50)]
    text = bytearray(indented(*good).encode())
    first = text.index(b"\n  },")
    at = data.draw(st.integers(first, len(text) - 8))
    text[at] = data.draw(st.integers(0, 127).filter(lambda code: code != ord("[")))
    found = list_of(text.decode())
    kept = [one for one in found if one in good]
    assert len(kept) >= 47


def test_a_large_file_takes_little_memory() -> None:
    """The figures hold for 5 GB as well: nothing here grows with what is read."""
    message = json.dumps({"id": 1, "text": "ё" * 500}, ensure_ascii=False).encode()
    count = 10_000

    class Generated(io.RawIOBase):
        def __init__(self) -> None:
            self._parts = self._all()
            self._waiting = b""

        def _all(self) -> Iterator[bytes]:
            yield b"[" + message
            for _ in range(count - 1):
                yield b",\n" + message
            yield b"]"

        def read(self, size: int = -1) -> bytes:
            while len(self._waiting) < size and (part := next(self._parts, b"")):
                self._waiting += part
            data, self._waiting = self._waiting[:size], self._waiting[size:]
            return data

    file: IO[bytes] = Generated()  # type: ignore[assignment]
    tracemalloc.start()
    try:
        found = sum(1 for _ in elements(JsonReader(file)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == count
    assert count * len(message) > 150 * cleaning.PIECE
    assert peak < 3 * 1024 * 1024
