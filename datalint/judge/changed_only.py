"""Which findings touch what changed since a commit: what `--since`, `--changed` and `--staged` leave."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from datalint.config.settings import ConfigError
from datalint.dataset.files.extensions import DECLARING_EXTENSIONS
from datalint.dataset.files.found import text
from datalint.git import NoAnswerError
from datalint.judge.baseline import NAME as BASELINE
from datalint.rule import Need

if TYPE_CHECKING:
    from datalint.config.settings import Config
    from datalint.dataset import Dataset
    from datalint.git import Changes
    from datalint.rule import Rule

_log = logging.getLogger("datalint")

#: Needs of rules that judge by what label files say.
_OF_LABELS = frozenset(
    {
        Need.LABELS,
        Need.ANNOTATIONS,
        Need.NAMED,
        Need.OBJECTS,
        Need.BOXES,
        Need.POLYGONS,
        Need.KEYPOINTS,
        Need.CLASSES,
        Need.SPLITS,
        Need.PROBLEMS,
    }
)
#: Files with one record a line: a change in them is located by its line.
_LINEWISE = frozenset({"csv", "tsv", "jsonl", "ndjson"})
_WORDS = re.compile(r'[^\s,;"]+')


def asked(data: Dataset, settings: Config) -> Changes | None:
    """The files that findings must touch, if the settings do not want all; raises ConfigError where Git cannot say."""
    if not (settings.since or settings.changed or settings.staged):
        return None
    if data.checkout is None:
        raise ConfigError(f"{data.root} is not in a Git checkout, so what changed there is not known: scan it whole")
    try:
        changes = data.checkout.changed(since=settings.since, staged=settings.staged)
    except NoAnswerError as error:
        raise ConfigError(str(error)) from None
    since = (
        f"since {settings.since}" if settings.since else "and staged" if settings.staged else "since the last commit"
    )
    count = f"{len(changes.files):,} files" + f" and {len(changes.folders):,} folders" * bool(changes.folders)
    _log.warning("datalint: %s changed %s: findings that touch none are left out", count, since)
    return changes


class ChangedOnly:
    """What changed in a dataset, as a filter of rows: by the columns that name images, and `file`.

    A row touches it by its image, its label file or the images that it is about as well. A row of a rule that judges by
    labels also touches it by an image whose record is new, changed or gone; where a file that declares classes or
    splits changed, every such row does.
    """

    def __init__(self, data: Dataset, changes: Changes) -> None:
        scanned = (path for path in data.table("images")["os_path"] if data.file_of(path) in changes)
        changed = pl.Series([text(path) for path in {*changes.files, *scanned}], dtype=pl.String)
        directly = _about(changed) | pl.col("file").is_in(changed.implode()).fill_null(False)
        for folder in (*changes.folders, *_archives(data, changes)):
            directly |= pl.col("file").str.starts_with(text(folder)).fill_null(False)
        relabelled = _relabelled(data, changes)
        self._directly = directly
        self._by_label = pl.lit(value=True) if relabelled is None else directly | _about(relabelled)

    def touching(self, rows: pl.DataFrame, rule: Rule) -> pl.Series:
        """Whether each row of a rule's frame touches what changed."""
        absent = [pl.lit(None, dtype).alias(name) for name, dtype in _COLUMNS.items() if name not in rows.columns]
        by_label = not _OF_LABELS.isdisjoint(rule.needs)
        touches = self._by_label if by_label else self._directly
        return rows.with_columns(absent).with_columns(touches.alias("touches"))["touches"]


def narrowed(
    findings: pl.DataFrame, members: pl.DataFrame, touches: pl.Series, members_touch: pl.Series
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The findings and members that touch what changed. A finding about a group counts those of its members that do."""
    left = members.filter(members_touch)
    changed = left.group_by("finding").agg(pl.len().cast(pl.UInt32).alias("changed"))
    found = findings.filter(touches).join(changed, left_on="id", right_on="finding", how="left", maintain_order="left")
    fewer = (pl.col("count") > 1) & (pl.col("changed") < pl.col("count"))
    found = found.with_columns(
        pl.when(fewer).then("changed").otherwise("count").alias("count"),
        pl.when(fewer).then(pl.format("{} (changed: {})", "message", "changed")).otherwise("message").alias("message"),
    )
    return found.drop("changed"), left


_PATHS = pl.List(pl.String())
_LISTS = ("related", "examples", "members")
_COLUMNS: dict[str, pl.DataType] = {"path": pl.String(), "file": pl.String(), **dict.fromkeys(_LISTS, _PATHS)}


def _about(paths: pl.Series) -> pl.Expr:
    """Whether a row is about one of these images, by itself or with others."""
    among = paths.unique().implode()
    found = pl.col("path").is_in(among).fill_null(False)
    for others in _LISTS:
        found |= pl.col(others).list.eval(pl.element().is_in(among)).list.any().fill_null(False)
    return found


def _relabelled(data: Dataset, changes: Changes) -> pl.Series | None:
    """Paths of the images whose records changed; None if a file changed that speaks of all of them."""
    tables = [data.table(name) for name in ("labels", "boxes", "polygons", "keypoints", "named", "problems")]
    records = pl.concat([table.select("path", "file", "line") for table in tables]).drop_nulls("file").unique()
    recorded, declaring = set(records["file"]), set(data.table("classes")["source"])
    images = data.table("images").select("path", "os_path")
    candidates, skipped = set(images["os_path"]), set(data.table("skipped")["path"])
    found = [pl.Series("path", [], pl.String)]
    gone: set[str] = set()
    for path in changes.files:
        name = text(path)
        declares = name.rpartition(".")[2].lower() in DECLARING_EXTENSIONS and not name.endswith(BASELINE)
        if name in declaring:
            return None
        if name in recorded:
            found.append(_in_file(records.filter(pl.col("file") == name), data, changes, path, images["path"]))
        elif path in candidates or name in skipped:
            continue
        elif not Path(data.home, name).exists():
            gone.add(name)
        elif declares:
            return None
    folders = (*changes.folders, *_archives(data, changes))
    found += [records.filter(pl.col("file").str.starts_with(text(folder)))["path"] for folder in folders]
    if gone:
        stems = images["path"].str.replace(r"\.[^./]*$", "").str.replace(r"^.*/", "")
        lost = pl.Series([Path(name).stem for name in gone], dtype=pl.String)
        found.append(images["path"].filter(stems.is_in(lost.implode())))
    return pl.concat(found)


def _archives(data: Dataset, changes: Changes) -> list[bytes]:
    """What the paths of members of the archives that changed begin with."""
    return [path + b"/" for path in changes.files if data.file_of(path + b"/") == path]


def _in_file(records: pl.DataFrame, data: Dataset, changes: Changes, path: bytes, images: pl.Series) -> pl.Series:
    """The images of a label file's records that are not as they were, and those of its records that are gone."""
    name = text(path)
    linewise = data.checkout is not None and name.rpartition(".")[2].lower() in _LINEWISE
    before = data.checkout.content(changes.base, path) if data.checkout and linewise else None
    if before is None:
        return records["path"]
    try:
        now = data.item(path).read().splitlines()
    except OSError:
        return records["path"]
    old = before.splitlines()
    has_head = name.lower().endswith(("csv", "tsv"))
    if not old or not now or (has_head and old[0] != now[0]):
        return records["path"]
    known, present = set(old), set(now)
    new = pl.Series([number for number, line in enumerate(now, 1) if line not in known], dtype=pl.UInt32)
    words = {word for line in known - present for word in _WORDS.findall(line.decode("utf-8", "replace"))}
    theirs = records["line"].is_in(new.implode()) | records["line"].is_null()
    return pl.concat([records["path"].filter(theirs), _named(images, words)])


def _named(images: pl.Series, words: set[str]) -> pl.Series:
    """The images that some of the words name, by path, by file name or without its extension."""
    names = images.str.replace(r"^.*/", "")
    among = pl.Series(sorted(words), dtype=pl.String).implode()
    wanted = images.is_in(among) | names.is_in(among) | names.str.replace(r"\.[^.]*$", "").is_in(among)
    partly = {word.rpartition("/")[2] for word in words if "/" in word}
    return images.filter(wanted | names.is_in(pl.Series(sorted(partly), dtype=pl.String).implode()))
