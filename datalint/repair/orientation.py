"""The EXIF orientation of a JPEG file: its two bytes, and pixels that are turned without a loss."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from datalint import limits
from datalint.repair.edits import Edit, Edited, FixError, applied, digest

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXIF, _SEVERAL = b"Exif\0\0", b"MPF\0"
_TAG, _SHORT = 0x0112, 3
#: Orientation -> how jpegtran makes it the shown picture.
_TURNS = {
    2: ("-flip", "horizontal"),
    3: ("-rotate", "180"),
    4: ("-flip", "vertical"),
    5: ("-transpose",),
    6: ("-rotate", "90"),
    7: ("-transverse",),
    8: ("-rotate", "270"),
}
#: Markers: without a length, of frames that are coded progressively, and those that begin and end a picture's data.
_BARE = {0x01, *range(0xD0, 0xD9)}
_PROGRESSIVE = {0xC2, 0xCA}
_APP1, _APP2, _SCAN, _END = 0xE1, 0xE2, 0xDA, 0xD9
#: The next marker after coded data, in which 0xFF is followed by 0, by a restart, or by itself.
_AFTER_DATA = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def upright(data: bytes, turn: int = 1) -> Edited:
    """What makes the orientation 1, after the pixels are turned by one; FixError where that cannot be."""
    edit, orientation = _set_to_1(data)
    if turn == 1:
        return Edited(digest(data), [edit])
    if orientation != turn:
        raise FixError("it has changed since it was scanned")
    made = turned(data, turn)
    edit, _ = _set_to_1(made)
    return Edited(digest(data), [edit], turn, digest(applied(made, [edit])))


def turned(data: bytes, orientation: int) -> bytes:
    """A JPEG file whose pixels are turned as its orientation says, without a loss; FixError where that cannot be.

    Its blocks of frequencies are put elsewhere and none is computed anew, which is what `jpegtran` is for. What the
    file says beside the picture stays, the orientation too.
    """
    if orientation not in _TURNS:
        return data
    program = shutil.which("jpegtran")
    if program is None or not Path(program).is_absolute():  # else one that lies in the current folder
        raise FixError("its pixels should be turned: jpegtran does that without a loss, and is not installed")
    segments = list(_segments(data))
    if any(one.marker == _APP2 and data[one.start :].startswith(_SEVERAL) for one in segments) or _after(data):
        raise FixError("its file holds more than the picture (another one, a video), which jpegtran would drop")
    allowed = limits.current()
    kilobytes = str(limits.bytes_of(allowed.image_memory) // 1000)
    coding = ["-progressive"] if any(one.marker in _PROGRESSIVE for one in segments) else []
    command = [program, "-copy", "all", "-perfect", "-strict", "-maxmemory", kilobytes, *coding, *_TURNS[orientation]]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=allowed.image_seconds, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FixError(f"jpegtran cannot turn its pixels: {error}") from None
    if done.returncode:
        raise FixError(f"its pixels cannot be turned without a loss: {_cause(program, done.stderr)}")
    return done.stdout


def _cause(program: str, stderr: bytes) -> str:
    said = stderr.decode(errors="replace").strip().removeprefix(f"{program}: ") or "jpegtran failed"
    if "not perfect" in said:
        return "its sides are not whole blocks"
    return "this jpegtran is not that of libjpeg-turbo, or too old" if "usage:" in said else said.splitlines()[-1]


class _Segment(NamedTuple):
    """A part of a JPEG file before its coded data; its content lies from `start` to `stop`."""

    marker: int
    start: int
    stop: int


def _set_to_1(data: bytes) -> tuple[Edit, int]:
    """The edit of the orientation, and what it is before; FixError where it is not found."""
    for marker, at, stop in _segments(data):
        if marker == _APP1 and data[at : at + len(_EXIF)] == _EXIF:
            found = _in_tiff(data[at + len(_EXIF) : stop])
            if found is not None:
                place, order = found
                begin = at + len(_EXIF) + place
                (before,) = struct.unpack_from(f"{order}H", data, begin)
                return Edit(begin, begin + 2, struct.pack(f"{order}H", 1)), before
    raise FixError("its orientation does not stand where it stands in a JPEG file")


def _segments(data: bytes) -> Iterator[_Segment]:
    """The segments before the coded data, and last the head of that."""
    at = 2
    while data[:2] == b"\xff\xd8" and at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker in _BARE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2:
            return
        yield _Segment(marker, at + 4, min(at + 2 + length, len(data)))
        if marker == _SCAN:
            return
        at += 2 + length


def _after(data: bytes) -> bytes:
    """What follows the end of the picture, without zeros."""
    at = max((one.stop for one in _segments(data)), default=0)
    while found := _AFTER_DATA.search(data, at):
        at = found.end()
        if data[at - 1] == _END:
            return data[at:].strip(b"\0")
        at += int.from_bytes(data[at : at + 2], "big")  # tables, and the head of the next scan
    return b""


def _in_tiff(tiff: bytes) -> tuple[int, str] | None:
    """Where the value of the orientation stands in the first directory, and in which byte order."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return None
    (first,) = struct.unpack_from(f"{order}I", tiff, 4)
    if first + 2 > len(tiff):
        return None
    (count,) = struct.unpack_from(f"{order}H", tiff, first)
    for number in range(count):
        at = first + 2 + 12 * number
        if at + 12 > len(tiff):
            return None
        tag, kind, values = struct.unpack_from(f"{order}HHI", tiff, at)
        if tag == _TAG:
            return (at + 8, order) if kind == _SHORT and values == 1 else None
    return None
