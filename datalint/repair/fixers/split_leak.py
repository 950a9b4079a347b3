"""Pictures in two splits are taken out of one."""

from __future__ import annotations

from datalint.repair.fixers._leaks import Leak


class SplitLeak(Leak):
    """Of `split-leak`."""

    code, name = "DL701", "split-leak"
    says = "pictures in two splits are taken out of one"
