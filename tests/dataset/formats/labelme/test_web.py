"""LabelMe's web tool: outlines, boxes, masks, and what is broken where."""

from __future__ import annotations

import os
from pathlib import Path

from datalint.config.settings import Config
from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.label_files import read
from datalint.dataset.formats.labelme import FORMATS


def make(root: Path, files: dict[str, str]) -> list[Annotations]:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, "utf-8")
    place = os.fsencode(root)
    return read(walk(place, [place], Config()), FORMATS)


def test_the_web_tools_xml(tmp_path: Path) -> None:
    outline = "<pt><x>1</x><y>2</y></pt><pt><x>5</x><y>2</y></pt><pt><x>5</x><y>6</y></pt><pt><x>1</x><y>6</y></pt>"
    xml = (
        "<annotation><filename>a.png</filename><folder>s</folder>"
        "<imagesize><nrows>48</nrows><ncols>64</ncols></imagesize>\n"
        f"<object><name>cat</name><deleted>0</deleted><polygon>{outline}</polygon></object>\n"
        f"<object><name>dog</name><type>bounding_box</type><polygon>{outline}</polygon></object>\n"
        "<object><name>car</name><segm><box><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></box>"
        "<mask>a_mask_1.png</mask></segm></object>\n"
        "<object><name>gone</name><deleted>1</deleted></object>\n<object><name>bad</name></object></annotation>"
    )
    found = make(tmp_path, {"Annotations/s/a.xml": xml, "Images/s/a.png": "x", "Masks/s/a_mask_1.png": "x"})[0]
    assert found.named.select("path", "width", "height").rows() == [("Images/s/a.png", 64.0, 48.0)]
    assert found.polygons.select("class", "line").rows() == [("cat", 2)]
    assert found.boxes.select("class", "line", "raw").rows() == [
        ("dog", 3, [1.0, 2.0, 5.0, 6.0]),
        ("car", 4, [1.0, 2.0, 3.0, 4.0]),
    ]
    assert [(problem.kind, problem.line) for problem in found.problems] == [("syntax", 6)]
    assert len(found.masks) == 1
