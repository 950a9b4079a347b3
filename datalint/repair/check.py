"""Whether a repair did what it should: scanned again, and compared with what was there before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from datalint import engine
from datalint.finding import Finding
from datalint.repair.edits import digest
from datalint.repair.files import contents, new_content
from datalint.repair.words import some

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from datalint.config.settings import Config
    from datalint.judge.run import Progress
    from datalint.repair.plan import Plan
    from datalint.report import Report


class Outcome(NamedTuple):
    """What is not as it should be after a repair; nothing where all is well."""

    remaining: list[Finding]
    """Findings that should be gone."""
    new: list[Finding]
    """Errors and warnings that were not there before."""
    differing: list[str]
    """Files that are not what they were, or were to become."""
    uncovered: list[Finding]
    """Errors and warnings that were hidden behind a finding that is gone: that is not a failure."""
    fixed: int
    unasked: int = 0
    """Findings that were decided, and are the probe's: it is not asked again."""

    @property
    def exit_code(self) -> int:
        """0 where all is well, else 1."""
        return int(bool(self.remaining or self.new or self.differing))

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        gone = f"{self.fixed - len(self.remaining):,} of {self.fixed:,} findings are gone, "
        if not self.exit_code:
            gone = gone if self.fixed else ""
            yield f"Checked: {gone}no new error or warning has come, all other files are the same."
        else:
            yield f"Checked: {gone}and not all is as it should be."
        if self.unasked:
            yield f"{self.unasked:,} more of the probe, which is not asked again, are dealt with as decided."
        yield from some(f"still there: {_named(one)}" for one in self.remaining)
        yield from some(f"new: {_named(one)}" for one in self.new)
        yield from some(f"not as it should be: {name}" for name in self.differing)
        yield from some(f"was hidden behind what is gone: {_named(one)}" for one in self.uncovered)


class Check:
    """What was there before a repair."""

    def __init__(self, report: Report, plan: Plan, progress: Progress | None = None) -> None:
        self._plan, self._progress = plan, progress
        # What is accepted is known too; and globs of the config do not lead to a copy in another place.
        self._config = report.config.merged(accept=(), per_path_ignores={})
        accepts = bool(report.config.accept or report.config.per_path_ignores)
        self._before = engine.scan(plan.root, config=self._config, progress=progress) if accepts else report
        self._contents = contents(plan.root)
        for name, edited in plan.edited.items():
            self._contents[name] = edited.after or digest(new_content(plan.root / name, edited))

    def after(self, root: Path) -> Outcome:
        """What is not as it should be in the repaired dataset at `root`."""
        report = engine.scan(root, config=self._moved(root), progress=self._progress)
        known = set(self._before.findings["id"])
        members = _images(report)
        about = self._known()
        louder = {rule.name: rule.yields_to for rule in report.rules_run}
        fixed, remaining = self._plan.fixed, dict[str, Finding]()
        new, uncovered = list[Finding](), list[Finding]()
        for finding in report:
            if finding.id in fixed:
                remaining.setdefault(finding.id, finding)
            if finding.severity == "note" or finding.id in known:
                continue
            images = members.get(finding.id, set())
            if not images or not images <= about.get(finding.name, set()):
                hidden = any(images and images <= about.get(name, set()) for name in louder.get(finding.name, ()))
                (uncovered if hidden else new).append(finding)
        asked = {rule.code for rule in report.rules_run}
        unasked = {one.finding.id for one in self._plan.repairs if one.finding.code not in asked} & fixed
        differing = self._differing(root)
        return Outcome(list(remaining.values()), new, differing, uncovered, len(fixed - unasked), len(unasked))

    def _known(self) -> dict[str, set[str]]:
        """Rule -> the images that its findings spoke of: what is left of a group is not a new finding."""
        members, found = _images(self._before), dict[str, set[str]]()
        for identity, name in self._before.findings.select("id", "name").iter_rows():
            paths = members.get(identity, set())
            found.setdefault(name, set()).update(self._plan.renamed.get(path, path) for path in paths)
        return found

    def _moved(self, root: Path) -> Config:
        folder = self._config.folder
        if folder is None or not folder.is_relative_to(self._plan.root):
            return self._config
        return self._config.merged(base=root / folder.relative_to(self._plan.root))

    def _differing(self, root: Path) -> list[str]:
        plan = self._plan
        expected = {
            plan.renamed.get(name, name): content
            for name, content in self._contents.items()
            if name not in plan.removed
        }
        there = contents(root)
        names = expected.keys() | there.keys()
        return sorted(name for name in names if expected.get(name) != there.get(name))


def _images(report: Report) -> dict[str, set[str]]:
    """Finding -> the images that it speaks of."""
    found: dict[str, set[str]] = {}
    for identity, path in report.members.select("finding", "path").drop_nulls().iter_rows():
        found.setdefault(identity, set()).add(path)
    return found


def _named(finding: Finding) -> str:
    place = finding.path or finding.file or finding.subject or "dataset"
    return f"{finding.severity} {finding.code} {finding.name}: {place}: {finding.message}"
