"""Boxes without width or height are dropped."""

from __future__ import annotations

from datalint.repair.fixers._records import Dropped


class DegenerateBox(Dropped):
    """Of `degenerate-box`."""

    code, name = "DL802", "degenerate-box"
    says = "boxes without area are dropped"
