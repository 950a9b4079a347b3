"""The rule `mislabelled-batch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules.mislabels._batches import PLACES, batches, counted, noun, shared

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset
    from datalint.dataset import Batch

#: Images that a finding shows.
EXAMPLES = 8


class MislabelledBatch(Rule):
    """Images of a class in one split, folder or label file that look like another class together.

    ## What it does
    Asks the probe (see `likely-mislabel`) where its contradictions lie. Flags a class in a split, a folder or a label
    file if more of its images there look like one other class than like their own, and by a clear margin, while the
    rest of the class looks like itself at least twice as often as like the other. The difference must be beyond chance
    (hypergeometric test, p < 0.001 over all groups and classes that are compared). If the other class looks like
    this one in the same place, the two are exchanged there, and both are one finding.

    Images that share no place, but a start or a run of their names, a span of time, or no more than a look that is too
    plain for confusion, are found too: those are findings of `likely-mislabel`.

    ## Why is this bad?
    A folder that was dropped into another, or a list with two classes exchanged, is one mistake with many wrong labels.
    In a validation split it turns the score of a good model into that of a bad one.

    ## Example
    In `fixtures/mislabelled-batch/bad` discs and crosses are exchanged in val. In `fixtures/mislabelled-batch/good`
    they are not.

    ## When not to use it
    When the images of one place differ so much from all others that the probe cannot tell their classes.

    ## References
    Fisher's exact test; Bonferroni's correction.
    """

    code, name, since = "DL906", "mislabelled-batch", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.PROBE, Need.ANNOTATIONS)
    yields_to = ("contradictory-duplicate", "conflicting-labels")
    per_image = False
    message = "{who}{where} look like {suggested}{reverse}"
    hint = "look at some of them, then correct the labels of all{or_else}"
    scope = "class"

    def check(self, data: Dataset) -> DataFrame:
        """One row per place and pair of classes."""
        found: dict[tuple[str, str, frozenset[str]], list[Batch]] = {}
        for batch in batches(data):
            if batch.by in PLACES:
                found.setdefault((batch.by, batch.name, frozenset((batch.given, batch.suggested))), []).append(batch)
        paths, what = data.table("probe")["path"], noun(data)
        rows = [self._row(both, paths.gather(sorted(_items(both))).unique(maintain_order=True).to_list(), what)
                for both in found.values()]  # fmt: skip
        texts = dict.fromkeys(("subject", "given", "suggested", "who", "where", "reverse", "or_else"), pl.String)
        lists = dict.fromkeys(("members", "examples"), pl.List(pl.String))
        return pl.DataFrame(rows, schema={**texts, **lists, "score": pl.Float64}).sort("subject")

    def _row(self, both: list[Batch], members: list[str], noun: str) -> dict[str, object]:
        first, *others = both
        classes = " / ".join(sorted((first.given, first.suggested))) if others else first.given
        reverse = "".join(
            f", and {counted(other, noun)} of {other.given} like {other.suggested}: the two classes are exchanged there"
            for other in others
        )
        return {
            "subject": f"{classes}{shared(first)}",
            "given": first.given,
            "suggested": first.suggested,
            "who": f"{counted(first, noun)} of {first.given}",
            "where": shared(first),
            "reverse": reverse,
            "or_else": ", or of all others if those are wrong" if others else "",
            "members": members,
            "examples": members[:EXAMPLES],
            "score": len(_items(both)) / sum(batch.of for batch in both),
        }


def _items(both: list[Batch]) -> set[int]:
    return {item for batch in both for item in batch.items}
