"""Label files that someone made, or broke, to take for ever or all the memory there is.

Each is of a megabyte or a few, and of a kind that a reader with a quadratic step would need hours for. All of them are
read by one process, whose CPU time and memory are limited: no clock is looked at.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

resource = pytest.importorskip("resource")

MB = 1 << 20
_SECONDS = 120
"""For all of them; they take about 8."""
_MEMORY = 700 * MB

_READ = """
import json, resource, sys
from pathlib import Path
from datalint.config.settings import Config
from datalint.dataset.discover import discover
def peak():
    # Of this program alone: what getrusage says begins with the memory of the one that started it.
    status = Path("/proc/self/status")
    said = status.read_text() if status.exists() else "VmHWM: 0 kB"
    return 1024 * int(said.partition("VmHWM:")[2].split()[0])

seconds = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
for folder in sorted(Path(sys.argv[1]).iterdir()):
    print(json.dumps(folder.name), flush=True)
    problems = discover([folder], Config()).tables["problems"].select("line", "reason").rows()
    print(json.dumps([len(problems), problems[:3] + problems[-3:], peak()]), flush=True)
"""


def coco(annotations: bytes = b"", image: bytes = b"a.png", more: bytes = b"") -> bytes:
    return b'{"images":[{"id":1,"file_name":"%s"}],"categories":[{"id":1,"name":"cat"}],"annotations":[%s]%s}' % (
        image,
        annotations,
        more,
    )


def annotation(segmentation: bytes) -> bytes:
    return b'{"id":1,"image_id":1,"category_id":1,"bbox":[1,2,3,4],"segmentation":%s}' % segmentation


def voc(inner: bytes) -> bytes:
    return b"<annotation><filename>a.png</filename><size/>%s</annotation>" % inner


_CVAT = b"<annotations><version>1.1</version><meta><task/></meta><image id='0' name='a.png' width='8' height='8'/>"
_YOLO = b"0 .5 .5 .2 .2\n"
_LISTS = "ImageSets/Main/train.txt"

#: Name -> file, content, and what is said of it (None: perhaps nothing).
CASES: dict[str, tuple[str, bytes, str | None]] = {
    "csv-open-quote": (
        "l.csv",
        b'path,label\na.png,cat\na.png,"dog\n' + b"b.png,cat\n" * (4 * MB // 10),
        "a quoted field that does not end; the 419,431 lines after it were not read",
    ),
    "csv-quotes-that-go-on": ("l.csv", b"path,label\n" + b'b","a\n' * (2 * MB // 6), None),
    "csv-many-columns": ("l.csv", b"path" + b",c" * 400_000 + b"\n", "a table of 400,001 columns"),
    "csv-long-line": ("l.csv", b"path,label\na.png,cat\n" + b"x" * (4 * MB), "a line of 4,194,304 characters"),
    "json-deep": ("t.json", b"[" * (2 * MB), None),
    "json-many-keys": (
        "t.json",
        b"[%s]" % b",".join(b'{"path":"a.png","k%d":1}' % n for n in range(60_000)),
        "60,000 objects with more than",
    ),
    "json-lines-of-deep-objects": ("t.jsonl", b'{"path":"a.png","label":"a"}\n' + b'{"a":' * 400_000, "JSON nested"),
    "coco-deep": ("c.json", coco(annotation(b"[" * MB + b"]" * MB)), "JSON nested too deeply"),
    "coco-deep-and-open": ("c.json", coco(annotation(b"[" * (2 * MB))), "JSON nested too deeply"),
    "coco-records-that-do-not-end": ("c.json", b'{"images":[' + b'{"id":1},{' * (2 * MB // 10), None),
    "coco-broken-everywhere": (
        "c.json",
        b'{"images":[{"id":1,"file_name":"a.png"}],"annotations":[' + b'{"id":[1,{ },{' * (2 * MB // 14),
        "bytes from there on were not read, after too many such places",
    ),
    "coco-long-name": ("c.json", coco(image=b"a/" * MB + b"a.png"), "a name of 2,097,157 characters"),
    "coco-long-number": ("c.json", coco(annotation(b"[[1,2,3,4,5,%s]]" % (b"9" * (2 * MB)))), None),
    "coco-many-classes": (
        "c.json",
        coco(annotation(b"[]")).replace(
            b'{"id":1,"name":"cat"}', b",".join(b'{"id":%d,"name":"c%d"}' % (n, n) for n in range(80_000))
        ),
        None,
    ),
    "coco-long-runs": (
        "c.json",
        coco(annotation(b'{"size":[1048576,1048576],"counts":"%s"}' % (b"o" * (5 * MB)))),
        "runs of 5,242,880 characters",
    ),
    "labelme-deep": (
        "a.json",
        b'{"version":"5","imagePath":"a.png","flags":{},"shapes":[{"points":' + b"[" * (2 * MB),
        "ends in the middle",
    ),
    "yolo-long-word": ("a.txt", _YOLO + b"9" * (2 * MB) + b"x 1 2 3 4\n", "'99"),
    "yolo-bad-lines": ("a.txt", _YOLO * 30_000 + b"x .5 .5 .2 .2\n" * 20_000, "'x' is not a number"),
    "yolo-deep-list": (
        "train.txt",
        b"a.png\n" + (b"b/" * 2000 + b"a.png\n") * 250,
        None,
    ),
    "voc-list-of-spaces": (_LISTS, b"a\n" + (b"a" + b" " * 20_000 + b"b\n") * 50, None),
    "xml-entities": (
        "a.xml",
        b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "%s">]>' % (b"&a;" * 10) + voc(b"<object>&b;</object>"),
        "a DOCTYPE, which can define entities, is not read",
    ),
    "xml-deep": ("a.xml", voc(b"<object>" * 100_000), "nested too deeply"),
    "xml-ends-of-comments": ("a.xml", voc(b"</a><!-- " * (2 * MB // 9)), ""),
    "cvat-open-comments": ("a.xml", _CVAT + b"<!-- \n" * (2 * MB // 6) + b"</annotations>", ""),
    "yaml-aliases": (
        "data.yaml",
        b"train: .\nnames: [a]\na: &a [x,x]\n" + b"".join(b"b%d: &b%d [*a,*a]\n" % (n, n) for n in range(99)),
        "an alias within what an anchor names",
    ),
    "icdar-long-lines": (
        "gt_a.txt",
        b"1,2,3,2,3,4,1,4,x\n" * 20 + b"1," * MB + b"x\n" + b" " * MB + b"x",
        "does not begin",
    ),
    "paddleocr-deep": ("Label.txt", b"a.png\t[]\n" * 3 + b"a.png\t" + b"[" * (2 * MB), "JSON nested too deeply"),
    "paddleocr-blanks": ("rec_gt.txt", b"a.png\tx\n" + b" " * (2 * MB) + b"\tx\n", "no image is named"),
    "wider-face-long-lines": (
        "w.txt",
        b"a.png\n1\n1 2 3 4\n" + b"1 " * MB + b"\n" + b"a" * MB + b".p",
        "is not a face",
    ),
    "wider-face-bad-lines": ("w.txt", b"a.png\n1\n1 2 3 4\n" + b"1 2\n" * 100_000, "'1 2' is not a face"),
    "mot-blanks": (
        "gt/gt.txt",
        b"1,1,1,2,3,4,1,1,1\n" * 9 + b" " * (2 * MB) + b",1,1,2,3,4,1,1,1\n",
        "not the number of a",
    ),
    "mot-long-lines": ("gt/gt.txt", b"1,1,1,2,3,4,1,1,1\n" * 9 + b"1," * MB, "1,048,576 words"),
    "mots-long-runs": ("m.txt", b"1 1 1 9 9 %s\n" % (b"o" * (2 * MB)) + b"1 1 1 9 9 o\n" * 9, "run lengths"),
    "keras-yolo-blanks": ("l.txt", b"a.png 1,2,3,4,0\n" * 9 + b" " * (2 * MB) + b"x\n", "does not begin with an image"),
    "keras-yolo-dots": (
        "l.txt",
        b"a.png 1,2,3,4,0\n" * 9 + b"a.png" * (MB // 5) + b"x\n",
        "does not begin with an image",
    ),
    "keras-yolo-many-boxes": ("l.txt", b"a.png 1,2,3,4,0\n" * 9 + b"a.png" + b" 1,2,3" * (MB // 6), "of 3 numbers"),
    "kaggle-rle-long-cell": (
        "k.csv",
        b"ImageId,EncodedPixels\na.png,1 2\na.png," + b"1 2 " * MB,
        "a line of 4,194,310 characters",
    ),
    "imagenet-loc-long-cell": (
        "l.csv",
        b"ImageId,PredictionString\na,n01440764 1 2 3 4\na," + b"x 1 2 3 4 " * (MB // 10),
        "is not a synset",
    ),
    "dlib-blanks": ("d.xml", b"<dataset><images><image" + b" " * (2 * MB) + b"file='a.png'/></images></dataset>", None),
    "dlib-deep": ("d.xml", b"<dataset><image file='a.png'>" + b"<box>" * 100_000, "nested too deeply"),
    "celeba-many-columns": ("list_attr.txt", b"1\n" + b"a " * MB + b"\na.png" + b" 1" * MB + b"\na.png 1\n", None),
    "wflw-long-line": ("w.txt", b"1 " * 196 + b"a.png\n" + b"1 " * MB + b"\n", None),
    "deeplabcut-many-columns": (
        "d.csv",
        b"scorer"
        + b",m" * 200_000
        + b"\nbodyparts"
        + b",p" * 200_000
        + b"\ncoords"
        + b",x,y" * 100_000
        + b"\na.png,1\n",
        None,
    ),
    "yaml-deep": ("data.yaml", b"train: .\nnames: " + b"[" * 500_000, "nest"),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, list[tuple[int | None, str]], int]]:
    """Case -> number of problems, the first and last ones, and the peak of memory so far."""
    root = tmp_path_factory.mktemp("hostile")
    for name, (file, content, _) in CASES.items():
        place: Path = root / name / file
        place.parent.mkdir(parents=True)
        place.write_bytes(content)
        Image.new("RGB", (8, 8)).save(root / name / "a.png")
        if file == _LISTS:
            (root / name / "Annotations").mkdir()
            (root / name / "Annotations/a.xml").write_bytes(voc(b""))
        if file == "train.txt":
            (root / name / "data.yaml").write_text("train: train.txt\nnames: [a]\n")
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(root), str(_SECONDS)], capture_output=True, text=True, check=False
    )
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"ended at {said[-1]}: {done.stderr[-2000:]}"
    return dict(zip(said[::2], said[1::2], strict=True))


@pytest.mark.parametrize("case", sorted(CASES))
def test_it_is_read_in_bounds_and_its_fault_is_named(
    case: str, found: dict[str, tuple[int, list[tuple[int | None, str]], int]]
) -> None:
    count, said, peak = found[case]
    expected = CASES[case][2]
    assert peak < _MEMORY
    if expected is not None:
        assert count
        assert any(expected in reason for _, reason in said), said
