"""What the probe answered, remembered by all that it was asked with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import polars as pl

from datalint.cache.store import version_of
from datalint.dataset import Batch, Mirrored, ProbeOutcome, schema
from datalint.measure import known_facts

if TYPE_CHECKING:
    from datalint.cache.store import Cache
    from datalint.dataset import Dataset
    from datalint.probe import Options
    from datalint.probe.given import Given
    from datalint.probe.items import Items

#: Where the items are, which the answer does not depend on.
_PLACES = ("path", "file", "line", "pointer")
_COLUMNS = {name: dtype for name, dtype in schema.schema("probe").items() if name not in _PLACES} | {
    "outcome": pl.String
}
_LIBRARIES = ("torch", "torchvision", "cleanlab", "numpy", "scipy", "scikit-learn")


class Memory:
    """The probe's answer about `data`, asked with `options`."""

    def __init__(self, data: Dataset, items: Items, cache: Cache | None, options: Options, given: Given) -> None:
        self._data, self._items, self._cache = data, items, cache
        if cache is not None:
            also = [_installed(name) for name in _LIBRARIES], known_facts.version()
            self._version = version_of("datalint.probe", also=also)
            self._key = self._question(options, given)

    def recall(self) -> bool:
        """Set the table and the outcome; False if the answer is not known."""
        if self._cache is None or (table := self._cache.table("probe", self._version, _COLUMNS, self._key)) is None:
            return False
        outcome = table["outcome"][0]
        told = json.loads(outcome)
        batches = tuple(Batch(**batch | {"items": tuple(batch["items"])}) for batch in told["batches"])
        mirrored = told["mirrored"] and Mirrored(**told["mirrored"])
        as_made = {"remarks": tuple(told["remarks"]), "lacked": (), "batches": batches, "mirrored": mirrored}
        self._data.probe_outcome = ProbeOutcome(**told | as_made)
        table = table.drop("outcome")
        if self._items.several:  # whole images, in as many rows as labels of them are doubtful
            paths = self._data.table("images").select("image", "path")
            table = table.join(paths, on="image", how="left", maintain_order="left")
        else:
            table = table.hstack(self._items.rows.select(_PLACES).get_columns())
        self._data.tables["probe"] = schema.conform("probe", table)
        return True

    def keep(self) -> None:
        """Keep the answer, unless a lack of time, memory or disk had a part in it."""
        outcome, table = self._data.probe_outcome, self._data.table("probe")
        if self._cache is None or outcome is None or outcome.lacked or table.is_empty():
            return
        told = json.dumps(asdict(outcome))
        self._cache.add("probe", self._version, table.drop(_PLACES).with_columns(outcome=pl.lit(told)), key=self._key)

    def _question(self, options: Options, given: Given) -> str:
        """A digest of pictures and their names, labels, splits, copies, settings, what is given, and the kind of device
        of `auto`."""
        from datalint.probe.assess import device_kind

        settings = {name: value for name, value in asdict(options).items() if name not in _NO_PART}
        asked = settings | {"device": device_kind(options.device), "given": given.digest}
        found = hashlib.sha256(repr((sorted(asked.items()), self._items.noun, self._items.obstacle)).encode())
        tables = (self._data.table(name).select(columns) for name, columns in _TABLES.items())
        for table in (*tables, self._items.asked_with()):
            found.update(table.write_ndjson().encode())  # Arrow has many forms
        return found.hexdigest()[:32]


#: Options that the answer does not depend on, or only on the content of what they name.
_NO_PART = ("embeddings", "backbone", "allow_download", "jobs")

#: What the probe reads of the tables; pictures are those of the contents.
_TABLES = {
    "images": ("sha256", "status", "path", "taken"),
    "labels": ("image", "class", "file"),
    "splits": ("image", "split"),
    "copies": ("image", "group"),
}


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
