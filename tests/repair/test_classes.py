"""Another class in a record: it alone changes, in every format."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalint.engine import scan
from datalint.repair.classes import Class, reclassed
from datalint.repair.copy import copy
from datalint.repair.decisions import Decision
from datalint.repair.edits import FixError, applied
from datalint.repair.label_file import Spot
from datalint.repair.opened import opened
from tests.repair import made, two_classes
from tests.repair.repair import CONFIG, changed, planned

BAD: dict[str, list[made.Box]] = {**made.GOOD, "b.png": [(10, 12, 70, 44)]}


@pytest.mark.parametrize("form", made.FORMATS)
def test_the_class_alone_changes(form: str, tmp_path: Path) -> None:
    root = two_classes.write(form, tmp_path / "data", BAD)
    ids = {finding.name: finding.id for finding in scan(root, config=CONFIG)}
    plan = planned(root, decisions={ids["box-outside-image"]: Decision("relabel", "dog")})
    assert plan.left == []
    copy(plan, tmp_path / "to")
    ((name, (before, after)),) = changed(root, tmp_path / "to").items()
    assert before is not None
    assert after is not None
    assert len(before) == len(after)  # the names of both are as long
    places = [at for at, (one, two) in enumerate(zip(before, after, strict=True)) if one != two]
    old, new = before[places[0] : places[-1] + 1], after[places[0] : places[-1] + 1]
    assert (old, new) in ((b"cat", b"dog"), (b"1", b"2"), (b"0", b"1")), name
    rows = scan(tmp_path / "to", config=CONFIG).dataset.table("boxes").select("path", "class").rows()
    assert [(Path(path).name, of) for path, of in rows] == [
        ("a.png", "cat"), ("a.png", "cat"), ("b.png", "dog"), ("c.png", "dog"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("labels.csv", b"a.png,cat,1\r\n", b'a.png,"big, dog",1\r\n'),
        ("labels.csv", b'"a.png";"cat"\n', b'"a.png";"big, dog"\n'),
        ("labels.tsv", b"a.png\t cat \n", b'a.png\t "big, dog" \n'),
        ("labels.json", b'{"file": "a.png", "label":"cat"}', b'{"file": "a.png", "label":"big, dog"}'),
        (
            "a.xml",
            b"<a>\n<object><name> cat </name></object></a>",
            b"<a>\n<object><name> big, dog </name></object></a>",
        ),
    ],
)
def test_as_the_old_one_is_written(name: str, before: bytes, after: bytes) -> None:
    file = opened(name, before)
    spot = Spot(2 if name.endswith("xml") else 1, "" if name.endswith("json") else None)
    assert applied(before, reclassed(file, spot, Class("cat", 3), Class("big, dog", 4))) == after


@pytest.mark.parametrize(
    ("name", "text"), [("a.csv", b"cat,cat\n"), ("a.csv", b"a.png,1,0\n"), ("a.json", b'{"a": "cat", "b": "cat"}')]
)
def test_where_it_is_not_certain(name: str, text: bytes) -> None:
    with pytest.raises(FixError, match="not certain"):
        reclassed(opened(name, text), Spot(1, "" if name.endswith("json") else None), Class("cat", 0), Class("dog", 1))


def test_a_name_with_a_blank_in_a_line_of_words() -> None:
    file = opened("a.txt", b"cat 0.0 0 1 2\n")
    assert applied(file.data, reclassed(file, Spot(1), Class("cat", 3), Class("dog", 4))) == b"dog 0.0 0 1 2\n"
    with pytest.raises(FixError, match="has a blank in it"):
        reclassed(file, Spot(1), Class("cat", 3), Class("big dog", 4))


def test_a_number_that_no_list_gives() -> None:
    with pytest.raises(FixError, match="number of the class dog is not known"):
        reclassed(opened("a.txt", b"0 0.1 0.1 0.1 0.1\n"), Spot(1), Class("cat", 0), Class("dog", None))
