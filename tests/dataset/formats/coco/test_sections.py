from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.containers.json.text import Text
from datalint.dataset.formats.coco.sections import Walk
from tests.dataset.formats.coco.factory import annotation, document, read, reported


def test_a_file_that_ends_early_is_used_as_far_as_it_goes(tmp_path: Path) -> None:
    content = document(annotations=[annotation(id=n) for n in range(5)])
    text = json.dumps(content)
    (found,) = read(tmp_path, labels_json=text[: text.index('"id": 3') + 20].encode())
    assert len(found.boxes) == 3
    assert found.boxes["class"].to_list() == ["2"] * 3
    assert reported(found) == [("syntax", "/annotations/3", "not valid JSON: the file ends in the middle")]


def test_what_is_broken_in_the_middle_costs_the_middle(tmp_path: Path) -> None:
    text = json.dumps(document(annotations=[annotation(id=n) for n in range(5)]))
    text = text.replace('}, {"id": 2, "image_id": 7', '} {"id": 2, "image_id": 7').replace('"id": 3,', '"id" 3,', 1)
    (found,) = read(tmp_path, labels_json=text.encode())
    assert found.boxes["id"].to_list() == ["0", "1", "2", "4"]
    assert [problem.kind for problem in found.problems] == ["syntax", "syntax"]
    assert found.classes.height == 2


def walked(text: str) -> tuple[list[tuple[str, int, int]], Walk, Text]:
    """Section, first number and length of every chunk."""
    data = Text(text.encode(), "x.json")
    walk = Walk(data)
    return [(section, first, len(block.starts)) for section, first, block in walk.chunks()], walk, data


def places(text: Text) -> list[tuple[int | None, int | None, str | None]]:
    return [(problem.line, problem.column, problem.pointer) for problem in text.problems]


def test_every_section_is_met_in_the_order_of_the_file() -> None:
    chunks, walk, text = walked('{"a": [{}], "images": [{"id": 1}, {"id": 2}], "categories": [], "annotations": [{}]}')
    assert chunks == [("images", 0, 2), ("annotations", 0, 1)]
    assert walk.lists == walk.seen == {"images", "categories", "annotations"}
    assert walk.counts == {"images": 2, "annotations": 1, "categories": 0}
    assert (walk.broken, text.problems) == (False, [])


def test_what_is_no_record_is_counted_and_reported() -> None:
    chunks, walk, text = walked('{"images": [{}, 7, {}\n {}, [1]], "categories": {}, "images": [{}]} x')
    assert chunks == [("images", 0, 1), ("images", 2, 1), ("images", 3, 1), ("images", 5, 1)]
    assert walk.counts["images"] == 6
    assert places(text) == [
        (1, 17, "/images/1"),
        (2, 2, "/images/3"),
        (2, 6, "/images/4"),
        (2, 26, "/categories"),
        (2, 40, "/images"),
        (2, 46, None),
    ]
    assert not walk.broken


def test_reading_goes_on_with_the_next_list() -> None:
    chunks, walk, text = walked('{"images": [{"id": 1}, }], "annotations": [{}], x "categories": [{}]}')
    assert chunks == [("images", 0, 1), ("annotations", 0, 1), ("categories", 0, 1)]
    assert walk.broken
    assert len(text.problems) == 2


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400))
def test_a_file_that_ends_anywhere(length: int) -> None:
    full = json.dumps(document(annotations=[annotation(id=n, name="{") for n in range(4)]))
    chunks, walk, text = walked(full[:length])
    assert sum(count for _, _, count in chunks) <= sum(walk.counts.values())
    whole, _, _ = walked(full)
    assert chunks == whole[: len(chunks)] or chunks[:-1] == whole[: len(chunks) - 1]
    assert walk.broken == bool(text.problems)
