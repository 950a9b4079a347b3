"""The small dataset of `made`, with a second class: the last picture holds a dog."""

from __future__ import annotations

from pathlib import Path

from tests.repair import made

#: Where the label of `c.png` stands, and how a class is written there.
_FILES = {
    "coco": ("annotations.json", b'"category_id": 1', b'"category_id": 2'),
    "yolo": ("labels/c.txt", b"0 ", b"1 "),
    "voc": ("annotations/c.xml", b"<name>cat", b"<name>dog"),
    "labelme": ("images/c.json", b'"cat"', b'"dog"'),
    "cvat": ("annotations.xml", b'label="cat"', b'label="dog"'),
    "createml": ("images/_annotations.createml.json", b'"cat"', b'"dog"'),
    "csv": ("images/_annotations.csv", b'"cat"', b'"dog"'),
    "jsonl": ("images/metadata.jsonl", b'"cat"', b'"dog"'),
}


def write(form: str, root: Path, boxes: dict[str, list[made.Box]]) -> Path:
    """A dataset in one of the formats; its root."""
    made.write(form, root, boxes)
    name, cat, dog = _FILES[form]
    before, _, after = (root / name).read_bytes().rpartition(cat)
    if form == "yolo":
        before, after = b"", (root / name).read_bytes()[len(cat) :]
    (root / name).write_bytes(before + dog + after)
    if form == "coco":
        old = (root / name).read_bytes()
        (root / name).write_bytes(old.replace(b'"id": 1}]}', b'"id": 1}, {"id": 2, "name": "dog"}]}'))
    if form == "yolo":
        (root / "data.yaml").write_text("path: .\ntrain: images\nval: images\nnames:\n  0: cat\n  1: dog\n")
    return root
