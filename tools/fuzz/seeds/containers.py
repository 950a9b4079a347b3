"""Archives and tables that hold pictures and their labels."""

from __future__ import annotations

import io
import tarfile
import zipfile

import polars as pl

from tools.fuzz.seeds.label_sets import LabelSet, picture

_CLASSES = ("cat", "dog", "cat")


def _members() -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for number, name in enumerate(_CLASSES):
        found[f"{number}.png"], found[f"{number}.cls"] = picture(number), name.encode()
    return found


def _tar(mode: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in _members().items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _members().items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def _table() -> pl.DataFrame:
    cells = [{"bytes": picture(number), "path": f"{number}.png"} for number in range(len(_CLASSES))]
    return pl.DataFrame({"image": cells, "label": _CLASSES})


def _parquet() -> bytes:
    out = io.BytesIO()
    _table().write_parquet(out)
    return out.getvalue()


def _arrow() -> bytes:
    out = io.BytesIO()
    _table().write_ipc_stream(out)
    return out.getvalue()


def _one(name: str, data: bytes) -> LabelSet:
    return LabelSet({"intact.png": picture(9), name: data}, {name: name.rpartition(".")[2]})


SETS = {
    "webdataset": [
        _one("{d}.tar", _tar("w")),
        _one("{d}.tgz", _tar("w:gz")),
        _one("{d}.zip", _zip()),
    ],
    "picture-table": [_one("{d}.parquet", _parquet()), _one("{d}.arrow", _arrow())],
}
