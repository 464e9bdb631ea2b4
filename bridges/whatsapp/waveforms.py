# SPDX-License-Identifier: AGPL-3.0-or-later
"""The loudness of voice messages: 64 bytes of 0 to 100 in WhatsApp, numbers up to 1024 in MSC1767."""

from collections.abc import Sequence

POINTS = 64
_LOUDEST = 100
_LOUDEST_MATRIX = 1024


def to_matrix(waveform: bytes) -> tuple[int, ...]:
    """The numbers Matrix clients draw; none if there is no waveform."""
    return tuple(round(min(one, _LOUDEST) * _LOUDEST_MATRIX / _LOUDEST) for one in waveform)


def from_matrix(waveform: Sequence[int]) -> bytes:
    """The bytes WhatsApp draws, always 64; of several numbers that become one the loudest counts."""
    if not waveform:
        return bytes(POINTS)
    found = []
    for point in range(POINTS):
        start = point * len(waveform) // POINTS
        end = max((point + 1) * len(waveform) // POINTS, start + 1)
        loudest = min(max(*waveform[start:end], 0), _LOUDEST_MATRIX)
        found.append(round(loudest * _LOUDEST / _LOUDEST_MATRIX))
    return bytes(found)
