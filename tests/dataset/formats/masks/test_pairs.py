"""Masks: what is taken for masks and what never is, pairs by name, and what is wrong with them."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from datalint.config.settings import Config
from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.discover import discover
from datalint.dataset.files.tree import Tree
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.masks import pairs
from datalint.dataset.formats.masks.names import around_mask, folder
from datalint.dataset.formats.masks.pairs import read
from datalint.dataset.masks import resolve
from datalint.measure import measure, measure_masks
from datalint.rule import Need

INLINE = Config(jobs=0)
NOISE = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)


def photo(place: Path, size: tuple[int, int] = (50, 40)) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(NOISE).resize(size).save(place)


def mask(place: Path, *values: int, size: tuple[int, int] = (50, 40)) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.resize(np.array(values or (0, 1), np.uint8), (size[1], size[0]))
    Image.fromarray(pixels).save(place)


def colours(place: Path, *values: tuple[int, int, int]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.resize(np.array(values, np.uint8), (40, 50, 3))).save(place)


def tree(root: Path) -> Tree:
    return walk(str(root).encode(), [str(root).encode()], Config())


def scan(root: Path) -> list[tuple[set[str], set[str]]]:
    """(masks, images) of every dataset found."""
    files = tree(root)
    paths = files.files["path"]
    return [({paths[row] for row in found.masks}, set(found.named["path"])) for found in read(files, INLINE)]


def wrong(root: Path) -> list[tuple[str, str, str | None]]:
    """(file, reason, image) of everything that is wrong with the masks once they are measured."""
    data = discover([root], INLINE)
    measure(data, level=Need.HEADER, jobs=0)
    measure_masks(data, jobs=0)
    resolve(data)
    return sorted(data.table("problems").filter(kind="mask").select("file", "reason", "path").iter_rows())


def one(root: Path) -> Annotations:
    (annotations,) = read(tree(root), INLINE)
    return annotations


@pytest.mark.parametrize(
    "names",
    [
        [("images/1.jpg", "masks/1.png"), ("images/2.jpg", "masks/2.png")],
        [("train/images/1.jpg", "train/masks/1.png"), ("val/images/1.jpg", "val/masks/1.png")],
        [("train/1.png", "trainannot/1.png"), ("test/2.png", "testannot/2.png")],
        [("train/1.png", "train_labels/1_L.png"), ("val/2.png", "val_labels/2_L.png")],
        [("leftImg8bit/val/ulm/u_1_leftImg8bit.png", "gtFine/val/ulm/u_1_gtFine_labelIds.png")],
        [("RGB/1.png", "GT/1.png"), ("RGB/2.png", "GT/2.png")],
        [("images/image_1.png", "masks/gt_1.png")],
        [("training/image_2/1.png", "training/semantic/1.png")],
        [
            ("train/image_2/um_0.png", "train/gt_image_2/um_road_0.png"),
            ("train/image_2/uu_1.png", "train/gt_image_2/uu_lane_1.png"),
        ],
        [("train/images/1.jpg", "train/v2.0/labels/1.png")],
        [("images/training/1.jpg", "annotations/training/1.png")],
        [("1.jpg", "1_mask.png"), ("2.jpg", "2_mask.png")],
        [("a/x (1).png", "a/x (1)_mask.png"), ("a/x (1).png", "a/x (1)_mask_1.png")],
        [("1_sat.jpg", "1_mask.png"), ("2_sat.jpg", "2_mask.png")],
        [("img/1.jpg", "mask/mask_1.png")],
        [("street/1.jpg", "street/1_seg.png"), ("street/1.jpg", "street/1/instance_000_x.png")],
    ],
)
def test_pairs(tmp_path: Path, names: list[tuple[str, str]]) -> None:
    for image, other in names:
        photo(tmp_path / image)
        mask(tmp_path / other)
    (found,) = scan(tmp_path)
    assert found == ({other for _, other in names}, {image for image, _ in names})
    assert one(tmp_path).problems == []


@pytest.mark.parametrize(
    "files",
    [
        ["mask/1.jpg", "no_mask/1.jpg", "mask/2.jpg", "no_mask/2.jpg"],
        ["with_mask/1.jpg", "without_mask/1.jpg"],
        ["label_0/1.jpg", "label_1/1.jpg"],
        ["images/1.jpg", "labels/1.jpg"],  # two views of one thing: both are photographs
        ["input/1.png", "gt/1.png"],
        ["train/cat/1.jpg", "train/dog/1.jpg", "test/cat/1.jpg"],
        ["1.jpg", "2.jpg", "face_mask.jpg"],
        ["masks/1.png"],
        ["images/1.jpg", "masks/7.png", "masks/8.png"],
    ],
)
def test_photographs_are_no_masks(tmp_path: Path, files: list[str]) -> None:
    for file in files:
        photo(tmp_path / file)
    assert scan(tmp_path) == []


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("quality", [50, 95])
def test_masks_of_several_classes_in_a_lossy_format(tmp_path: Path, mode: str, quality: int) -> None:
    """Along the edges they have values of their own; the areas between keep theirs."""
    for number in range(3):
        photo(tmp_path / "images" / f"{number}.jpg")
        drawn = Image.new("L", (160, 120))
        pen = ImageDraw.Draw(drawn)
        for place, level in enumerate((80, 160, 240)):
            pen.ellipse((5 + 50 * place, 20 + 9 * number, 45 + 50 * place, 70), fill=level)
        (tmp_path / "masks").mkdir(exist_ok=True)
        drawn.convert(mode).save(tmp_path / "masks" / f"{number}.jpg", quality=quality)
    ((masks, images),) = scan(tmp_path)
    assert len(masks) == len(images) == 3


def test_masks_beside_images_in_class_folders_are_one_dataset(tmp_path: Path) -> None:
    for name in ("benign", "malignant"):
        photo(tmp_path / name / f"{name} (1).png")
        mask(tmp_path / name / f"{name} (1)_mask.png")
    ((masks, images),) = scan(tmp_path)
    assert len(masks) == len(images) == 2


def test_class_folders_of_plain_drawings_are_no_masks(tmp_path: Path) -> None:
    """Few values alone make no mask."""
    for name in ("0/1.png", "1/1.png", "train/0/1.png", "label_1/1.png", "gt500/1.png"):
        mask(tmp_path / name)
    assert scan(tmp_path) == []


def test_many_datasets_are_looked_at_in_one_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To start workers for each would take a third of a second a dataset."""
    asked: list[int] = []

    def each(function: Any, items: list[Any], jobs: int | None) -> list[Any]:
        asked.append(len(items))
        return [function(item) for item in items]

    monkeypatch.setattr(pairs, "each", each)
    for number in range(5):
        photo(tmp_path / f"{number}" / "images" / "1.jpg")
        mask(tmp_path / f"{number}" / "masks" / "1.png")
    photo(tmp_path / "x" / "images" / "1.jpg")
    photo(tmp_path / "x" / "masks" / "1.jpg")
    assert len(scan(tmp_path)) == 5
    assert asked == [6]


PARTS = st.lists(st.sampled_from("abc"), max_size=4).map(tuple)


@given(st.lists(PARTS, max_size=8, unique=True), PARTS)
def test_lists_that_differ_in_one_part(known: list[tuple[str, ...]], asked: tuple[str, ...]) -> None:
    def is_within(shorter: tuple[str, ...], longer: tuple[str, ...]) -> bool:
        cut = [longer[:place] + longer[place + 1 :] for place in range(len(longer))]
        return len(shorter) > 0 and shorter in cut

    expected = [parts for parts in known if is_within(parts, asked) or is_within(asked, parts)]
    assert pairs._Alike(known).one_part_off(asked) == expected


def test_missing_partners_and_other_sizes(tmp_path: Path) -> None:
    for n in range(5):
        photo(tmp_path / f"images/{n}.jpg")
    for n in (0, 1, 2, 3):
        mask(tmp_path / f"masks/{n}.png", size=(50, 40) if n else (25, 20))
    mask(tmp_path / "masks/9.png")
    annotations = one(tmp_path)
    assert sorted((problem.kind, problem.file, problem.reason, problem.path) for problem in annotations.problems) == [
        ("mask", "masks", "no mask for images/4.jpg", "images/4.jpg"),
        ("mask", "masks/9.png", "no image of this name in images", None),
    ]
    assert wrong(tmp_path) == [
        ("masks", "no mask for images/4.jpg", "images/4.jpg"),
        ("masks/0.png", "the mask is 25x20, the image 50x40", "images/0.jpg"),
        ("masks/9.png", "no image of this name in images", None),
    ]
    assert annotations.evidence[0] == "Masks: masks, 5 masks of 4 images."
    assert len(annotations.masks) == 5


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("label_colors.txt", "0 0 0 void\n255 0 0\tcat\n0 0 255 big dog\n"),
        ("labelmap.txt", "# label:color_rgb:parts:actions\nvoid:0,0,0::\ncat:255,0,0::\nbig dog:0,0,255::\n"),
        ("class_dict.csv", "name,r,g,b\nvoid,0,0,0\ncat,255,0,0\nbig dog,0,0,255\n"),
        ("dataset_meta.json", '{"label_map": {"0": "void", "1": "cat", "2": "big dog"}, '
         '"segmentation_colors": [[0,0,0],[255,0,0],[0,0,255]]}'),
        ("config_v1.2.json", '{"labels": [{"name":"void","color":[0,0,0]},{"name":"cat","color":[255,0,0]},'
         '{"name":"big dog","readable":"Big dog","color":[0,0,255]}]}'),
    ],
)  # fmt: skip
def test_declared_classes(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    for place in ("images/1.jpg", "images/2.jpg", "images/3.jpg"):
        photo(tmp_path / place)
    mask(tmp_path / "masks/1.png", 0, 1, 2, 255)
    mask(tmp_path / "masks/2.png", 0, 3, 7)
    colours(tmp_path / "masks/3.png", (255, 0, 0), (0, 0, 255), (1, 2, 3))
    annotations = one(tmp_path)
    assert annotations.classes.rows() == [("void", 0, name), ("cat", 1, name), ("big dog", 2, name)]
    assert wrong(tmp_path) == [
        ("masks/2.png", f"the values 3, 7 in the mask, which {name} does not declare", "images/2.jpg"),
        ("masks/3.png", f"the value (1, 2, 3) in the mask, which {name} does not declare", "images/3.jpg"),
    ]
    assert str(annotations.outcomes[name]) == "read as the classes of masks: 3"
    assert str(annotations.outcomes["masks/1.png"]) == "read as a mask: of images/1.jpg"


def test_a_broken_list_of_classes(tmp_path: Path) -> None:
    (tmp_path / "label_colors.txt").write_text("0 0 0 void\n1 2 cat\n0 0 300 dog\n0 0 0 bird\n9 9 9 void\n")
    photo(tmp_path / "images/1.jpg")
    colours(tmp_path / "masks/1.png", (0, 0, 0))
    assert [(problem.kind, problem.line, problem.reason) for problem in one(tmp_path).problems] == [
        ("syntax", 2, "'1 2 cat' is not a class with its colour"),
        ("syntax", 3, "a colour of 300"),
        ("classes", None, "two classes have the name 'void'"),
        ("classes", None, "two classes have the colour (0, 0, 0)"),
    ]


def test_palette_by_its_colours(tmp_path: Path) -> None:
    """An index image whose palette holds the declared colours is right, whatever its indices."""
    (tmp_path / "labelmap.txt").write_text("cat:255,0,0::\ndog:0,0,255::\n")
    photo(tmp_path / "images/1.jpg")
    (tmp_path / "masks").mkdir()
    image = Image.fromarray(np.resize(np.array([7, 9], np.uint8), (40, 50)), "L").convert("P")
    palette = [0] * 768
    palette[21:24], palette[27:30] = [255, 0, 0], [0, 0, 255]
    image.putpalette(palette)
    image.save(tmp_path / "masks/1.png")
    assert wrong(tmp_path) == []
    (tmp_path / "labelmap.txt").write_text("cat:255,0,0::\n")
    assert wrong(tmp_path) == [
        ("masks/1.png", "the values 7, 9 in the mask, which labelmap.txt does not declare", "images/1.jpg")
    ]


def test_pascal_voc_is_left_to_its_own_reader(tmp_path: Path) -> None:
    photo(tmp_path / "JPEGImages/1.jpg")
    mask(tmp_path / "SegmentationClass/1.png")
    (tmp_path / "ImageSets/Segmentation").mkdir(parents=True)
    assert scan(tmp_path) == []


def test_broken_masks_are_told_and_cost_nothing_else(tmp_path: Path) -> None:
    for n in range(5):
        photo(tmp_path / f"images/{n}.jpg")
        mask(tmp_path / f"masks/{n}.png")
    (tmp_path / "masks/1.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    (tmp_path / "masks/2.png").write_bytes(b"")
    photo(tmp_path / "masks/3.png")
    (tmp_path / "masks/3.png").write_bytes((tmp_path / "masks/3.png").read_bytes()[:2000])
    (tmp_path / "masks/4.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 50 40\n\x01\x02")
    annotations = one(tmp_path)
    assert (annotations.named.height, len(annotations.masks), annotations.problems) == (5, 5, [])
    said = "the mask cannot be read: "
    assert wrong(tmp_path) == [
        ("masks/1.png", said + "the PNG data end before the picture does", "images/1.jpg"),
        ("masks/2.png", said + "the file has zero bytes", "images/2.jpg"),
        ("masks/3.png", said + "the PNG data end before the picture does", "images/3.jpg"),
        ("masks/4.png", said + "it is a PostScript program, which is not run", "images/4.jpg"),
    ]


def test_names() -> None:
    assert folder("data/train/v1.2/labels") == (True, ("data", "train", "v1.2"), "data")
    assert not folder("with_mask").is_mask
    assert not folder("label_1").is_mask
    assert not folder("image_mask").is_mask
    for name in ("masks_png", "ann_dir", "annotations/trimaps"):
        assert (folder(name).is_mask, folder(name).rest) == (True, ())
    assert folder("images_png").rest == folder("img_dir").rest == ()
    assert folder("masks_val").rest == folder("images/valid").rest == ("val",)
    stems = ("1_mask_2", "mask_1", "a_gtFine_labelIds", "0_L", "label", "mask", "x_l", "um_road_01", "my_road_01")
    assert [around_mask(stem) for stem in stems] == ["1", "1", "a", "0", None, None, None, "um_01", None]


@pytest.mark.parametrize("colours", ["true", "7", '"red"', "{}", "[true]", "null"])
def test_colours_that_are_no_list(tmp_path: Path, colours: str) -> None:
    (tmp_path / "dataset_meta.json").write_text(f'{{"label_map": {{"0": "void"}}, "segmentation_colors": {colours}}}')
    photo(tmp_path / "images/1.jpg")
    mask(tmp_path / "masks/1.png")
    assert discover([tmp_path], Config(jobs=0)).masks.height == 1


LISTS = {
    "label_colors.txt": b"0 0 0 void\n255 0 0\tcat\n",
    "class_dict.csv": b"name,r,g,b\nvoid,0,0,0\ncat,255,0,0\n",
    "dataset_meta.json": b'{"label_map": {"0": "void", "1": "cat"}, "segmentation_colors": [[0,0,0],[255,0,0]]}',
}


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(LISTS)), st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_no_bytes_break_the_reader(name: str, seed: int, count: int) -> None:
    chance = random.Random(seed)
    with TemporaryDirectory() as place:
        root = Path(place)
        photo(root / "images/1.jpg")
        mask(root / "masks/1.png")
        for file in (root / "masks/1.png", root / name):
            data = bytearray(LISTS[name] if file.name == name else file.read_bytes())
            for _ in range(count):
                at = chance.randrange(len(data))
                data[at : at + chance.randrange(3)] = bytes(
                    chance.choices(b'\0\xff",[]{}\r\n-9eN\\', k=chance.randrange(3))
                )
            file.write_bytes(data)
        for annotations in read(tree(root), INLINE):
            assert annotations.named["path"].to_list() == ["images/1.jpg"]
            assert annotations.classes["class"].null_count() == 0
