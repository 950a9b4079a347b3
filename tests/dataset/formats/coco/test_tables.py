from __future__ import annotations

from typing import Any

import polars as pl

from datalint.dataset.assembly.annotations import BOXES, KEYPOINTS, LABELS, POLYGONS
from datalint.dataset.formats.coco.roles import Role
from datalint.dataset.formats.coco.source import Source
from datalint.dataset.formats.coco.tables import keypoints, tables
from tests.dataset.formats.coco.factory import SQUARE, annotation, document, parsed


def source(content: Any) -> Source:
    """A file whose images are all there."""
    found = parsed(content)
    images = found.images
    named = images.select("id", pl.col("name").alias("path"), pl.col("number").alias("file_row"))
    return Source(found, Role(("x",), None, ""), named, found.objects["raw"].count())


def test_boxes_go_on_from_those_before() -> None:
    records = [annotation(segmentation=[SQUARE]), annotation(bbox=None, segmentation=[SQUARE]), annotation(id=3)]
    found = tables(source(document(annotations=records)), 10)
    assert found.boxes["box"].to_list() == [10, 11]
    assert found.polygons["box"].to_list() == [10, None]
    assert (found.boxes.schema, found.polygons.schema) == (BOXES, POLYGONS)
    assert (found.labels.schema, found.keypoints.schema) == (LABELS, KEYPOINTS)


def test_what_is_large_leaves_the_document() -> None:
    one = source(document())
    tables(one, 0)
    assert one.document.objects.is_empty()
    assert one.document.polygons.is_empty()


def test_an_object_that_is_only_a_mask_is_a_label_once_an_image() -> None:
    mask = {"counts": [200], "size": [10, 20]}
    records = [annotation(id=n, bbox=None, segmentation=mask) for n in range(3)]
    found = tables(source(document(annotations=records)), 0)
    assert found.labels.select("path", "class").rows() == [("a.jpg", "cat")]


def test_keypoints_are_tied_to_the_boxes_of_the_file_that_leads() -> None:
    boxes = tables(source(document(annotations=[annotation(id=n) for n in range(3)])), 0).boxes
    points = [annotation(id=n, keypoints=[1, 2, 2]) for n in (2, 9)]
    assert keypoints(source(document(annotations=points)), boxes)["box"].to_list() == [2, None]
