"""The EXIF orientation of a JPEG file: its two bytes, and pixels that are turned without a loss."""

from __future__ import annotations

import shutil
import struct
import subprocess

from datalint import limits
from datalint.repair.edits import Edit, Edited, FixError, digest

_EXIF = b"Exif\0\0"
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
#: Markers without a length.
_BARE = {0x01, *range(0xD0, 0xD9)}


def upright(data: bytes, turn: int = 1) -> Edited:
    """What makes the orientation 1, after the pixels are turned by one; FixError where that cannot be."""
    return Edited(digest(data), [_set_to_1(turned(data, turn))], turn)


def _set_to_1(data: bytes) -> Edit:
    for at, stop in _segments(data):
        if data[at : at + len(_EXIF)] == _EXIF:
            found = _in_tiff(data[at + len(_EXIF) : stop])
            if found is not None:
                place, order = found
                begin = at + len(_EXIF) + place
                return Edit(begin, begin + 2, struct.pack(f"{order}H", 1))
    raise FixError("its orientation does not stand where it stands in a JPEG file")


def turned(data: bytes, orientation: int) -> bytes:
    """A JPEG file whose pixels are turned as its orientation says, without a loss; FixError where that cannot be.

    Its blocks of frequencies are put elsewhere and none is computed anew, which is what `jpegtran` is for. All that
    the file holds beside the picture stays, the orientation too.
    """
    if orientation not in _TURNS:
        return data
    program = shutil.which("jpegtran")
    if program is None:
        raise FixError("its pixels should be turned: jpegtran does that without a loss, and is not installed")
    allowed = limits.current()
    kilobytes = str(limits.bytes_of(allowed.image_memory) // 1000)
    command = [program, "-copy", "all", "-perfect", "-strict", "-maxmemory", kilobytes, *_TURNS[orientation]]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=allowed.image_seconds, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FixError(f"jpegtran cannot turn its pixels: {error}") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().removeprefix(f"{program}: ") or "jpegtran failed"
        cause = "its sides are not whole blocks" if "not perfect" in said else said.splitlines()[-1]
        raise FixError(f"its pixels cannot be turned without a loss: {cause}")
    return done.stdout


def _segments(data: bytes) -> list[tuple[int, int]]:
    """Start and end of what the APP1 segments before the picture hold."""
    found = []
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
        if marker == 0xDA or length < 2:
            break
        if marker == 0xE1:
            found.append((at + 4, min(at + 2 + length, len(data))))
        at += 2 + length
    return found


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
