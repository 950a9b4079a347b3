"""Elements taken out of XML."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.repair.edits import FixError, applied
from datalint.repair.label_file import Spot
from datalint.repair.xml_file import XmlFile

OBJECTS = st.lists(
    st.sampled_from(
        [
            "<object><name>é &gt; cat</name></object>",
            "<object\n a='>' ><bndbox><xmin>1.50e0</xmin></bndbox></object >",
            '<object b="/>"/>',
            "<object><!-- </object> --><name><![CDATA[</object>]]></name></object>",
        ]
    ),
    min_size=1,
    max_size=5,
)


@given(OBJECTS, st.sampled_from(["\n", "\r\n", "\n\n\t"]), st.booleans(), st.data())
def test_only_the_element_goes(objects: list[str], between: str, bom: bool, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(objects) - 1))

    def whole(some: list[str]) -> str:
        return f"<annotation>{between}" + "".join(one + between for one in some) + "</annotation>"

    mark = b"\xef\xbb\xbf" if bom else b""
    raw = mark + whole(objects).encode()
    line = raw[: len(mark + whole(objects[:number]).encode()) - len("</annotation>")].count(b"\n") + 1
    file = XmlFile(raw)
    (target,) = file.dropping(Spot(line))
    file.drop(target)
    new = applied(raw, file.edits())
    left = objects[:number] + objects[number + 1 :]
    assert [one.tag for one in ElementTree.fromstring(new.removeprefix(mark))] == ["object"] * len(left)
    assert "".join(new.decode("utf-8-sig").split()) == "".join(whole(left).split())


def test_the_lines_of_an_element_go_with_it() -> None:
    file = XmlFile(b"<annotations>\r\n  <image>\r\n    <box>\r\n    </box>\r\n    <box/></image>\r\n</annotations>\r\n")
    (target,) = file.dropping(Spot(3))
    file.drop(target)
    assert applied(file.data, file.edits()) == b"<annotations>\r\n  <image>\r\n    <box/></image>\r\n</annotations>\r\n"


def test_an_image_is_not_its_first_box() -> None:
    data = b'<annotations>\n<image name="a"><box/></image>\n</annotations>'
    start, stop = XmlFile(data).span(Spot(2, image=True))
    assert data[start:stop] == b'<image name="a"><box/></image>'
    start, stop = XmlFile(data).span(Spot(2))
    assert data[start:stop] == b"<box/>"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"<a><object/><object/></a>", "several"),
        (b"<a><name/></a>", "no record"),
        (b"<a><object></a>", "not valid XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a><object/></a>', "DOCTYPE"),
    ],
)
def test_refusals(text: bytes, reason: str) -> None:
    with pytest.raises(FixError, match=reason):
        XmlFile(text).dropping(Spot(1))
