"""Pictures with a near copy in another split are taken out of one."""

from __future__ import annotations

from datalint.repair.fixers._leaks import Leak


class NearSplitLeak(Leak):
    """Of `near-split-leak`: near copies may also be meant."""

    code, name = "DL702", "near-split-leak"
    says = "pictures with a near copy in another split are taken out of one"
