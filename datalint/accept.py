"""Findings that the config takes back: `per-path-ignores` and `[[accept]]` entries. They are counted, not listed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from datalint import registry
from datalint.dataset.globs import matcher, prefix, under

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from datalint.config import Config
    from datalint.dataset import Dataset
    from datalint.rule import Rule


class Acceptance:
    """What one rule's findings are accepted for. Globs are relative to the config file's folder."""

    def __init__(self, rule: Rule, settings: Config, data: Dataset) -> None:
        globs = [
            pattern
            for pattern, selectors in settings.per_path_ignores.items()
            if any(registry.names(selector, type(rule)) for selector in selectors)
        ]
        entries = [entry for entry in settings.accept if registry.names(entry.rule, type(rule))]
        globs += [entry.path for entry in entries if entry.path is not None]
        self._paths: re.Pattern[str] | None = matcher(globs) if globs else None
        self._contents = {entry.content.removeprefix("sha256:") for entry in entries if entry.content is not None}
        self._prefix = os.fsdecode(prefix(os.fsencode(data.root), settings.source)) if globs else ""

    def covers(self, path: str | None, content: Callable[[str], str]) -> bool:
        """Whether a finding about the image at `path` is accepted; `content` gives its hash when asked."""
        if path is None:
            return False
        if self._paths is not None and under(self._paths, self._prefix + path):
            return True
        return bool(self._contents) and content(path) in self._contents
