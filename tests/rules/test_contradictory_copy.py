"""Near copies whose boxes differ contradict each other, however they are turned; what may have moved does not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from datalint import scan
from datalint.pairs.hashes import ORIENTATIONS
from datalint.rules.duplicates._turns import NONE, after, back, picture_turned, to_first, turned
from tests.measure.pictures import photo
from tests.pairs.test_find import picture as busy
from tests.pairs.test_runs import frames

if TYPE_CHECKING:
    from pathlib import Path

    from datalint import Report

Box = tuple[str, tuple[int, int, int, int]]

SIZE = (120, 80)
CAT, DOG, BIRD = ("cat", (10, 10, 40, 30)), ("dog", (70, 40, 30, 30)), ("bird", (60, 6, 20, 20))
NAMES = ("cat", "dog", "bird")
TURNS = [None, *Image.Transpose]


class Copies:
    """Pictures with boxes, in one COCO file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.images: list[dict[str, Any]] = []
        self.annotations: list[dict[str, Any]] = []
        for number in range(3):
            self.add(f"other{number}.png", photo(90 + number, SIZE), [CAT])

    def add(
        self, name: str, picture: Image.Image, boxes: list[Box] | None, *, crowd: bool = False, **options: Any
    ) -> None:
        """Save a picture and note its boxes; None where the file does not name it."""
        picture.save(self.root / name, **options)
        if boxes is None:
            return
        image = len(self.images)
        self.images.append({"id": image, "file_name": name, "width": picture.width, "height": picture.height})
        self.annotations += [
            {"id": len(self.annotations) + place, "image_id": image, "category_id": NAMES.index(kind),
             "bbox": list(box), "iscrowd": int(crowd and kind == "bird")}
            for place, (kind, box) in enumerate(boxes)
        ]  # fmt: skip

    def scan(self, *codes: str) -> Report:
        """The report on them."""
        categories = [{"id": number, "name": name} for number, name in enumerate(NAMES)]
        document = {"images": self.images, "annotations": self.annotations, "categories": categories}
        (self.root / "annotations.json").write_text(json.dumps(document))
        return scan(self.root, select=["DL605", *codes], isolated=True, jobs=0)

    def said(self) -> list[str]:
        """What is found, path and message."""
        return [f"{finding.path} {finding.message}" for finding in self.scan()]


@pytest.fixture
def copies(tmp_path: Path) -> Copies:
    return Copies(tmp_path)


def moved(box: Box, turn: Image.Transpose | None, share: float = 1.0) -> Box:
    """A box as it lies in the picture after a turn and a change of size: where a drawn one ends up."""
    x, y, w, h = box[1]
    drawn = Image.new("L", SIZE)
    drawn.paste(255, (x, y, x + w, y + h))
    left, top, right, bottom = (drawn if turn is None else drawn.transpose(turn)).getbbox() or (0, 0, 0, 0)
    numbers = [round(value * share) for value in (left, top, right - left, bottom - top)]
    return box[0], (numbers[0], numbers[1], numbers[2], numbers[3])


def copied(picture: Image.Image, turn: Image.Transpose | None, share: float = 1.0) -> Image.Image:
    picture = picture if turn is None else picture.transpose(turn)
    return picture.resize((round(picture.width * share), round(picture.height * share)), Image.Resampling.LANCZOS)


@pytest.mark.parametrize("turn", TURNS)
def test_boxes_are_brought_into_one_frame(copies: Copies, turn: Image.Transpose | None) -> None:
    for lacking in range(3):
        picture = photo(lacking, SIZE)
        copies.add(f"{lacking}a.png", picture, [CAT, DOG, BIRD])
        boxes = [moved(box, turn, 1.5) for box in (BIRD, DOG, CAT)[: 3 - lacking]]
        copies.add(f"{lacking}b.jpg", copied(picture, turn, 1.5), boxes, quality=90)
    x, y, w, h = moved(CAT, turn, 1.5)[1]
    how = {"ROTATE_90": "turned", "ROTATE_180": "turned", "ROTATE_270": "turned", "": "resized"}
    copy = how.get("" if turn is None else turn.name, "mirrored")
    assert copies.said() == [
        f"1b.jpg has no box of cat at {x}, {y} ({w} x {h} pixels), and its {copy} copy 1a.png has one there",
        f"2b.jpg differs from its {copy} copy 2a.png in 2 boxes: 1 cat, 1 dog only there",
    ]


@pytest.mark.parametrize(
    ("boxes", "said"),
    [
        ([CAT, DOG], None),
        ([DOG, ("cat", (12, 9, 36, 32))], None),  # drawn a little otherwise
        ([CAT, ("bird", DOG[1])], "has a box of bird at 70, 40 (30 x 30 pixels) that is of dog in its copy a.png"),
        ([DOG], "has no box of cat at 10, 10 (40 x 30 pixels), and its copy a.png has one there"),
        ([], "annotations.json names it without a box, and its copy a.png has 1 cat, 1 dog"),
        (None, None),
        ([("dog", CAT[1])], "differs from its copy a.png in 2 boxes: 1 dog only there, 1 cat that is dog here"),
        ([CAT, ("dog", (5, 45, 30, 30))], None),  # the dog may have run away
        ([CAT, ("dog", (70, 40, 30, 9))], None),  # half of the dog
        ([CAT, CAT, DOG], None),  # left to repeated-box
    ],
)
def test_what_differs(copies: Copies, boxes: list[Box] | None, said: str | None) -> None:
    picture = photo(1, SIZE)
    copies.add("a.png", picture, [CAT, DOG])
    copies.add("b.jpg", picture, boxes, quality=85)
    assert copies.said() == ([] if said is None else [f"b.jpg {said}"])


def test_the_one_with_fewer_boxes_is_flagged(copies: Copies) -> None:
    picture = photo(1, SIZE)
    copies.add("a.png", picture, [CAT])
    copies.add("b.jpg", picture, [CAT, DOG], quality=85)
    assert copies.said() == ["a.png has no box of dog at 70, 40 (30 x 30 pixels), and its copy b.jpg has one there"]


def test_of_several_copies_the_odd_one_is_flagged(copies: Copies) -> None:
    picture = photo(1, SIZE)
    for quality, boxes in ((95, [CAT, DOG, BIRD]), (90, [CAT, DOG]), (85, [CAT, DOG]), (80, [CAT])):
        copies.add(f"{quality}.jpg", picture, boxes, quality=quality)
    (finding,) = copies.scan()
    assert (finding.path, finding.related) == ("95.jpg", ("85.jpg", "80.jpg", "90.jpg"))
    assert finding.message == (
        "has a box of bird at 60, 6 (20 x 20 pixels), and its copy 85.jpg has none there; "
        "1 more of its copies differs also"
    )


def test_copies_of_copies_lie_in_one_frame(copies: Copies) -> None:
    picture = photo(1, SIZE)
    for name, turn in (("a", None), ("b", Image.Transpose.ROTATE_90), ("c", Image.Transpose.TRANSVERSE)):
        boxes = [moved(box, turn) for box in (CAT, DOG)[name == "c" :]]
        copies.add(f"{name}.jpg", copied(picture, turn), boxes, quality=90)
    x, y, w, h = moved(CAT, Image.Transpose.TRANSVERSE)[1]
    assert copies.said() == [
        f"c.jpg has no box of cat at {x}, {y} ({w} x {h} pixels), and its mirrored copy a.jpg has one there"
    ]


def test_crowds_are_not_missed(copies: Copies) -> None:
    picture = photo(1, SIZE)
    crowd: Box = ("bird", (60, 30, 50, 45))  # around the dog
    copies.add("a.png", picture, [CAT, DOG])
    copies.add("b.jpg", picture, [CAT, crowd], crowd=True, quality=85)
    assert not copies.said()


def test_boxes_too_small_for_the_copy_are_not_missed(copies: Copies) -> None:
    picture, mouse = photo(1, SIZE), ("bird", (100, 60, 7, 7))
    copies.add("a.png", picture, [CAT, mouse])
    copies.add("b.png", copied(picture, None, 0.5), [moved(CAT, None, 0.5)])
    assert not copies.said()
    copies.add("c.jpg", picture, [CAT], quality=85)
    assert [said.split(" at ")[0] for said in copies.said()] == ["a.png has a box of bird"]


def test_boxes_of_another_frame_are_not_compared(copies: Copies) -> None:
    picture = photo(1, SIZE)
    copies.add("a.png", picture, [CAT, DOG])
    copies.add("declared.jpg", picture, [CAT], quality=90)
    copies.images[-1] |= {"width": 60, "height": 40}
    exif = Image.Exif()
    exif[274] = 3
    copies.add("turned.jpg", picture, [CAT], quality=80, exif=exif)
    copies.add("outlined.jpg", picture, [CAT], quality=70)
    outline = {"image_id": len(copies.images) - 1, "category_id": 1, "segmentation": [[70, 40, 100, 40, 100, 70]]}
    copies.annotations.append({"id": 1000, **outline})
    assert not copies.said()


def test_a_list_of_test_pictures_says_nothing_of_what_is_in_them(copies: Copies) -> None:
    picture = photo(1, SIZE)
    copies.add("a.png", picture, [CAT, DOG])
    copies.add("b.jpg", picture, None, quality=85)
    test = {"images": [{"id": 1, "file_name": "b.jpg", "width": SIZE[0], "height": SIZE[1]}], "annotations": []}
    (copies.root / "test.json").write_text(json.dumps(test | {"categories": [{"id": 1, "name": "cat"}]}))
    assert not copies.said()


def test_equal_pictures_are_left_to_contradictory_duplicate(copies: Copies) -> None:
    picture = photo(1, SIZE)
    copies.add("a.png", picture, [CAT])
    copies.add("b.png", picture, [CAT, DOG])
    copies.add("c.jpg", picture, [CAT, DOG], quality=85)
    assert [(finding.code, finding.path) for finding in copies.scan("DL603")] == [("DL603", "a.png")]


def test_in_a_video_things_move(copies: Copies) -> None:
    frames(copies.root, 12, 0)
    for number in range(12):
        with Image.open(copies.root / f"frame_{number:04}.png") as frame:
            brighter = ImageEnhance.Brightness(frame).enhance(1 + number / 100)
        copies.add(f"frame_{number:04}.png", brighter, [CAT, DOG][: 1 + number % 2])
    report = copies.scan()
    assert report.tables["pairs"].filter("frames").height == 11
    assert not list(report)


def test_where_most_copies_differ_it_is_one_finding(copies: Copies) -> None:
    for number in range(31):
        picture = busy(number).resize(SIZE)
        copies.add(f"{number:02}a.png", picture, [CAT, DOG])
        copies.add(f"{number:02}b.jpg", picture, [CAT] if number else [CAT, DOG], quality=95)
    (finding,) = copies.scan()
    assert (finding.path, finding.scope, finding.count) == (None, "dataset", 60)
    assert finding.message == (
        "30 of 31 pictures with copies have other boxes in a copy: "
        "30 boxes are in one of the two only, 0 are of another class"
    )


def test_what_is_not_in_the_picture_is_not_missed(copies: Copies) -> None:
    """Frames of a camera that stands still, with names that tell nothing: the dog has left."""
    far: Box = ("dog", (150, 80, 8, 8))
    without = photo(1, (300, 200))
    picture = without.copy()
    picture.paste((200, 200, 200), (150, 80, 158, 88))
    copies.add("a.png", picture, [CAT, far])
    copies.add("b.jpg", without, [CAT], quality=95)
    report = copies.scan()
    assert report.tables["pairs"].height == 1
    assert not list(report)


@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=lambda orientation: orientation.name)
def test_turns_are_those_of_the_pairs(orientation: Any) -> None:
    b = np.zeros((10, 10), np.uint8)
    b[1:3, 2:6] = 1
    rows, columns = np.nonzero(orientation.apply(b))
    there = [columns.min() / 10, rows.min() / 10, (columns.max() + 1) / 10, (rows.max() + 1) / 10]
    turns = to_first([(0, 1, orientation.name)])
    assert turns[0] == NONE
    coloured = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    expected = np.moveaxis(orientation.apply(np.moveaxis(coloured, -1, 0)), 0, -1)
    assert (picture_turned(coloured, turns[1]) == expected).all()
    assert turned(np.array([[0.2, 0.1, 0.6, 0.3]]), np.array([turns[1]])) == pytest.approx(np.array([there]))
    assert after(back(turns[1]), turns[1]) == NONE
    assert to_first([(4, 5, orientation.name), (5, 9, "resized")])[9] == turns[1]
