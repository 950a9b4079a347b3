"""One small dataset in every container: 60 images of 3 classes in two splits, with some faults."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

CLASSES = ("cat", "dog", "owl")


def encoded(pixels: np.ndarray, form: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form, quality=92)
    return buffer.getvalue()


def files() -> dict[str, bytes]:
    """Path -> content."""
    draw = np.random.default_rng(7)
    found = {}
    for number in range(60):
        name, split = CLASSES[number % 3], "test" if number % 5 == 4 else "train"
        coarse = draw.integers(0, 256, (8, 8, 3), np.uint8)
        found[f"{split}/{name}/{number:04}.jpg"] = encoded(coarse.repeat(10, 0).repeat(12, 1))
    found["train/cat/0000.jpg"] = found["train/cat/0000.jpg"][:-400]  # cut off
    found["train/cat/0003.jpg"] = b""
    found["train/dog/0001.jpg"] = b"<html>not found</html>"
    found["train/owl/0002.jpg"] = encoded(np.full((80, 96, 3), 2, np.uint8))  # dark
    found["test/dog/0004.jpg"] = found["train/dog/0007.jpg"]  # a leak
    found["test/owl/0014.jpg"] = found["train/cat/0006.jpg"]  # a leak, of another class
    found["train/dog/0010.jpg"] = encoded(draw.integers(0, 256, (80, 96, 3), np.uint8), "PNG")  # another format
    return dict(sorted(found.items()))


def as_folder(place: Path) -> None:
    for path, content in files().items():
        file = place / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def as_tar(file: Path, mode: str = "w") -> None:
    with tarfile.open(file, mode) as archive:  # type: ignore[call-overload]
        for path, content in files().items():
            put(archive, f"./{path}", content)


def as_zip(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for number, (path, content) in enumerate(files().items()):
            archive.writestr(path, content, zipfile.ZIP_DEFLATED if number % 2 else zipfile.ZIP_STORED)


def as_shards(place: Path, most: int = 20) -> None:
    """WebDataset: the class of each sample in a member beside it, split by the names of shards."""
    (place / "classes.txt").write_text("\n".join(CLASSES))
    for split in ("train", "test"):
        own = [(path, content) for path, content in files().items() if path.startswith(split)]
        for number, start in enumerate(range(0, len(own), most)):
            with tarfile.open(place / f"{split}-{number:06}.tar", "w") as archive:
                for path, content in own[start : start + most]:
                    _, name, base = path.split("/")
                    put(archive, base, content)
                    put(archive, base.replace(".jpg", ".cls"), str(CLASSES.index(name)).encode())


def as_parquet(place: Path, rows_in_group: int = 16) -> None:
    """As Hugging Face's `datasets` writes it: a struct of bytes and path, and classes by number."""
    for split in ("train", "test"):
        table(split).write_parquet(
            place / f"{split}-00000-of-00001.parquet",
            row_group_size=rows_in_group,
            metadata={"huggingface": json.dumps({"info": {"features": FEATURES}})},
        )


def as_arrow(place: Path) -> None:
    """As `save_to_disk` writes it: a folder a split, streams of Arrow."""
    for split in ("train", "test"):
        (place / split).mkdir(parents=True)
        table(split).write_ipc_stream(place / split / "data-00000-of-00001.arrow")
        (place / split / "dataset_info.json").write_text(json.dumps({"features": FEATURES}))
        (place / split / "state.json").write_text("{}")
    (place / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))


FEATURES = {"image": {"_type": "Image"}, "label": {"names": list(CLASSES), "_type": "ClassLabel"}}


def table(split: str) -> pl.DataFrame:
    own = [(path, content) for path, content in files().items() if path.startswith(split)]
    return pl.DataFrame(
        {
            "image": [{"bytes": content, "path": path.rpartition("/")[2]} for path, content in own],
            "label": [CLASSES.index(path.split("/")[1]) for path, _ in own],
        }
    )


def put(archive: tarfile.TarFile, name: str, content: bytes, **more: object) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for key, value in more.items():
        setattr(member, key, value)
    archive.addfile(member, io.BytesIO(content))
