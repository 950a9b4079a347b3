"""Heavy modules, imported at their first use.

`datalint --help` and `datalint rule DL101` import rule files but run none; with these names a rule file can say
`pl.col(...)` and still cost nothing until its query runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as numpy
    import polars as polars
else:
    from importlib import import_module

    class _Lazy:
        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, attribute: str) -> Any:
            value = getattr(import_module(self._name), attribute)
            setattr(self, attribute, value)
            return value

    numpy = _Lazy("numpy")
    polars = _Lazy("polars")

__all__ = ["numpy", "polars"]
