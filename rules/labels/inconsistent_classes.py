"""The rule `inconsistent-classes`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules.labels._problems import problems

if TYPE_CHECKING:
    from polars import DataFrame, LazyFrame

    from datalint import Dataset


class InconsistentClasses(Rule):
    """Lists of classes that contradict themselves.

    ## What it does
    Flags label files whose own list of classes does not add up: a declared number of classes that is not the number
    of names, numbers that leave one out, a number or a name that is used twice, a second list that differs. The same
    for keypoints: a `flip_idx` that does not exchange each keypoint of `kpt_shape` with one other, or with itself.
    Lists that belong to different label files and have the same names in another order are a warning: each is right
    for its own files, but not for all of them together.

    ## Why is this bad?
    The number of a class is all that a model learns. If `nc` is 2 and there are 3 names, one program stops and the
    next one builds a head with too few outputs; if two lists disagree, every name that is shown may be wrong.

    ## Example
    `fixtures/inconsistent-classes/bad/data.yaml` says `nc: 3` and names two classes.
    `fixtures/inconsistent-classes/good/data.yaml` says `nc: 2`.

    ## When not to use it
    No case is known: in training data each finding is a fault.
    """

    code, name, since = "DL412", "inconsistent-classes", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.PROBLEMS,)
    message = "{reason}; expected {expected}"
    hint = "correct the list so that the numbers in the labels are those of its names"
    key = ("reason",)
    per_image = False
    fact = ("reason",)

    def check(self, data: Dataset) -> LazyFrame:
        """The problems of this kind, and lists of the same names in another order."""
        counted = pl.col("expected").str.contains(r"^(nc|classes): ?\d+$")
        place = pl.format("{}:{}", "file", "line")
        said = pl.format("set `{}` in {}, if the names are right", "expected", place)
        found: LazyFrame = problems(data, "classes").with_columns(
            hint=pl.when(counted & pl.col("line").is_not_null()).then(said).otherwise(pl.lit(self.hint)),
            severity=pl.lit(self.severity),
        )
        return pl.concat([found, data.once(_in_another_order).lazy()], how="diagonal")


def _in_another_order(data: Dataset) -> DataFrame:
    """Lists of classes that an earlier one has in another order, whatever number they begin with: one row each."""
    numbered = data.classes.filter(pl.col("class_id").is_not_null(), ~pl.col("source").is_in(["folder", "config"]))
    lists = (
        numbered.sort("class_id", maintain_order=True)
        .group_by("source", maintain_order=True)
        .agg("class", pl.col("class_id").first().alias("first"))
        .filter(pl.col("class").list.len() == pl.col("class").list.n_unique())
        .sort("source")
        .collect()
    )
    known: dict[frozenset[str], tuple[str, list[str]]] = {}
    rows: list[tuple[str, str, str]] = []
    for source, names, number in lists.iter_rows():
        before, others = known.setdefault(frozenset(names), (source, names))
        place = next((place for place, name in enumerate(names) if name != others[place]), None)
        if place is not None:
            said = f"class {number + place} is {names[place]!r} here and {others[place]!r} there"
            reason = f"the same classes as in {before}, in another order: {said}"
            rows.append((source, reason, f"the order of {before}"))
    schema = {"file": pl.String, "reason": pl.String, "expected": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        severity=pl.lit(Severity.WARNING.value),
        hint=pl.lit("put both lists in one order and renumber the labels of one before the files are used together"),
    )
