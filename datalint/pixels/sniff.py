"""What a file is by its first bytes, before any decoder sees it."""

from __future__ import annotations

_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
)
_FOREIGN = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b\x08", "gzip data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\x00", "xz data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM video"),
    (b"\x7fELF", "a program"),
    (b"ID3", "an MP3 sound"),
    (b"OggS", "an Ogg sound or video"),
)
_TEXT_IMAGES = (
    b"P1",
    b"P2",
    b"P3",
    b"P4",
    b"P5",
    b"P6",
    b"P7",
    b"Pf",
    b"PF",
    b"#define",
    b"/* XPM",
    b"Image type:",
    b"SIMPLE",
)
_MARKUP = (
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<head", "an HTML page"),
    (b"<body", "an HTML page"),
    (b"<!doctype svg", "an SVG drawing"),
    (b"<svg", "an SVG drawing"),
)
_TEXT_BYTES = bytes(range(0x20, 0x7F)) + b"\t\n\r\x0c" + bytes(range(0x80, 0x100))

HEAD = 4096
"""How many first bytes are looked at."""


def image_format(head: bytes) -> str | None:
    """The format, as Pillow names it, of the commonest kinds of image; None for all others."""
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    return "WEBP" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None


def is_lfs_pointer(content: bytes) -> bool:
    """Whether a file is a Git LFS pointer (git-lfs, docs/spec.md: UTF-8, under 1024 bytes, `version` first)."""
    return len(content) < 1024 and content.startswith(
        (b"version https://git-lfs.github.com/spec/", b"version https://hawser.")
    )


def foreign(head: bytes) -> str | None:
    """What a file is instead of an image, in words; None if it may be one."""
    for signature, name in _FOREIGN:
        if head.startswith(signature):
            return name
    if head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"WAVE"):
        return "an AVI video" if head[8:12] == b"AVI " else "a WAVE sound"
    if head[4:8] == b"ftyp" and head[8:12] in (b"isom", b"iso2", b"mp41", b"mp42", b"avc1", b"M4V ", b"qt  "):
        return "an MP4 or QuickTime video"
    if head[257:262] == b"ustar":
        return "a tar archive"
    return _text(head)


def _text(head: bytes) -> str | None:
    body = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not body or head.startswith(_TEXT_IMAGES) or head.translate(None, _TEXT_BYTES):
        return None
    try:
        head[: HEAD - 4].decode()
    except UnicodeDecodeError as error:
        if error.start < len(head[: HEAD - 4]) - 4:
            return None
    if head.startswith(b"%!PS"):
        return "a PostScript program"
    lower = body[:512].lower()
    for opening, name in _MARKUP:
        if lower.startswith(opening):
            return name
    if lower.startswith(b"<?xml"):
        return "an SVG drawing" if b"<svg" in body else "an XML file"
    if body[:1] in b"{[":
        return "a JSON file"
    return "an XML file" if body[:1] == b"<" else "text"
