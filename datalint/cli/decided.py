"""What `--decisions FILE` means for a scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from datalint.config.settings import Config
    from datalint.report.decisions import Decided


def decided(file: Path | None, config: Config) -> tuple[Config, list[Decided]]:
    """The settings with what the file accepts, and all its decisions.

    DecisionError where the file holds none.
    """
    if file is None:
        return config, []
    from datalint.judge import accept
    from datalint.report import decisions

    taken = list(decisions.read(file).values())
    return config.merged(accept=(*config.accept, *accept.decided(taken))), taken
