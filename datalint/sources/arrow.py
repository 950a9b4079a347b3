"""Where the batches of records lie in a stream of Arrow's IPC, as Hugging Face's `datasets` writes it.

Reference: https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format. Messages are FlatBuffers, of which
two numbers are read: the kind of the message, and how many bytes follow it.
"""

from __future__ import annotations

import struct
from typing import IO, NamedTuple

_MARK = b"\xff\xff\xff\xff"
_SCHEMA, _DICTIONARY, _RECORDS = 1, 2, 3
_KIND, _BODY = 1, 3  # fields of a message
_LARGEST_MESSAGE = 1 << 26
END = _MARK + bytes(4)
"""How a stream ends."""


class Batch(NamedTuple):
    """Where one batch of records lies."""

    start: int
    stop: int


class Stream(NamedTuple):
    """What a stream holds."""

    head: int
    """Bytes before the first batch: the schema, and dictionaries."""
    batches: list[Batch]
    fault: str | None
    """Why it was not read to its end."""


def is_stream(head: bytes) -> bool:
    """Whether a file that begins like this may be one."""
    return head.startswith(_MARK)


def batches(file: IO[bytes], size: int) -> Stream:
    """Where all batches lie; nothing but the messages' own heads is read. Raises OSError where it is not a stream."""
    at = head = 0
    found: list[Batch] = []
    while len(prefix := _read(file, at, 8)) == 8 and prefix != END:
        length = int.from_bytes(prefix[4:], "little")
        is_message = prefix.startswith(_MARK) and length <= min(_LARGEST_MESSAGE, size - at)
        message = _read(file, at + 8, length) if is_message else b""
        said = _kind_and_body(message)
        if said is None or len(message) < length:
            break
        kind, body = said
        stop = at + 8 + length + body
        if stop > size:
            return Stream(head, found, f"it ends within the batch at byte {at:,}")
        if kind == _RECORDS:
            found.append(Batch(at, stop))
        elif found:
            return Stream(head, found, f"what begins at byte {at:,} is not a batch of records")
        else:
            head = stop
        at = stop
    if not head:
        raise OSError(None, "not a whole stream of Arrow")
    return Stream(head, found, None if prefix == END or at == size else f"there is no batch at byte {at:,}")


def _read(file: IO[bytes], at: int, count: int) -> bytes:
    file.seek(at)
    return file.read(count)


def _kind_and_body(message: bytes) -> tuple[int, int] | None:
    """Fields of the table at the root of a FlatBuffer; None where it is none."""
    try:
        (root,) = struct.unpack_from("<I", message)
        table = root - struct.unpack_from("<i", message, root)[0]
        (length,) = struct.unpack_from("<H", message, table)
        fields = struct.unpack_from(f"<{(length - 4) // 2}H", message, table + 4)
        kind = message[root + fields[_KIND]]
        body = (
            struct.unpack_from("<q", message, root + fields[_BODY])[0] if len(fields) > _BODY and fields[_BODY] else 0
        )
    except (struct.error, IndexError):
        return None
    return (kind, body) if kind in (_SCHEMA, _DICTIONARY, _RECORDS) and body >= 0 else None
