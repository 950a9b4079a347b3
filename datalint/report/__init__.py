"""What a scan found, and how it is reported: one module per format, each renders a `Report`, none runs anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint import __version__
from datalint.finding import MEMBERS, plain
from datalint.output import write
from datalint.report import changes, in_force
from datalint.report.deciding import Decisions
from datalint.report.place import name_of
from datalint.report.rows import each, entries
from datalint.rule import Severity
from datalint.sources.url import Url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from datalint.advise import Advice
    from datalint.config.settings import Config
    from datalint.dataset import Dataset
    from datalint.finding import Accepted, Finding, NotRun, Unused
    from datalint.judge.earlier import Changes
    from datalint.judge.in_force import InForce
    from datalint.report.decisions import Decided
    from datalint.report.passed import Passed
    from datalint.report.plan import Step
    from datalint.report.samples import Sample
    from datalint.rule import Rule

FORMATS = ("text", "concise", "json", "jsonl", "markdown", "html", "sarif", "github", "gitlab", "junit")


@dataclass(repr=False)
class Report:
    """The result of a scan. Iterating it yields `Finding`s, worst first; its length is how many there are."""

    dataset: Dataset
    config: Config
    findings: pl.DataFrame
    members: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MEMBERS))
    """The images and records that each finding speaks of."""
    rules_run: tuple[Rule, ...] = ()
    rules_not_run: tuple[NotRun, ...] = ()
    acceptances: tuple[Accepted, ...] = ()
    """What the config accepts, by rule: counted, not among the findings."""
    settings: InForce | None = None
    """Where the settings come from, and what they leave out; None where there is no config file."""
    scanned: tuple[Path | Url, ...] = ()
    """The folders and files that the scan was given, absolute, or URLs."""
    baseline: Path | None = None
    """The file of known findings that is in force."""
    unused: tuple[Unused, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Stage -> wall seconds; shown to people, never part of a machine format."""
    decisions: Decisions = field(default_factory=Decisions)
    """What a person decided about the findings, for `datalint.fix`; `decide` adds to it."""
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    """Path -> a small JPEG or PNG, for the findings that the HTML report shows; made by the engine on demand."""
    samples: tuple[Sample, ...] = ()
    """Pictures of what the dataset holds, for the HTML report; made by the engine on demand."""
    comparison: Changes | None = None
    """What changed since an earlier report; None where it was not compared with one."""
    command: str = ""
    """The command line that asked for it ..."""
    made: datetime | None = None
    """... and when it was made; shown to people, never part of a machine format."""

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """Every table of the dataset, the findings and their members."""
        from datalint.dataset.schema import TABLES

        return {name: self.dataset.table(name) for name in TABLES} | {
            "findings": self.findings,
            "members": self.members,
        }

    @property
    def accepted(self) -> int:
        """How many findings the config accepts."""
        return sum(entry.count for entry in self.acceptances)

    @property
    def new(self) -> pl.DataFrame:
        """Findings that no baseline knows."""
        is_new = self.findings["status"] == "new"
        return self.findings if is_new.all() else self.findings.filter(is_new)

    @property
    def fresh(self) -> Iterator[Finding]:
        """The findings that no baseline knows, worst first."""
        return each(self.new)

    @property
    def tally(self) -> str:
        """`12 findings (3 new, 9 in the baseline)`."""
        total, new = self.findings.height, self.new.height
        found = f"{total:,} finding{'' if total == 1 else 's'}"
        return found if self.baseline is None else f"{found} ({new:,} new, {total - new:,} in the baseline)"

    @property
    def counts(self) -> dict[str, int]:
        """New findings by severity: error, warning, note."""
        found = dict(self.new.group_by("severity").len().iter_rows())
        return {severity.value: found.get(severity.value, 0) for severity in Severity}

    @property
    def plan(self) -> tuple[Step, ...]:
        """What to do, at most seven steps, those first that save most: see `datalint.report.plan.Step`."""
        from datalint.report.plan import steps

        return steps(self)

    @property
    def passed(self) -> tuple[Passed, ...]:
        """What was checked and is right, one entry a family: see `datalint.report.passed.Passed`."""
        from datalint.report.passed import passed

        return passed(self)

    @property
    def verdict(self) -> str:
        """The report in one sentence, with the first step of the plan."""
        from datalint.report.verdict import sentence

        return sentence(self, self.plan)

    @property
    def exit_code(self) -> int:
        """0 nothing at or above fail-on; 1 such findings; 2 a rule crashed; 3 nothing to scan."""
        if any(rule.crashed for rule in self.rules_not_run):
            return 2
        if self.dataset.table("images").is_empty() and not self.dataset.label_files():
            return 3
        if self.config.fail_on == "never" or self.config.exit_zero:
            return 0
        limit = Severity(self.config.fail_on).rank
        return int(any(count and Severity(name).rank <= limit for name, count in self.counts.items()))

    def __iter__(self) -> Iterator[Finding]:
        return each(self.findings)

    def __len__(self) -> int:
        return self.findings.height

    def __bool__(self) -> bool:
        return True  # one without findings too is a report

    def __repr__(self) -> str:
        counted = {"image": self.dataset.table("images").height, **self.counts}
        said = ", ".join(f"{number:,} {name}{'' if number == 1 else 's'}" for name, number in counted.items())
        return f"<Report of {self.root_name}: {said}>"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from datalint.report.html.notebook import render

        return render(self)

    @property
    def summary(self) -> dict[str, Any]:
        """The `summary` object of the JSON report."""
        from datalint.report.summary import summed

        return summed(self)

    @property
    def overview(self) -> dict[str, Any]:
        """The `dataset` object of the JSON report."""
        data = self.dataset
        classes = data.annotations.drop_nulls("class").group_by("class").len().sort("class").collect()
        splits = data.table("splits").group_by("split").len().sort("split")
        statistics = data.statistics
        return {
            "root": self.root_name,
            "layouts": list(data.layouts),
            "images": data.table("images").height,
            "classes": dict(classes.iter_rows()),
            "splits": dict(splits.iter_rows()),
            "statistics": plain({"mean": list(statistics.mean), "std": list(statistics.std)}) if statistics else None,
        }

    @property
    def advice(self) -> Advice:
        """What the measured facts mean for training, as code to paste; empty where pixels were not measured."""
        from datalint.advise import advise

        grouped = self.findings.filter(pl.col("name") == "group-leak")["count"].sum()
        return advise(self.dataset, "." if self.dataset.root == Path.cwd() else self.root_name, int(grouped))

    @property
    def root_name(self) -> str:
        """The root as a report names it: relative to where the scan was started if it lies there; valid UTF-8."""
        root = self.dataset.root
        if isinstance(root, Url):
            return root
        return name_of(root) if root != Path.cwd() else name_of(PurePath(root.name))

    def head(self) -> dict[str, Any]:
        """The JSON report (`datalint schema report` prints its schema) without its last member, the `findings`."""
        from datalint.report.verdict import sentence

        plan = self.plan
        return {
            "schema": "datalint/report/v1",
            "tool": {"name": "datalint", "version": __version__},
            "settings": in_force.document(self),
            "dataset": self.overview,
            "verdict": sentence(self, plan),
            "plan": [step.document() for step in plan],
            "passed": [entry.document() for entry in self.passed],
            "summary": self.summary,
            "advice": [snippet.document() for snippet in self.advice],
            **({} if self.comparison is None else {"comparison": changes.document(self.comparison)}),
        }

    def document(self) -> dict[str, Any]:
        """The JSON report."""
        return {**self.head(), "findings": list(entries(self.findings))}

    def compare(self, earlier: str | Path) -> Changes:
        """What changed since an earlier JSON report; from now on this report says so in every format that can.

        Raises ConfigError with one line where the file is not such a report.
        """
        from datalint.judge import earlier as reports

        self.comparison = reports.changes(self, reports.read(Path(earlier)))
        return self.comparison

    def decide(self, finding: Finding | str, decision: str, value: str | None = None, by: str | None = None) -> Decided:
        """Note in `decisions` what is to become of a finding, or of the one with that id.

        ValueError says what it offers: keep, delete, keep-copy (`value` is the path that stays), relabel, ...
        """
        return self.decisions.take(self.findings, finding, decision, value, by)

    def to_pandas(self, table: str = "findings") -> Any:
        """One of `tables` as a DataFrame of pandas, which needs no pyarrow; ImportError without pandas."""
        from datalint.report.frame import in_pandas

        return in_pandas(self.tables[table])

    def parts(self, format: str) -> Iterator[str]:
        """The report in one of FORMATS, in pieces: JSON and JSON Lines are never held as a whole."""
        if format not in FORMATS:
            raise ValueError(f"unknown format {format!r}; one of {', '.join(FORMATS)}")
        module = import_module(f"datalint.report.{format}")
        return module.parts(self) if hasattr(module, "parts") else iter([module.render(self)])

    def render(self, format: str) -> str:
        """The report in one of FORMATS."""
        return "".join(self.parts(format))

    def notice(self, format: str) -> str:
        """What a format leaves out of this report, in words; empty where it holds everything."""
        if format != "sarif":
            return ""
        from datalint.report.sarif import notice

        return notice(self)

    def write(self, format: str, path: str | Path) -> None:
        """Render into a file, whole or not at all; raises WriteError."""
        write(path, self.parts(format))
