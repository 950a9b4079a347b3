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
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
    (b"\xff\x0a", "JXL"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "JXL"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG2000"),
)
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
"""Those that the plugin for Pillow reads."""
_HEIF_TOO = (*HEIF_BRANDS, b"heif", b"mif2", b"avci", b"avcs", b"vvic", b"j2ki", b"jpgs")
_AVIF_BRANDS = (b"avif", b"avis")
_CAMERA_RAW = (
    b"IIRO", b"IIRS", b"MMOR", b"IIU\x00", b"FUJIFILMCCD-RAW", b"FOVb", b"\x00MRM", b"\x00\x00\x00\x18ftypcrx ",
)  # fmt: skip
#: Pictures that other programs read.
_UNREAD = (
    *((signature, "a camera's raw file") for signature in _CAMERA_RAW),
    (b"II\xbc\x01", "a JPEG XR image"),
    (b"v/1\x01", "an OpenEXR image"),
    (b"#?RADIANCE", "a Radiance HDR image"),
    (b"#?RGBE", "a Radiance HDR image"),
    (b"P7\n", "a PAM image"),
    (b"SDPX", "a DPX image"),
    (b"XPDS", "a DPX image"),
    (b"gimp xcf ", "a GIMP image"),
    (b"BPG\xfb", "a BPG image"),
    (b"FLIF", "a FLIF image"),
    (b"\xabKTX ", "a KTX texture"),
    (b"farbfeld", "a farbfeld image"),
)
_FOREIGN = (
    (b"\x00\x05\x16\x07", "an AppleDouble file, which macOS writes beside an image"),
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
    if head[4:8] == b"ftyp":
        return _of_brands(head)
    return "WEBP" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None


def surely_image(head: bytes) -> bool:
    """Whether a file of any name is an image, for sure: some signatures are so short that other files have them."""
    if head.startswith(b"BM"):
        return head[6:10] == bytes(4)  # reserved
    return not head.startswith(b"\xff\x0a") and image_format(head) is not None


def _of_brands(head: bytes) -> str | None:
    """The format of a file of boxes (ISO/IEC 14496-12), by the brands in its first one."""
    first, end = head[8:12], min(int.from_bytes(head[:4], "big"), len(head))
    brands = {first, *(head[at : at + 4] for at in range(16, end - 3, 4))}
    if first in _AVIF_BRANDS or (first in (b"mif1", b"msf1") and brands.intersection(_AVIF_BRANDS)):
        return "AVIF"
    return "HEIF" if first in _HEIF_TOO else None


def unread(head: bytes) -> str | None:
    """The kind of picture that a file holds, in words, if it is one that only other programs read."""
    if head[128:132] == b"DICM":
        return "a DICOM image"
    return next((name for signature, name in _UNREAD if head.startswith(signature)), None)


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
