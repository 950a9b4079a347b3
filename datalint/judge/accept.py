"""Findings that the config accepts: `per-path-ignores` and `[[accept]]` entries. They are counted, not listed."""

from __future__ import annotations

import datetime
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datalint.catalogue import registry
from datalint.config.settings import Accept
from datalint.dataset.files.globs import Globs, prefix
from datalint.finding import Unused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from datalint.config.settings import Config
    from datalint.dataset import Dataset
    from datalint.report.decisions import Decided
    from datalint.rule import Rule


def decided(decisions: Iterable[Decided]) -> list[Accept]:
    """What a person accepted, finding by finding, as entries of a config."""
    return [
        Accept(rule="ALL", reason=one.value or "accepted in a review", content=one.id)
        for one in decisions
        if one.decision == "accept"
    ]


@dataclass(slots=True, eq=False)
class _Entry:
    source: Accept
    paths: Globs | None
    content: str | None
    used: bool = False

    def covers(self, places: Sequence[str], path: str | None, identity: str, content: Callable[[str], str]) -> bool:
        if self.paths is not None and not any(map(self.paths.cover, places)):
            return False
        if self.content is None or self.content == identity:
            return True
        return path is not None and self.content == content(path)


class Acceptances:
    """What the config accepts, and which of its entries matched a finding. Globs are relative to its folder."""

    def __init__(self, settings: Config, data: Dataset, today: datetime.date | None = None) -> None:
        self._today = today or datetime.date.today()
        self._ignores = settings.per_path_ignores
        self._entries = [
            _Entry(
                entry,
                Globs([entry.path]) if entry.path is not None else None,
                entry.content.removeprefix("sha256:") if entry.content is not None else None,
            )
            for entry in settings.accept
        ]
        base = prefix(os.fsencode(data.root), settings.folder)
        self._prefix = base.decode("utf-8", "backslashreplace")

    def of(self, rule: Rule) -> Acceptance:
        """What is accepted of one rule's findings."""
        ignores = [
            pattern
            for pattern, selectors in self._ignores.items()
            if any(registry.names(selector, type(rule)) for selector in selectors)
        ]
        entries = [
            entry
            for entry in self._entries
            if registry.names(entry.source.rule, type(rule)) and not self._ended(entry.source)
        ]
        return Acceptance(Globs(ignores) if ignores else None, entries, self._prefix)

    def unused(self, ran: Sequence[Rule]) -> tuple[Unused, ...]:
        """The entries that matched nothing although their rule ran, and those whose last day is over."""
        found = []
        for entry in self._entries:
            source = entry.source
            about = " ".join(part for part in (source.path, source.content) if part is not None)
            if self._ended(source):
                found.append(Unused("accept", source.rule, about, f"it ended on {source.until}"))
            elif not entry.used and any(registry.names(source.rule, type(rule)) for rule in ran):
                found.append(Unused("accept", source.rule, about, "it matches no finding"))
        return tuple(found)

    def _ended(self, entry: Accept) -> bool:
        return entry.until is not None and entry.until < self._today


class Acceptance:
    """What is accepted of one rule's findings. Made by `Acceptances`."""

    def __init__(self, ignores: Globs | None, entries: Sequence[_Entry], prefix: str) -> None:
        self._ignores, self._entries, self._prefix = ignores, entries, prefix

    def __bool__(self) -> bool:
        return self._ignores is not None or bool(self._entries)

    def covers(self, path: str | None, file: str | None, identity: str, content: Callable[[str], str]) -> bool:
        """Whether a finding is accepted: about the image at `path`, or a place in the label file `file`.

        `identity` is the finding's id; `content` gives an image's hash when asked.
        """
        if not self:
            return False
        places = [self._prefix + place for place in (path, file) if place is not None]
        covered = self._ignores is not None and any(map(self._ignores.cover, places))
        for entry in self._entries:
            if entry.covers(places, path, identity, content):
                entry.used = covered = True
        return covered
