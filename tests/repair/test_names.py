"""Names of an image in a label file."""

from __future__ import annotations

import pytest

from datalint.repair.edits import applied
from datalint.repair.names import meant, renamed


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (b'{"file_name": "a.jpg"}', b'{"file_name": "a.png"}'),
        (b"<path>C:\\data\\images\\a.jpg</path>", b"<path>C:\\data\\images\\a.png</path>"),
        (b"images/a.jpg,masks/a.jpg,cat", b"images/a.png,masks/a.jpg,cat"),
        (b"../images//a.jpg 1 2", b"../images//a.png 1 2"),
        (b"ba.jpg a.jpgx a.jpg", b"ba.jpg a.jpgx a.png"),
    ],
)
def test_renamed(text: bytes, after: bytes) -> None:
    assert applied(text, renamed(text, (0, len(text)), "train/images/a.jpg", "a.png")) == after


def test_lines_of_lists() -> None:
    paths = {"a.jpg": ["x/a.jpg", "y/a.jpg"], "a": ["x/a.jpg", "y/a.jpg"], "b": ["x/b.jpg"]}
    assert meant("./x/a.jpg", paths) == "x/a.jpg"
    assert meant("a", paths) is None
    assert meant("b", paths) == meant("data/x/b", paths) == "x/b.jpg"
    assert meant("data/y/a.jpg", paths) == "y/a.jpg"
    assert meant("z/a.jpg", paths) is meant("z/b.jpg", paths) is None
    assert meant("data/c.jpg", {"c.jpg": ["c.jpg"]}) == "c.jpg"
    assert meant("z/c", paths) is meant("", paths) is None
