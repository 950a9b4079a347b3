"""The rule `similar-class-names`."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset


#: In how many times as many labels the right name stands beside one slip of the keys in a short name.
_TIMES = 5


class SimilarClassNames(Rule):
    """Two classes whose names differ by case, space, Unicode form or one typo.

    ## What it does
    Flags pairs of class names that are the same once letter case, spaces, `_`, `-` and the Unicode form are ignored. A
    pair that differs by one letter more, less, changed or swapped is flagged only if both names are long, neither holds
    a digit, and one class is rare beside the other: `left`/`lift` and `class1`/`class2` are names, `retreiver` once
    among 400 `retriever` is a typo. Of short names it is only flagged if two letters beside each other are swapped:
    `dgo` once beside `dog`.

    ## Why is this bad?
    The typo makes a class of its own: an output that is never learned, and images that are missing in the right
    class.

    ## Example
    `fixtures/similar-class-names/bad/labels.csv` says `cats` and `Cats`. `fixtures/similar-class-names/good` says
    `cats` throughout.

    ## When not to use it
    Where names that differ by case only are meant to be different classes.
    """

    code, name, since = "DL405", "similar-class-names", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.ANNOTATIONS,)
    message = "the class name {subject!r} ({count:,}x) differs from {other!r} ({other_count:,}x) by {difference}"
    hint = "use one name if both mean the same class"
    key = ("other",)
    per_image = False
    scope = "class"

    shortest = option(6, "The shortest name in which a typo is looked for, in characters.", low=2)
    rare = option(
        0.05, "The largest size of the misspelt class, as a share of the other one: typos are few.", low=0.0, high=1.0
    )

    def check(self, data: Dataset) -> DataFrame:
        """One row per pair; the rarer name is the subject."""
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import cdist

        labels = data.annotations.filter(pl.col("class").is_not_null())
        counts: dict[str, int] = dict(labels.group_by("class").len().collect().iter_rows())
        for name in data.table("classes")["class"].drop_nulls().to_list():
            counts.setdefault(name, 0)
        by_form: dict[str, list[str]] = {}
        for name in sorted(counts, key=lambda name: (-counts[name], name)):
            by_form.setdefault(_form(name), []).append(name)
        pairs = [(rest, names[0], _difference(rest, names[0])) for names in by_form.values() for rest in names[1:]]
        words = [form for form in by_form if not any(map(str.isdigit, form))]
        long = [form for form in words if len(form) >= self.shortest]
        if len(long) > 1:
            near = cdist(long, long, scorer=OSA.distance, score_cutoff=1) == 1
            for a, b in zip(*near.nonzero(), strict=True):
                one, other = by_form[long[a]][0], by_form[long[b]][0]
                if 0 < counts[one] <= self.rare * counts[other]:
                    pairs.append((one, other, "one letter"))
        for form in words:
            for swapped in _swapped(form) if 2 < len(form) < self.shortest else ():
                one, other = by_form[form][0], by_form.get(swapped, [""])[0]
                if other and 0 < counts[one] <= max(1, self.rare * counts[other]) and counts[other] >= _TIMES:
                    pairs.append((one, other, "two letters swapped"))
        rows = [(one, counts[one], other, counts[other], difference) for one, other, difference in sorted(pairs)]
        schema = {"subject": pl.String, "count": pl.Int64, "other": pl.String, "other_count": pl.Int64}
        return pl.DataFrame(rows, schema={**schema, "difference": pl.String}, orient="row")


def _form(name: str) -> str:
    """The name without what people do not read: case, spaces and their stand-ins, Unicode form."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").replace("-", " ").split())


def _swapped(name: str) -> set[str]:
    """The name with two letters beside each other swapped, in every place."""
    swaps = (name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in range(len(name) - 1))
    return {swap for swap in swaps if swap != name}


def _difference(a: str, b: str) -> str:
    if unicodedata.normalize("NFKC", a) == unicodedata.normalize("NFKC", b):
        return "Unicode form"
    return "case" if a.casefold() == b.casefold() else "spaces, hyphens or underscores"
