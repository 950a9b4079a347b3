"""The rule `missing-data-path`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.rules.labels._problems import problems

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class MissingDataPath(Rule):
    """Folders and lists that a data file names and that are not there.

    ## What it does
    Flags every entry of a data file (`path`, `train`, `val`, `test`, `names` of a YOLO `data.yaml` or `.data` file)
    that does not lead to a folder or file of the dataset.

    ## Why is this bad?
    The trainer stops at the start, or looks elsewhere: some programs fall back to a folder of their own settings and
    train on whatever lies there.

    ## Example
    `fixtures/missing-data-path/bad/data.yaml` says `val: images/valid`, and the folder is `images/val`.
    `fixtures/missing-data-path/good/data.yaml` names it.

    ## When not to use it
    When you scan a part of a dataset together with the data file of all of it.
    """

    code, name, since = "DL413", "missing-data-path", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.PROBLEMS,)
    message = "{reason}; expected {expected}"
    hint = "correct the entry; paths relative to the data file work on every machine"
    key = ("reason",)
    per_image = False
    fact = ("reason",)

    def check(self, data: Dataset) -> LazyFrame:
        """The problems of this kind."""
        found: LazyFrame = problems(data, "data-path")
        return found
