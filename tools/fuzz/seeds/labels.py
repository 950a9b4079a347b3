"""The datasets of every format of labels that datalint reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.fuzz.seeds import containers, documents, exports, lines, tables

if TYPE_CHECKING:
    from tools.fuzz.seeds.label_sets import LabelSet

#: Format, as the registry names it -> its datasets.
KINDS: dict[str, list[LabelSet]] = {**documents.SETS, **exports.SETS, **lines.SETS, **tables.SETS, **containers.SETS}
