"""datalint: a linter for image datasets.

`scan("data")` returns a `Report`. The names below are public; they load on first use, so that importing datalint
costs nothing.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from pathlib import Path as _Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datalint.dataset import Dataset
    from datalint.engine import scan
    from datalint.finding import Finding
    from datalint.repair.fix import fix
    from datalint.report import Report
    from datalint.rule import Confidence, Need, Rule, Severity, option
    from datalint.splitting.split import split

__version__ = "0.1.0"
__all__ = ["Confidence", "Dataset", "Finding", "Need", "Report", "Rule", "Severity", "fix", "option", "scan", "split"]

_HOMES = {
    "Confidence": "rule",
    "Dataset": "dataset",
    "Finding": "finding",
    "Need": "rule",
    "Report": "report",
    "Rule": "rule",
    "Severity": "rule",
    "fix": "repair.fix",
    "option": "rule",
    "scan": "engine",
    "split": "splitting.split",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(_import_module(f"datalint.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'datalint' has no attribute {name!r}")


# In a checkout the built-in rules are in ./rules beside this package; in a wheel they are inside it.
if not (_Path(__file__).parent / "rules").is_dir():
    __path__.append(str(_Path(__file__).resolve().parent.parent))
