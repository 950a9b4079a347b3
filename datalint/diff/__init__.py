"""What changed from one state of a dataset to another: images, labels, splits, classes, statistics and findings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from datalint.finding import has_grown
from datalint.rule import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.diff.snapshot import Snapshot

#: An image is the same image where these are equal, the first that fit; `row` decides between equals.
_SAME_IMAGE = (("path", "content"), ("content", "name"), ("content",), ("path",))
#: A finding is known by its id; which of several with one id is new, its place decides (as in a baseline).
_SAME_FINDING = (("id", "path"), ("id", "file", "line"), ("id",))


@dataclass(frozen=True, slots=True)
class Difference:
    """Two states of a dataset, compared."""

    old: Snapshot
    new: Snapshot
    images: pl.DataFrame | None
    """An image a row: old, new (its paths; null where it is not there), changed (whether its content is another),
    old_splits, new_splits, old_classes, new_classes, redrawn (whether its objects lie elsewhere). None where a state
    holds no list of its images."""
    findings: pl.DataFrame
    """The columns of a finding, and `change`: new (also of a group that has grown), fixed or remaining (as it is now).
    Of rules that ran both times."""
    not_compared: dict[str, str] = field(default_factory=dict)
    """Rules that ran only once: code -> which state was judged by it."""
    notes: tuple[str, ...] = ()
    """What could not be compared, or was not there, and why: one sentence each."""

    # -- images ------------------------------------------------------------------------------------------------------

    @property
    def added(self) -> pl.DataFrame:
        """Images that are only in the new state."""
        return self._images(pl.col("old").is_null())

    @property
    def removed(self) -> pl.DataFrame:
        """Images that are only in the old state."""
        return self._images(pl.col("new").is_null())

    @property
    def changed(self) -> pl.DataFrame:
        """Images with other content under the same path."""
        return self._images(_IN_BOTH & pl.col("changed"))

    @property
    def moved(self) -> pl.DataFrame:
        """Images that are in another split than before."""
        return self._images(_IN_BOTH & (pl.col("old_splits") != pl.col("new_splits")))

    @property
    def relabelled(self) -> pl.DataFrame:
        """Images that have another class than before, or another number of objects of a class."""
        return self._images(_IN_BOTH & (pl.col("old_classes") != pl.col("new_classes")))

    @property
    def redrawn(self) -> pl.DataFrame:
        """Images with objects of the same classes as before, in other places."""
        return self._images(_IN_BOTH & (pl.col("old_classes") == pl.col("new_classes")) & pl.col("redrawn"))

    @property
    def renamed(self) -> pl.DataFrame:
        """Images with another path, and the same split and class as before."""
        same = (pl.col("old_splits") == pl.col("new_splits")) & (pl.col("old_classes") == pl.col("new_classes"))
        return self._images(_IN_BOTH & (pl.col("old") != pl.col("new")) & same)

    def _images(self, which: pl.Expr) -> pl.DataFrame:
        return pl.DataFrame() if self.images is None else self.images.filter(which)

    # -- findings ----------------------------------------------------------------------------------------------------

    def of(self, change: str) -> pl.DataFrame:
        """The findings that are new, fixed or remaining, worst first."""
        return self.findings.filter(pl.col("change") == change)

    def exit_code(self, fail_on: str = "error") -> int:
        """1 for new findings at or above `fail_on` that no baseline knows, else 0.

        2 where a rule crashed, 3 where the new state has neither an image nor a label.
        """
        if self.old.crashed or self.new.crashed:
            return 2
        if self.new.is_empty:
            return 3
        if fail_on == "never":
            return 0
        failing = [severity.value for severity in Severity if severity.rank <= Severity(fail_on).rank]
        fresh = self.of("new").filter(pl.col("severity").is_in(failing) & (pl.col("status") == "new"))
        return int(fresh.height > 0)


_IN_BOTH = pl.col("old").is_not_null() & pl.col("new").is_not_null()


def compare(old: Snapshot, new: Snapshot) -> Difference:
    """What changed from `old` to `new`.

    An image is followed by its content where it moved, and by its path where its content changed.
    """
    notes = [*old.notes, *(note for note in new.notes if note not in old.notes)]
    notes += [
        f"{code} crashed on {state.name}: what it would have found there is not known."
        for state in (old, new)
        for code in state.crashed
    ]
    images = None
    if old.images is None or new.images is None:
        notes.append("Which images changed is not known: a JSON report has no list of them, an export has (--export).")
    else:
        images = _images(old.images, new.images)
        if any(frame.height and frame["content"].null_count() == frame.height for frame in (old.images, new.images)):
            notes.append("The content of the images was not read, so only their paths and sizes are compared.")
    both = [code for code in old.rules_run if code in new.rules_run]
    once = dict.fromkeys(old.rules_run, "old") | dict.fromkeys(new.rules_run, "new")
    return Difference(
        old,
        new,
        images,
        _findings(old.findings, new.findings, both),
        {code: once[code] for code in sorted(once) if code not in both},
        tuple(notes),
    )


def _images(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    pairs = _pairs(old, new, _SAME_IMAGE)
    numbered = [frame.with_row_index("row") for frame in (old, new)]
    side = pairs.join(numbered[0], left_on="old_row", right_on="row", how="left")
    both = side.join(numbered[1], left_on="new_row", right_on="row", how="left", suffix="_new")
    known = pl.col("content").is_not_null() & pl.col("content_new").is_not_null()
    other = (
        pl.when(known)
        .then(pl.col("content") != pl.col("content_new"))
        .otherwise(pl.col("bytes").ne_missing(pl.col("bytes_new")))
    )
    return both.select(
        pl.col("path").alias("old"),
        pl.col("path_new").alias("new"),
        other.alias("changed"),
        *(pl.col(name).fill_null([]).alias(f"old_{name}") for name in ("splits", "classes")),
        *(pl.col(f"{name}_new").fill_null([]).alias(f"new_{name}") for name in ("splits", "classes")),
        (pl.col("objects") != pl.col("objects_new")).alias("redrawn"),
    ).sort(pl.coalesce("new", "old"), "old", nulls_last=True)


def _findings(old: pl.DataFrame, new: pl.DataFrame, codes: Sequence[str]) -> pl.DataFrame:
    old, new = (frame.filter(pl.col("code").is_in(codes)) for frame in (old, new))
    pairs = _pairs(old, new, _SAME_FINDING)
    fixed = old[pairs.filter(pl.col("new_row").is_null())["old_row"].sort()]
    both = pairs.drop_nulls()
    counts = zip(new["count"][both["new_row"]], old["count"][both["old_row"]], strict=True)
    grown = pl.Series([has_grown(now, before) for now, before in counts], dtype=pl.Boolean)
    known = both.filter(~grown)["new_row"].implode()
    now = new.with_row_index("row").with_columns(
        pl.when(pl.col("row").is_in(known)).then(pl.lit("remaining")).otherwise(pl.lit("new")).alias("change")
    )
    return pl.concat([now.drop("row"), fixed.with_columns(pl.lit("fixed").alias("change"))])


def _pairs(old: pl.DataFrame, new: pl.DataFrame, keys: Sequence[Sequence[str]]) -> pl.DataFrame:
    """(old_row, new_row): each row of either once, two in one line where `keys` are equal, the first keys first."""
    left, right = old.with_row_index("row"), new.with_row_index("row")
    pairs = []
    for names in keys:
        hits = _ranked(left, names).join(_ranked(right, names), on=[*names, "rank"], suffix="_new")
        pairs.append(hits.select(pl.col("row").alias("old_row"), pl.col("row_new").alias("new_row")))
        left = left.join(hits, on="row", how="anti", maintain_order="left")
        right = right.join(hits, left_on="row", right_on="row_new", how="anti", maintain_order="left")
    pairs.append(left.select(pl.col("row").alias("old_row"), pl.lit(None, pl.UInt32).alias("new_row")))
    pairs.append(right.select(pl.lit(None, pl.UInt32).alias("old_row"), pl.col("row").alias("new_row")))
    return pl.concat(pairs)


def _ranked(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The rows that have all of `names`, the equal ones numbered."""
    whole = frame.select("row", *names).drop_nulls()
    return whole.with_columns(pl.int_range(pl.len()).over(names).alias("rank"))


def shares(counts: dict[str, int]) -> dict[str, float]:
    """Each count's share of their sum."""
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items()} if total else {}


def steps(images: pl.DataFrame, what: str) -> Counter[tuple[str, str]]:
    """How many images went from which to which: `what` is splits or classes, several joined by a plus."""
    columns = [map(_sum, images[f"{side}_{what}"].to_list()) for side in ("old", "new")] if images.height else []
    return Counter(zip(*columns, strict=True)) if columns else Counter()


def _sum(names: Sequence[str]) -> str:
    return " + ".join(name if number == 1 else f"{number:,} {name}" for name, number in Counter(names).items())
