"""One file a rule: how its findings are repaired. The file is named like the rule's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.repair.fixers.box_outside_image import BoxOutsideImage
from datalint.repair.fixers.degenerate_box import DegenerateBox
from datalint.repair.fixers.exact_duplicate import ExactDuplicate
from datalint.repair.fixers.exif_rotated import ExifRotated
from datalint.repair.fixers.group_leak import GroupLeak
from datalint.repair.fixers.label_encoding import LabelEncoding
from datalint.repair.fixers.near_split_leak import NearSplitLeak
from datalint.repair.fixers.repeated_box import RepeatedBox
from datalint.repair.fixers.repeated_label import RepeatedLabel
from datalint.repair.fixers.split_leak import SplitLeak
from datalint.repair.fixers.unused_class import UnusedClass
from datalint.repair.fixers.wrong_extension import WrongExtension

if TYPE_CHECKING:
    from datalint.repair.changes import Fixer

_ALL: tuple[Fixer, ...] = (
    WrongExtension(), ExifRotated(), UnusedClass(), RepeatedLabel(), LabelEncoding(), ExactDuplicate(), SplitLeak(),
    NearSplitLeak(), GroupLeak(), BoxOutsideImage(), DegenerateBox(), RepeatedBox(),
)  # fmt: skip

#: Code of the rule -> its fixer.
FIXERS: dict[str, Fixer] = {fixer.code: fixer for fixer in _ALL}
