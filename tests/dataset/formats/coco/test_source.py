from __future__ import annotations

from datalint.dataset.formats.coco.file import Document
from datalint.dataset.formats.coco.roles import Role
from datalint.dataset.formats.coco.source import Source


def source(file: str, task: str, boxes: int) -> Source:
    document = Document(file)
    return Source(document, Role((), None, task), document.images, boxes)


def test_the_file_with_most_boxes_leads_then_the_task() -> None:
    few, stuff, instances, nameless = (
        source("a", "instances", 1),
        source("b", "stuff", 5),
        source("c", "instances", 5),
        source("d", "", 5),
    )
    ranked = sorted([few, stuff, instances, nameless], key=lambda one: one.rank)
    assert [one.file for one in ranked] == ["c", "d", "b", "a"]
