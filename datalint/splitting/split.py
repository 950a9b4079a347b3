"""Split a dataset from Python: what `datalint split` does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from datalint import engine
from datalint.catalogue import registry
from datalint.config.resolve import resolve
from datalint.repair.edits import FixError
from datalint.splitting import check, folders, lists
from datalint.splitting.division import Division, divided
from datalint.splitting.groups import together
from datalint.splitting.ratios import SplitError, shares

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from datalint.config.settings import Config
    from datalint.judge.run import Progress
    from datalint.rule import Rule
    from datalint.splitting.check import Outcome

_LEAK = "group-leak"
_FOLDER = "only a folder can be split: unpack an archive, or copy a store, and split that"


class Split(NamedTuple):
    """How a dataset is dealt out."""

    division: Division
    """`table` has the split of each image, `counts()` those of each class; printed, it says so in words."""
    notes: tuple[str, ...] = ()
    """What is not taken along by a copy, in words."""
    outcome: Outcome | None = None
    """What the rules of splits say of what was written: its `exit_code` is 0 where all is well. None if nothing was."""

    def __str__(self) -> str:
        said = [*self.division.lines(), *self.notes]
        return "\n".join([*said, "", str(self.outcome)] if self.outcome else said)


class Splitter:
    """A dataset that was read and compared, ready to be dealt out."""

    def __init__(self, path: Path, settings: Config, progress: Progress | None = None) -> None:
        if path.exists() and not path.is_dir():
            raise SplitError(_FOLDER)
        self._rules = _rules(settings)
        self._settings, self._progress = settings, progress
        self.report = engine.scan(path, rules=self._rules, config=settings, progress=progress)
        if any(rule.crashed for rule in self.report.rules_not_run):
            raise SplitError("a rule crashed, so nothing is split: datalint scan says which")
        self.data = self.report.dataset
        if not isinstance(self.data.root, Path) or not self.data.root.is_dir():
            raise SplitError(_FOLDER)

    def divided(self, parts: Mapping[str, float], seed: int, keep: str | None, pattern: str | None) -> Division:
        """The division; nothing is written."""
        leak = next((rule for rule in self._rules if rule.name == _LEAK), None)
        asked = {name: share for name, share in parts.items() if name != keep}
        total = sum(asked.values()) or 1.0
        groups = together(self.data, leak, pattern, [share / total for share in asked.values()])
        return divided(self.data, groups, {name: share / total for name, share in asked.items()}, seed, keep)

    def listed(self, division: Division, folder: Path) -> Outcome:
        """Write lists, and check them."""
        lists.check_lists(division, folder)
        return check.of_written(division, lists.write_lists(division, folder), self._leaks, self._settings)

    def in_column(self, division: Division, file: Path) -> Outcome:
        """Write a table, and check it."""
        lists.check_column(file)
        return check.of_written(division, lists.write_column(division, file), self._leaks, self._settings)

    def copied(self, division: Division, to: Path, *, link: bool) -> tuple[tuple[str, ...], Outcome]:
        """Write a new dataset, and check it; what is not taken along, in words."""
        made = folders.planned(division)
        try:
            folders.write_folders(division, made, to, link=link)
        except FixError as error:
            raise SplitError(str(error)) from None
        settings = self._settings.merged(
            layout=None, exclude=(), folders={}, per_path_ignores={}, accept=(), baseline=None, split_column=None
        )
        images = len([name for name in made.files if not name.startswith("labels/")])
        left = division.table.drop_nulls("split").height - images
        return made.notes, check.of_folder(division, to, left, self._leaks, settings, self._progress)

    @property
    def _leaks(self) -> list[Rule]:
        return [rule for rule in self._rules if rule.code.startswith("DL7")]


def _rules(settings: Config) -> list[Rule]:
    """The rules of copies and splits, with the options that the settings give them."""
    asked = settings.merged(select=("near-duplicate", "DL7"), extend_select=(), ignore=())
    return registry.select(asked, registry.load(asked))


def split(
    path: str | os.PathLike[str],
    ratios: str | Sequence[float] | Mapping[str, float] = "80/10/10",
    *,
    seed: int = 0,
    lists: str | os.PathLike[str] | None = None,
    to: str | os.PathLike[str] | None = None,
    column: str | os.PathLike[str] | None = None,
    keep: str | None = None,
    group_pattern: str | None = None,
    link: bool = False,
    config: Config | str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Split:
    """Deal the images of the folder `path` into splits; without `lists`, `to` and `column` only say how.

    `lists` is a folder for lists of images, `to` a new folder for a copy of the dataset, `column` a new CSV file of
    path, group and split. `keep` names a split that stays as it is; `group_pattern` is a regular expression whose first
    group, in the path of an image, is what must stay together. `options` are fields of Config, as for `scan`.

    Raises SplitError with one line where it cannot be done, and what `scan` raises; TypeError for two outputs.
    """
    if sum(one is not None for one in (lists, to, column)) > 1:
        raise TypeError("split() takes one of `lists`, `to` and `column`")
    parts = shares(ratios)
    splitter = Splitter(Path(path), resolve([Path(path)], config, options), progress)
    division = splitter.divided(parts, seed, keep, group_pattern)
    if lists is not None:
        return Split(division, (), splitter.listed(division, Path(lists)))
    if column is not None:
        return Split(division, (), splitter.in_column(division, Path(column)))
    if to is not None:
        notes, outcome = splitter.copied(division, Path(to), link=link)
        return Split(division, notes, outcome)
    return Split(division)


__all__ = ["Split", "SplitError", "split"]
