"""What the extensions of files say: of what kind they are, and why they are not images."""

from __future__ import annotations

#: Extensions of what cameras' sensors saw.
CAMERA_RAW = frozenset({"cr2", "cr3", "nef", "arw", "dng", "orf", "rw2", "raf", "srw", "pef"})

_REASONS = {
    **dict.fromkeys(("svg", "svgz", "eps", "ai", "wmf", "emf"), "a vector image; raster images are read"),
    **dict.fromkeys(sorted(CAMERA_RAW), "a camera's raw file; convert it first"),
    **dict.fromkeys(("dcm", "dicom", "nii", "nrrd", "mha", "mhd"), "a medical image format that is not read"),
    **dict.fromkeys(
        ("npy", "npz", "mat", "h5", "hdf5", "pt", "pth", "pkl", "pickle"), "an array or object file; not read"
    ),
    **dict.fromkeys(("mp4", "avi", "mov", "mkv", "webm", "mpg", "mpeg", "m4v"), "a video; extract its frames first"),
    **dict.fromkeys(
        ("zip", "tar", "gz", "tgz", "bz2", "xz", "7z", "rar", "zst"), "an archive; unpack it to have its content read"
    ),
    **dict.fromkeys(("tfrecord", "tfrecords", "arrow", "lmdb", "mdb"), "a record container that is not read"),
    "pdf": "a document, not an image",
}

#: Extensions of files that are known to be no images that are read.
UNREAD = frozenset(_REASONS)

#: Those of files that may be pictures of a dataset all the same.
PICTURES = CAMERA_RAW | {"dcm", "dicom", "nii", "nrrd", "mha", "mhd", "npy", "npz", "svg"}

#: Extensions of files that may hold labels.
LABEL_EXTENSIONS = frozenset(
    {"csv", "tsv", "jsonl", "ndjson", "json", "odgt", "manifest", "parquet", "txt", "xml", "yaml", "yml"}
)

#: The same, and those of files that may declare classes or splits without a record of their own.
DECLARING_EXTENSIONS = LABEL_EXTENSIONS | {"names", "labels", "data", "cls"}


def reason_for(extension: str) -> str:
    """Why a file with this extension is not a candidate."""
    return _REASONS.get(extension, "not an image")
