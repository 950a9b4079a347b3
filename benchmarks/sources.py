"""One dataset in every place that is read: is it the same everywhere, and what does each place cost?

    python benchmarks/sources.py DATASET [FORM ...]

DATASET is a folder of class folders. It is copied into tar shards as WebDataset has them, one zip, Parquet as Hugging
Face writes it, and a bucket of a local S3 server (moto, which answers a few hundred requests a second); and it is
handed over as a torchvision ImageFolder and as a Hugging Face Dataset. Each is scanned by all rules but the probe's, in
a process of its own with two workers. Printed are images per second of the whole scan, by the clock and of the
processor, and whether facts, labels and findings are those of the folder but for their paths. Forms that need a
package which is not installed are left out.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import logging
import os
import platform
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

import datalint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from datalint.report import Report

SHARD = 1000
#: Of an image, what depends on where it lies.
OF_PLACE = {"image", "path", "os_path", "extension", "mtime_ns", "ctime_ns", "etag", "link"}
SETTINGS: dict[str, Any] = {"ignore": ["DL9"], "isolated": True, "no_cache": True, "jobs": 2}


def samples(folder: Path) -> list[tuple[str, Path]]:
    """Class and file of each image."""
    return [(file.parent.name, file) for file in sorted(folder.glob("*/*")) if file.is_file()]


def as_shards(folder: Path, place: Path) -> None:
    names = sorted({name for name, _ in samples(folder)})
    (place / "classes.txt").write_text("\n".join(names))
    every = samples(folder)
    for start in range(0, len(every), SHARD):
        with tarfile.open(place / f"shard-{start // SHARD:06}.tar", "w") as archive:
            for number, (name, file) in enumerate(every[start : start + SHARD], start):
                put(archive, f"{number:08}{file.suffix}", file.read_bytes())
                put(archive, f"{number:08}.cls", str(names.index(name)).encode())


def put(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def as_zip(folder: Path, place: Path) -> None:
    with zipfile.ZipFile(place / "data.zip", "w") as archive:
        for name, file in samples(folder):
            archive.write(file, f"{name}/{file.name}")


def as_parquet(folder: Path, place: Path) -> None:
    every = samples(folder)
    names = sorted({name for name, _ in every})
    images = [{"bytes": file.read_bytes(), "path": file.name} for _, file in every]
    features = {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}
    pl.DataFrame({"image": images, "label": [names.index(name) for name, _ in every]}).write_parquet(
        place / "all-00000-of-00001.parquet",
        row_group_size=SHARD,
        metadata={"huggingface": json.dumps({"info": {"features": features}})},
    )


@contextmanager
def bucket(folder: Path) -> Iterator[str]:
    """The URL of a bucket with these files."""
    import obstore
    import requests
    from moto.server import ThreadedMotoServer
    from obstore.store import S3Store

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "key",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }
    requests.put(f"http://{host}:{port}/photos", timeout=10)
    store = S3Store("photos")
    for name, file in samples(folder):
        obstore.put(store, f"{name}/{file.name}", file.read_bytes())
    try:
        yield "s3://photos"
    finally:
        server.stop()


def given(form: str, place: str) -> Any:
    """What is handed to `scan`."""
    if form == "ImageFolder":
        from torchvision.datasets import ImageFolder

        return ImageFolder(place)
    if form == "Hugging Face":
        from datasets import load_dataset

        return load_dataset("imagefolder", data_dir=place, split="train")
    return place


def scanned(form: str, place: str) -> None:
    """Scan and print what was found, in this process."""
    report = datalint.scan(given(form, place), **SETTINGS)
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(one.ru_utime + one.ru_stime for one in spent)
    print(json.dumps({"cpu": seconds, "found": said(report)}))


def said(report: Report) -> dict[str, str]:
    """Digests of facts, labels and findings, without their paths."""
    images = report.tables["images"]
    facts = images.select(name for name in images.columns if name not in OF_PLACE).sort("sha256", "bytes")
    content = images.select("image", "path", "sha256")
    labels = report.tables["labels"].join(content, on="image").select("sha256", "class", "class_id")
    findings = (
        report.findings.join(content.select("path", "sha256"), on="path", how="left")
        .select("code", "severity", "sha256", "count", "scope")
        .sort(pl.all(), nulls_last=True)
    )
    tables = {"facts": facts, "labels": labels.sort(pl.all()), "findings": findings}
    return {name: hashlib.sha256(table.write_csv(None).encode()).hexdigest()[:12] for name, table in tables.items()}


def timed(form: str, place: str) -> tuple[float, dict[str, Any]]:
    start = time.monotonic()
    run = subprocess.run([sys.executable, __file__, "--one", form, place], check=True, capture_output=True, text=True)
    return time.monotonic() - start, json.loads(run.stdout.splitlines()[-1])


FORMS: dict[str, Callable[[Path, Path], None] | None] = {
    "tar shards": as_shards,
    "zip": as_zip,
    "Parquet": as_parquet,
    "s3": None,
    "ImageFolder": None,
    "Hugging Face": None,
}
NEEDED = {"s3": ("moto", "obstore"), "ImageFolder": ("torchvision",), "Hugging Face": ("datasets",)}


def main() -> None:
    if sys.argv[1] == "--one":
        scanned(*sys.argv[2:])
        return
    folder, chosen = Path(sys.argv[1]), sys.argv[2:] or list(FORMS)
    count = len(samples(folder))
    print(f"n={count:,} images, {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    _, first = timed("folder", str(folder))
    row("folder", count, *timed("folder", str(folder)), first)
    for form in chosen:
        if not all(map(importlib.util.find_spec, NEEDED.get(form, ()))):
            print(f"{form:12} left out: {' and '.join(NEEDED[form])} must be installed")
            continue
        make = FORMS[form]
        with tempfile.TemporaryDirectory() as place:
            if make is not None:
                make(folder, Path(place))
                row(form, count, *timed(form, place), first)
            elif form == "s3":
                with bucket(folder) as url:
                    row(form, count, *timed(form, url), first)
            else:
                row(form, count, *timed(form, str(folder)), first)


def row(form: str, count: int, seconds: float, answer: dict[str, Any], first: dict[str, Any]) -> None:
    different = [name for name, digest in answer["found"].items() if digest != first["found"][name]]
    verdict = f"other {', '.join(different)}" if different else "the same facts, labels and findings"
    print(f"{form:12} {count / seconds:7,.0f} images/s  {count / answer['cpu']:7,.0f} /CPU s  {verdict}", flush=True)


if __name__ == "__main__":
    main()
