"""YOLO's data files: what they say, and class names that contradict themselves."""

from __future__ import annotations

import pytest

from datalint.dataset.formats.yolo.data_file import DataFile, read_darknet, read_yaml

START = "train: images\nval: images\n"


def data(text: str) -> DataFile:
    found = read_yaml(text.encode(), "data.yaml")
    assert found is not None
    return found


@pytest.mark.parametrize(
    "names",
    [
        "names: [cat, dog]",
        "names:\n  - cat\n  - dog",
        "names:\n  0: cat\n  1: dog",
        "nc: 2  # two\nnames: {1: 'dog', 0: \"cat\"}",
        "\"names\": ['cat', 'dog']\nroboflow:\n  version: 1",
        "x: &n [cat, dog]\nnames: *n",
    ],
)
def test_ways_to_name_classes(names: str) -> None:
    found = data(START + names)
    assert found.names is not None
    assert {number: value.text for number, value in found.names.items()} == {0: "cat", 1: "dog"}
    assert found.problems == ()


def test_texts_that_yaml_takes_for_something_else() -> None:
    found = data(START + "names: [no, 1.0, 2020-01-01, 'null']\n")
    assert [value.text for value in (found.names or {}).values()] == ["no", "1.0", "2020-01-01", "null"]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("text", "kind", "line", "reason"),
    [
        ("nc: 3\nnames: [a, b]", "classes", 3, "`nc` is 3, and 2 classes are named"),
        ("names: {0: a, 2: b}", "classes", 3, "the numbers of `names` leave out 1 and go on to 2"),
        ("names:\n  0: a\n  0: b", "classes", 5, "class 0 is named twice: 'a' and 'b'; the last one counts"),
        ("names:\n  - a\n  -\n", "classes", 5, "class 1 has no name"),
        ("names: [a, b, a]", "classes", 3, "classes 0 and 2 are both named 'a'"),
        ("names: {zero: a}", "classes", 3, "the class number 'zero' is not a whole number"),
        ("nc: many\nnames: [a]", "syntax", 3, "`nc` is not a whole number"),
        ("names: [a]\ntrain: other", "syntax", 4, "the key `train` occurs twice; this one counts"),
        ("names: [a]\nkpt_shape: 17", "syntax", 4, "`kpt_shape` is not a pair of numbers"),
        (
            "kpt_shape: [3, 3]\nflip_idx: [1, 0]",
            "classes",
            4,
            "`flip_idx` has 2 numbers, and `kpt_shape` says 3",
        ),
        ("flip_idx: [0, 2, 2]", "classes", 3, "`flip_idx` leaves out 1: two keypoints become one"),
        ("flip_idx: [1, 2, 0]", "classes", 3, "`flip_idx` makes keypoint 0 1, and 1 2: mirrored twice"),
        ("flip_idx: [1, x]", "classes", 3, "`flip_idx` is not a list of whole numbers"),
        ("flip_idx: 7", "classes", 3, "`flip_idx` is not a list of whole numbers"),
        ("names: !!python/object/apply:os.system ['x']", "syntax", 3, "the YAML tag"),
        ("names: !x [a]", "syntax", 3, "the YAML tag '!x' is not followed"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nnames: *b", "syntax", 4, "an alias within what an anchor names"),
        ("names: " + "[" * 500, "syntax", 3, "nested more than 20 levels deep"),
        ("names: [a\nb: c", "syntax", 4, "no YAML: "),
    ],
)
def test_each_fault_has_its_line(text: str, kind: str, line: int, reason: str) -> None:
    (problem,) = data(START + text + "\nnames: [a]" * ("names" not in text)).problems
    assert (problem.kind, problem.line) == (kind, line)
    assert problem.reason.startswith(reason)


@pytest.mark.parametrize("flipped", ["[0, 2, 1]", "[0, 1, 2]", "[2, 1, 0]", "\n  - 1\n  - 0\n  - 2"])
def test_keypoints_that_change_places(flipped: str) -> None:
    assert data(f"{START}names: [a]\nkpt_shape: [3, 2]\nflip_idx: {flipped}\n").problems == ()


def test_any_depth_is_one_problem() -> None:
    """Newer parsers refuse it themselves, with words of their own."""
    (problem,) = data(START + "names: " + "[" * 100_000).problems
    assert (problem.kind, problem.line) == ("syntax", 3)


def test_darknet() -> None:
    found = read_darknet(
        b"classes=2\n# x\ntrain = data/train.txt\nvalid = data/test.txt\nnames = data/obj.names\n", "obj.data"
    )
    assert found is not None
    assert [(source.split, source.text, source.line) for source in found.sources] == [
        ("train", "data/train.txt", 3),
        ("val", "data/test.txt", 4),
    ]
    assert read_darknet(b"a = b\nc = d\n", "x.data") is None
    assert read_darknet(b"\x00\x01binary", "x.data") is None
