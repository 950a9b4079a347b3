"""Every table and column that flows through datalint: type, unit, meaning.

Stages only ever add: a column that a stage did not make is null, a table that was not made is empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

if TYPE_CHECKING:
    from polars.datatypes import DataType, DataTypeClass


class Column(NamedTuple):
    """One column of a table."""

    name: str
    dtype: DataType | DataTypeClass
    meaning: str
    unit: str = ""


#: What became of a file. One cause, one status; the order is the precedence.
STATUSES = (
    "ok",
    "empty",  # zero bytes
    "lfs-pointer",  # a Git LFS pointer in place of the content
    "not-an-image",  # HTML, JSON, an archive ... under an image's name
    "oversized",  # more pixels than the limit: not decoded
    "truncated",  # the bit stream ends early
    "unsupported",  # whole, but of a kind that is not read
    "unreadable",  # cannot be decoded for another reason
    "dangling-link",  # a symbolic link to nothing, or in a loop
    "missing",  # named by a label, not there
)

_PERCENTILES = (1, 5, 50, 95, 99)

IMAGES = (
    # what is there (dataset/)
    Column("image", pl.UInt32, "row number in path order"),
    Column("path", pl.String, "path relative to the root, `/` between parts, undecodable bytes as \\xNN"),
    Column("os_path", pl.Binary, "the path as the file system has it, relative to the root"),
    Column("extension", pl.String, "last suffix of the name in lower case, without the dot; empty if none"),
    Column("bytes", pl.UInt64, "size of the file", "bytes"),
    Column("mtime_ns", pl.Int64, "time of the last change", "ns since 1970"),
    Column("ctime_ns", pl.Int64, "time of the last change of content or name, never set by hand", "ns since 1970"),
    Column("etag", pl.String, "what changes with the content of an object in a store; null elsewhere"),
    Column("link", pl.String, "null, or for a symbolic link where it leads: inside, outside, dangling, loop"),
    Column("status", pl.String, "one of STATUSES; null before the file was opened"),
    Column("cause", pl.String, "why the status is not ok, in words"),
    Column(
        "extra",
        pl.String,
        "the extra that it takes to read the file: heif, jxl, tiff; null if none",
    ),
    # what the content is (measure/, CONTENT)
    Column("sha256", pl.String, "SHA-256 of the file's bytes, hex"),
    # what the header says (measure/, HEADER)
    Column("format", pl.String, "format of the content as Pillow names it: JPEG, PNG, ..."),
    Column("mode", pl.String, "Pillow's mode as stored: RGB, L, P, CMYK, I;16, ...; or `13 bands`"),
    Column("width", pl.UInt32, "width as stored, before orientation", "pixels"),
    Column("height", pl.UInt32, "height as stored, before orientation", "pixels"),
    Column("orientation", pl.UInt8, "EXIF orientation, 1 to 8; 1 if there is none"),
    Column("bits", pl.UInt8, "bits per channel as stored: 1, 8, 16, 32, 64"),
    Column("float", pl.Boolean, "whether samples are floating-point numbers"),
    Column(
        "colours", pl.UInt8, "colour channels without alpha, or bands: 1 grey, 3 colour, 4 CMYK; a palette counts as 3"
    ),
    Column("alpha", pl.Boolean, "whether there is an alpha channel or a transparent colour"),
    Column(
        "frames",
        pl.UInt32,
        "frames or pages in the file; 10,001 if there are more than 10,000, null for a GIF of which no rule asks that",
    ),
    Column("refused_text", pl.String, "PNG chunks that Pillow refuses to unpack, with their sizes; null if none"),
    Column("colour_space", pl.String, "grey, RGB, palette, CMYK, Lab, YCbCr, HSV; null for other bands"),
    Column("icc", pl.String, "description of the embedded colour profile; null if none"),
    Column(
        "icc_change",
        pl.Float32,
        "mean change of a grid of colours through that profile to sRGB, in [0, 255]; null if it is not of RGB",
    ),
    Column("jpeg_quality", pl.UInt8, "libjpeg's quality, 1 to 100, nearest to the luma table; null if not JPEG"),
    Column("jpeg_tables", pl.String, "sum of each JPEG quantisation table, by number; null if not JPEG"),
    Column("subsampling", pl.String, "chroma subsampling of a JPEG in colour: 4:4:4, 4:2:0, ..."),
    Column("progressive", pl.Boolean, "whether a JPEG is progressive; null if not JPEG"),
    Column("camera", pl.String, "EXIF make, model and serial number"),
    Column("taken", pl.Datetime("us"), "EXIF time the picture was taken"),
    # what the pixels say (measure/, PIXELS); frame 0, alpha dropped, at the reduced scale of decode.py; null but
    # for low and high where there are several bands that are not colours
    Column("mean_r", pl.Float32, "mean of red, pixels in [0, 1]; grey counts as three equal channels"),
    Column("mean_g", pl.Float32, "mean of green"),
    Column("mean_b", pl.Float32, "mean of blue"),
    Column("square_r", pl.Float32, "mean of the squared red values, pixels in [0, 1]"),
    Column("square_g", pl.Float32, "mean of the squared green values"),
    Column("square_b", pl.Float32, "mean of the squared blue values"),
    Column("low", pl.Float64, "smallest sample of any channel, in the file's own unit (0-255, 0-65535, or float)"),
    Column("high", pl.Float64, "largest sample of any channel, in the file's own unit"),
    Column("low_r", pl.Float32, "smallest red value, in [0, 1]"),
    Column("low_g", pl.Float32, "smallest green value"),
    Column("low_b", pl.Float32, "smallest blue value"),
    Column("high_r", pl.Float32, "largest red value, in [0, 1]"),
    Column("high_g", pl.Float32, "largest green value"),
    Column("high_b", pl.Float32, "largest blue value"),
    *(
        Column(
            f"brightness_p{p}",
            pl.Float32,
            f"{p}th percentile of the perceived brightness sqrt(0.241 R^2 + 0.691 G^2 + 0.068 B^2) "
            "in [0, 1] (CleanVision's definition)",
        )
        for p in _PERCENTILES
    ),
    Column("brightness", pl.Float32, "mean perceived brightness, in [0, 1]"),
    Column("contrast", pl.Float32, "standard deviation of the luma (Rec. 601), in [0, 1]"),
    Column("entropy", pl.Float32, "Shannon entropy of the 256-bin luma histogram", "bits"),
    Column("sharpness", pl.Float32, "how much fine detail there is; see statistics.py"),
    Column("colour_spread", pl.Float32, "99th percentile over pixels of max(R,G,B) - min(R,G,B), in [0, 1]; 0 = grey"),
    Column("border_left", pl.Float32, "uniform bar at the left, as a share of the width"),
    Column("border_right", pl.Float32, "uniform bar at the right, as a share of the width"),
    Column("border_top", pl.Float32, "uniform bar at the top, as a share of the height"),
    Column("border_bottom", pl.Float32, "uniform bar at the bottom, as a share of the height"),
    Column("transparent", pl.Float32, "share of pixels with alpha below half; null without alpha"),
)

SPLITS = (
    Column("image", pl.UInt32, "the image; it can be in two splits"),
    Column("split", pl.String, "train, val, test, or the name a list gives itself"),
)

LABELS = (
    Column("image", pl.UInt32, "the image; null if it is not there"),
    Column("path", pl.String, "the image's path as the label names it, made relative to the root"),
    Column("class", pl.String, "name of the class"),
    Column("class_id", pl.Int64, "its number: order of class folders by name, or the label file's own id"),
    Column("file", pl.String, "the label file; null for class folders"),
    Column("line", pl.UInt32, "1-based line in it"),
    Column("pointer", pl.String, "JSON pointer in it (RFC 6901); JSON files only"),
)

#: What the numbers of a box mean. Shares are of the image's width and height; `quad` is four corners x, y.
UNITS = (
    "xywh-pixels",  # left, top, width, height
    "xyxy-pixels",  # left, top, right, bottom
    "cxcywh-pixels",  # centre, width, height
    "quad-pixels",
    "xywh-share",
    "xyxy-share",
    "cxcywh-share",
    "quad-share",
)

BOXES = (
    *LABELS,
    Column("box", pl.UInt32, "row number of the box"),
    Column("x", pl.Float64, "left edge in the stored orientation; for a rotated box, of the box around it", "pixels"),
    Column("y", pl.Float64, "top edge", "pixels"),
    Column("w", pl.Float64, "width", "pixels"),
    Column("h", pl.Float64, "height", "pixels"),
    Column("raw", pl.List(pl.Float64), "the numbers as the file has them"),
    Column("unit", pl.String, "their meaning, one of UNITS"),
    Column("angle", pl.Float64, "rotation about the centre as the file has it; null if not rotated", "degrees"),
    Column("id", pl.String, "the file's own id of the object, as text"),
    Column("area", pl.Float64, "the area that the file declares", "pixels"),
    Column("mask_area", pl.Float64, "the area of the object's run-length mask; null if it has none", "pixels"),
    Column("crowd", pl.Boolean, "whether the box is of a group, or one to ignore"),
    Column("repeats", pl.Boolean, "whether a label file that leads describes the image too: judged, not counted"),
)

POLYGONS = (
    *LABELS,
    Column("box", pl.UInt32, "the box of the same object; null if it has none"),
    Column("part", pl.UInt32, "0 for the first polygon of an object, 1 for the next, ..."),
    Column("points", pl.List(pl.Float64), "x, y, x, y, ... as the file has them"),
    Column("unit", pl.String, "pixels, or share (of the image's width and height)"),
    Column("closed", pl.Boolean, "false for an open line"),
    Column("repeats", pl.Boolean, "whether a label file that leads describes the image too: judged, not counted"),
)

KEYPOINTS = (
    *LABELS,
    Column("box", pl.UInt32, "the box of the same object; null if it has none"),
    Column("points", pl.List(pl.Float64), "x, y, visibility, x, y, visibility, ... as the file has them"),
    Column("unit", pl.String, "pixels, or share (of the image's width and height)"),
    Column("declared", pl.UInt32, "how many points an object of the class has, as the label file says"),
    Column("labelled", pl.Float64, "how many points of this object are labelled, as the label file says"),
)

NAMED = (
    Column("image", pl.UInt32, "the image; null if it is not there"),
    Column("path", pl.String, "an image that a label file names, with or without an object in it"),
    Column("width", pl.Float64, "the width that the label file declares", "pixels"),
    Column("height", pl.Float64, "the height that it declares", "pixels"),
    Column("file", pl.String, "the label file"),
    Column("line", pl.UInt32, "1-based line in it"),
    Column("pointer", pl.String, "JSON pointer in it"),
)

CLASSES = (
    Column("class", pl.String, "name of the class"),
    Column("class_id", pl.Int64, "its number"),
    Column("source", pl.String, "what declares it: folder, config, or the path of a label file"),
    Column("used", pl.Boolean, "whether a label has it: of the label files that belong to the source, else of all"),
)

PROBLEM_KINDS = (
    "syntax",  # a record that cannot be used
    "encoding",  # bytes that are not UTF-8, a byte order mark, stray spaces
    "path",  # an image's path that is absolute or leads outside the dataset
    "duplicate-column",
    "disagreement",  # two label files say different things about one image
    "classes",  # a list of classes that contradicts itself
    "data-path",  # a data file names a folder or list that is not there
    "repeated-id",
    "id",  # ids that programs cannot use: missing, or of another type than what refers to them
    "unknown-category",  # an id of a class that the file does not declare
    "unused-file",  # a label file that belongs to no image
    "keypoints",  # a declaration of keypoints that contradicts itself
    "mask",  # a mask of another size, an unknown index, a missing partner
    "odd-mask",  # a mask that may be right and hardly is
)

PROBLEMS = (
    Column("kind", pl.String, "one of PROBLEM_KINDS"),
    Column("file", pl.String, "the label file"),
    Column("line", pl.UInt32, "1-based line"),
    Column("column", pl.UInt32, "1-based column (character)"),
    Column("pointer", pl.String, "JSON pointer; JSON files only"),
    Column("reason", pl.String, "what is wrong"),
    Column("expected", pl.String, "what was expected"),
    Column("path", pl.String, "the image that it is about, where it is about one"),
)

SKIPPED = (
    Column("path", pl.String, "the file or folder"),
    Column(
        "kind",
        pl.String,
        "not-an-image, camera-raw, hidden, system, excluded, copy, dvc-pointer, label-file, link-loop, "
        "unreadable-folder, archive, special",
    ),
    Column("reason", pl.String, "why it is not a candidate, in words"),
    Column("group", pl.String, "the reason, without what is true of this one file only"),
    Column("link", pl.String, "the symbolic link that is the reason: the path itself or a folder above; else null"),
    Column("target", pl.String, "what that link says of where it leads"),
    Column("in_class", pl.Boolean, "whether it lies in a class folder"),
)

#: How a file that was not used shows that it holds labels.
SIGNS = (
    "format",  # it is in a format that is known and not read
    "records",  # it mentions images of the dataset, each with something about it
    "stems",  # it and others beside it are named after images
    "title",  # its name says so, and there are no other labels
)

UNREAD = (
    Column("file", pl.String, "the first file of its kind that looks like labels and was not used"),
    Column("files", pl.UInt32, "how many there are of the kind"),
    Column("extension", pl.String, "their extension in lower case; empty if none"),
    Column("format", pl.String, "what they look like; null if that is not known"),
    Column("sign", pl.String, "one of SIGNS"),
    Column("names", pl.UInt32, "how many names of images of the dataset they mention, or have themselves"),
    Column("of", pl.UInt32, "how many names the images of the dataset have"),
    Column(
        "unlabelled",
        pl.UInt32,
        "how many of those names (of all, if `names` is 0) are of images that no label file describes, and that are in "
        "no class folder where the format is not known",
    ),
    Column("whole", pl.Boolean, "whether the files were searched to their end"),
)

#: What a folder is.
ROLES = ("split", "class", "group", "images", "masks", "labels", "copy", "hidden")

FOLDERS = (
    Column("path", pl.String, "the folder, relative to the root; empty for the root itself"),
    Column("role", pl.String, "one of ROLES"),
    Column("of", pl.String, "the split or class that it is, the class of a group, the original of a copy (. = root)"),
    Column("images", pl.UInt32, "images in and below it; in a hidden folder, files that loaders take for images"),
    Column("unread", pl.UInt32, "files of a class that may be pictures and are not read"),
    Column("extension", pl.String, "the extension of most of those"),
    Column("evidence", pl.String, "why it was taken for that, in words"),
)

PAIRS = (
    Column("a", pl.UInt32, "an image"),
    Column("b", pl.UInt32, "its copy; a < b"),
    Column("kind", pl.String, "bytes, pixels (same pixels under another encoding) or near"),
    Column("distance", pl.UInt8, "Hamming distance of the perceptual hashes under `transform`", "bits of 64"),
    Column("difference", pl.Float32, "mean absolute difference of the aligned pictures, pixels in [0, 1]"),
    Column("transform", pl.String, "none, resized, recompressed, grey, flipped, rotated-90, rotated-180, cropped, ..."),
    Column(
        "frames", pl.Boolean, "whether both are frames of one shot, side by side: near, and things in them may move"
    ),
)

COPIES = (
    Column("image", pl.UInt32, "an image that has copies"),
    Column("group", pl.UInt32, "the smallest image number in its group of copies"),
)

#: One row an image, in the order of `images`; or, where the labels are of objects, one row an object: first those with
#: a box, in the order of `boxes`, then those of polygons only.
PROBE = (
    Column("image", pl.UInt32, "the image; of an object null if it is not there"),
    Column("path", pl.String, "its path"),
    Column("box", pl.UInt32, "the object's row in `boxes`; null for images, and for objects of polygons only"),
    Column("file", pl.String, "the label file that the object is in; null for images"),
    Column("line", pl.UInt32, "1-based line in it"),
    Column("pointer", pl.String, "JSON pointer in it (RFC 6901); JSON files only"),
    Column("x", pl.Float64, "left edge of the object's box in the stored orientation; null for images", "pixels"),
    Column("y", pl.Float64, "top edge", "pixels"),
    Column("w", pl.Float64, "width", "pixels"),
    Column("h", pl.Float64, "height", "pixels"),
    Column(
        "label",
        pl.String,
        "where images have several labels: the one that the row is about, given or missing; null for an image without "
        "one, and otherwise",
    ),
    Column("given", pl.String, 'class as labelled; "no X" where the label X is missing'),
    Column("suggested", pl.String, 'class that the probe believes most, out of sample; "no X" of a label X'),
    Column("p_given", pl.Float32, "probability of the given class, out of sample"),
    Column("p_suggested", pl.Float32, "probability of the suggested class"),
    Column("quality", pl.Float32, "label quality, 0-1, low = doubtful; the ranking"),
    Column("tier", pl.String, "likely, suspicious, fine or not-assessed"),
    Column("outlier", pl.Float32, "how far from all other images, 0-1, 1 = nothing like it; null if not assessed"),
    Column(
        "near_given",
        pl.List(pl.UInt32),
        "rows of this table: the images (or objects) of the given class most like this one, without its copies (and "
        "without others in the same image): at most three, the most similar first; null outside the tiers likely and "
        "suspicious, and where they are not known",
    ),
    Column("near_suggested", pl.List(pl.UInt32), "the same of the suggested class"),
)

#: What a mask file says (measure/, MASKS).
MASK_FACTS = (
    Column("status", pl.String, "one of STATUSES; null before the file was opened"),
    Column("cause", pl.String, "why the status is not ok, in words"),
    Column("sha256", pl.String, "SHA-256 of the file's bytes, hex"),
    Column("mode", pl.String, "Pillow's mode as stored"),
    Column("width", pl.UInt32, "width as stored", "pixels"),
    Column("height", pl.UInt32, "height as stored", "pixels"),
    Column("values", pl.List(pl.Int64), "the smallest different values: indices, or colours as 65536 r + 256 g + b"),
    Column("different", pl.UInt32, "how many different values there are"),
    Column("palette", pl.List(pl.Int64), "the colours that the indices stand for; null without a palette"),
    Column("marked", pl.UInt64, "how many pixels are not 0; null for colours", "pixels"),
)

#: Of `Dataset.masks`, which no report shows: what is wrong with masks is in `problems`.
MASKS = (
    Column("mask", pl.UInt32, "row number in path order"),
    Column("path", pl.String, "the mask file, relative to the root"),
    Column("os_path", pl.Binary, "the path as the file system has it"),
    Column("bytes", pl.UInt64, "size of the file", "bytes"),
    Column("mtime_ns", pl.Int64, "as in `images`"),
    Column("ctime_ns", pl.Int64, "as in `images`"),
    Column("etag", pl.String, "as in `images`"),
    # what it must fit (dataset/)
    Column("of", pl.String, "the image's path; null if it is not known"),
    Column("of_width", pl.Float64, "the width that a label file declares; null where the image's own counts", "pixels"),
    Column("of_height", pl.Float64, "the height that it declares", "pixels"),
    Column("declared_in", pl.String, "the file that lists the classes; null where values are not compared with any"),
    Column("indices", pl.List(pl.Int64), "their numbers"),
    Column("colours", pl.List(pl.Int64), "their colours, likewise as one number each; null if they have none"),
    Column("listed_in", pl.String, "the file that lists the segments of a panoptic mask; null for other masks"),
    Column("segments", pl.List(pl.Int64), "their ids; null where they are not known"),
    *MASK_FACTS,
)

TABLES: dict[str, tuple[Column, ...]] = {
    "images": IMAGES,
    "splits": SPLITS,
    "labels": LABELS,
    "boxes": BOXES,
    "polygons": POLYGONS,
    "keypoints": KEYPOINTS,
    "named": NAMED,
    "classes": CLASSES,
    "problems": PROBLEMS,
    "folders": FOLDERS,
    "skipped": SKIPPED,
    "unread": UNREAD,
    "pairs": PAIRS,
    "copies": COPIES,
    "probe": PROBE,
}


def schema(table: str) -> pl.Schema:
    """The Polars schema of a table."""
    columns = MASKS if table == "masks" else TABLES[table]
    return pl.Schema({column.name: column.dtype for column in columns})


def empty(table: str) -> pl.DataFrame:
    """A table that was not made."""
    return pl.DataFrame(schema=schema(table))


def conform(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with exactly the table's columns, in order and of their types; absent ones null."""
    return frame.select(
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in schema(table).items()
    )
