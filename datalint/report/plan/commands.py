"""The commands of a plan: each can be typed as it stands, where the scan was started."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from datalint.report.place import name_of
from datalint.report.reach import by_use

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.report import Report

#: Rule -> the option of `datalint fix` that its fixer asks for.
_ASKED = dict.fromkeys(("split-leak", "near-split-leak", "group-leak"), "--out-of")
#: Names of splits that `datalint split` takes.
_SPLIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CLEAN, _LISTS = "clean", "splits/"


class Commands:
    """Writes the commands about one report's dataset."""

    def __init__(self, report: Report) -> None:
        self._report, self._root = report, report.dataset.root
        self._made = 0

    @property
    def can_fix(self) -> bool:
        """Whether `datalint fix` takes what was scanned: one folder of this machine, as a whole."""
        return isinstance(self._root, Path) and self._report.scanned == (self._root,) and self._root.is_dir()

    @property
    def repair(self) -> str:
        """Say what can be repaired; empty where nothing can."""
        return _typed(["datalint", "fix", *self._places, *self._settings]) if self.can_fix else ""

    def fix(self, rules: Sequence[str], home: str) -> str:
        """Repair what these rules found, in a copy; each further repair starts from the copy before.

        `home` is the split that pictures in two splits are taken out of.
        """
        start = self._places if not self._made else [self._copy]
        self._made += 1
        asked = [
            word
            for option in dict.fromkeys(_ASKED[rule] for rule in rules if rule in _ASKED)
            for word in (option, home)
            if home
        ]
        return _typed(
            ["datalint", "fix", *start, *self._settings, "--only", ",".join(rules), *asked, "--to", self._copy]
        )

    def decided(self, file: str) -> str:
        """Carry out what a file of decisions says, in a copy."""
        self._made += 1
        return _typed(["datalint", "fix", *self._places, *self._settings, "--decisions", file, "--to", self._copy])

    def split(self) -> str:
        """Deal the images again into lists, of splits as large as those there are; empty where that cannot be done."""
        sizes = self._report.overview["splits"]
        if not self.can_fix or len(sizes) < 2 or not all(map(_SPLIT.fullmatch, sizes)):
            return ""
        whole = sum(sizes.values())
        ratios = ",".join(f"{name}={max(1, round(100 * sizes[name] / whole))}" for name in by_use(sizes))
        where = [*self._places, *self._settings]
        return _typed(["datalint", "split", *where, "--ratios", ratios, "--lists", _LISTS])

    def other(self, template: str) -> str:
        """The command of another program."""
        return template.format(root=shlex.quote(next(iter(self._places), ".")))

    def show(self, codes: Sequence[str], name: str) -> str:
        """Show what these rules found, with pictures, in a browser."""
        if not self._places and not isinstance(self._root, Path):
            return ""  # an object in memory
        where = [*self._places, *self._settings]
        return _typed(["datalint", "scan", *where, "--select", ",".join(codes), "--format", f"html={name}.html"])

    @property
    def _copy(self) -> str:
        name = _CLEAN if self._made == 1 else f"{_CLEAN}-{self._made}"
        here = Path.cwd()
        if not isinstance(self._root, Path) or not here.is_relative_to(self._root):
            return f"{name}/"
        return f"{os.path.relpath(self._root.parent / name, here)}/"  # a copy cannot lie in the dataset

    @property
    def _places(self) -> list[str]:
        """What was scanned, as one would type it; nothing for the folder that one is in."""
        if isinstance(self._root, Path) and self._report.scanned == (self._root,) and self._root == Path.cwd():
            return []
        return [
            _name(place) if isinstance(place, Path) else str(place)
            for place in self._report.scanned or (self._root,)
            if isinstance(place, Path) or "://" in place
        ]

    @property
    def _settings(self) -> list[str]:
        """The options of the scan without which its findings would be others."""
        config = self._report.config
        layout = ["--labels-format", config.layout] if config.layout and config.source is None else []
        return [*layout, *(["--preview"] if config.preview else []), *(["--isolated"] if config.isolated else [])]


def _name(place: Path) -> str:
    """A folder or file as one types it: one whose name begins with a dash would be taken for an option."""
    name = name_of(place)
    return f"./{name}" if name.startswith("-") else name


def _typed(words: Sequence[str]) -> str:
    """A command of these words, as a shell takes it."""
    return " ".join(map(shlex.quote, words))
