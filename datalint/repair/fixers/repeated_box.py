"""Boxes that repeat an earlier one are dropped."""

from __future__ import annotations

from datalint.repair.fixers._records import Dropped


class RepeatedBox(Dropped):
    """Of `repeated-box`: the first one is not among its members, and stays."""

    code, name = "DL804", "repeated-box"
    says = "boxes that repeat an earlier one are dropped"
