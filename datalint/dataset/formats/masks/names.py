"""What names say of masks: folders that hold them beside folders of images, and what is put around a file's stem."""

from __future__ import annotations

import re
from typing import NamedTuple

from datalint.dataset.files import splits

#: Names of folders, in lower case without anything but letters and digits.
_MASKS = frozenset(
    word
    for line in (
        "mask masks seg segs segmap segmaps semseg segmentation segmentations segmentationmask segmentationmasks",
        "segmentationclass segmentationobject segmentationclassaug segmentationclassraw segmentationclasspng",
        "gt gts gtleft gtright gtfine gtcoarse groundtruth groundtruths label labels labelids labelimages pixellabels",
        "annotation annotations annot annots ann anns instance instances panoptic semantic semanticrgb matte mattes",
        "trimap trimaps lbl lbls cameraseg target targets gtimage2",
    )
    for word in line.split()
)
_IMAGES = frozenset(
    word
    for line in (
        "image images img imgs pic pics picture pictures photo photos frame frames jpegimages pngimages jpgimages jpg",
        "jpeg png rgb rgbleft rgbright leftimg8bit rightimg8bit image2 image02 input inputs original originals",
        "originalimages raw rawimages color colour camerargb x",
    )
    for word in line.split()
)
_FILLERS = frozenset(
    {"all", "png", "tif", "tiff", "new", "class", "binary", "final", "set", "data", "dir", "folder", "files"}
)
_TOKENS = re.compile(r"[\W_]+")
_GLUED = re.compile(
    r"(train|training|val|valid|validation|test|testing)(annots?|masks?|labels?|gt|segs?|images?|imgs?)"
)

#: Around the stem of a mask. `L` is CamVid's, `parts` ADE20K's, `labelIds` and its kin those of Cityscapes; KITTI puts
#: what it marks within: `um_road_000000` of `um_000000`.
_AROUND_MASK = re.compile(
    r"(?i:mask|masks|gt|seg|label)[_\- ](?P<after>.+)"
    r"|(?P<city>.+?)_(?:gtFine|gtCoarse)_(?:labelIds|labelTrainIds|instanceIds|instanceTrainIds|color)"
    r"|(?P<before>.+?)[_\-. ](?:L|labelIds|labelTrainIds|instanceIds|instanceTrainIds|"
    r"(?i:masks?(?:[_\- ]\d+)?|seg(?:mentation)?|parts_\d+|labels?|gt|groundtruth|annotations?|mattes?))"
)
_WITHIN_MASK = re.compile(r"(umm?|uu)_(?:road|lane)_([0-9]+)")
_AROUND_IMAGE = re.compile(
    r"(?i:image|img|rgb)[_\- ](?P<after>.+)"
    r"|(?P<before>.+)[_\- ](?:(?i:image|img|rgb|sat)|leftImg8bit|rightImg8bit)"
)


class Folder(NamedTuple):
    """A folder as far as its name goes."""

    is_mask: bool
    """Whether a part of it says that it holds masks."""
    rest: tuple[str, ...]
    """Its parts without words for masks and images."""
    base: str
    """What lies above the first part that names masks, images or a split: the dataset."""


def folder(path: str, declared: str | None = None) -> Folder:
    """What the parts of a folder's path say; of the last one, `declared` may say masks or images instead."""
    if declared in ("masks", "images"):
        around = folder(path.rpartition("/")[0])
        return Folder(declared == "masks", around.rest, around.base)
    is_mask = False
    rest: list[str] = []
    base: list[str] | None = None
    done: list[str] = []
    for part in path.split("/") if path else ():
        words, kind = _part(part)
        is_mask = is_mask or kind == "mask"
        if base is None and (kind is not None or splits.canonical(part) is not None):
            base = list(done)
        done.append(part)
        if words:
            rest.append(words)
    return Folder(is_mask, tuple(rest), "/".join(done if base is None else base))


def _part(part: str) -> tuple[str, str | None]:
    """What is left of a part without words for masks or images, in lower case; and which of the two it had."""
    lower = part.lower()
    plain = _TOKENS.sub("", lower)
    if plain in _MASKS:
        return "", "mask"
    if plain in _IMAGES:
        return "", "image"
    if match := _GLUED.fullmatch(plain):
        return _split(match[1]), "image" if match[2].startswith("im") else "mask"
    tokens = [token for token in _TOKENS.split(lower) if token]
    for kind, known in (("mask", _MASKS), ("image", _IMAGES)):
        others = [token for token in tokens if token not in known and token not in _IMAGES | _FILLERS]
        named = any(token in known for token in tokens)
        # `train_masks` is the masks of train, `masks_png` and `ann_dir` are masks; `image_mask` may hold both, and
        # `no_mask`, `with_mask` and `label_1` are classes.
        clear = bool(others) or all(token in known or token in _FILLERS for token in tokens)
        if named and clear and all(splits.canonical(token) for token in others):
            return "_".join(map(_split, others)), kind
    return _split(lower), None


def _split(word: str) -> str:
    return splits.canonical(word) or word


def around_mask(stem: str) -> str | None:
    """The stem without what marks it as a mask's; None if nothing does."""
    if match := _WITHIN_MASK.fullmatch(stem):
        return f"{match[1]}_{match[2]}"
    match = _AROUND_MASK.fullmatch(stem)
    return None if match is None else (match["after"] or match["city"] or match["before"])


def around_image(stem: str) -> str | None:
    """The stem without what marks it as an image's; None if nothing does."""
    match = _AROUND_IMAGE.fullmatch(stem)
    return None if match is None else (match["after"] or match["before"])


#: Words that some mask's stem holds, in lower case: all others need no closer look.
HINTS = ("mask", "gt", "seg", "label", "_l", "-l", ".l", "parts", "instanceids", "trainids", "color", "groundtruth",
         "annotation", "matte")  # fmt: skip

__all__ = ["HINTS", "Folder", "around_image", "around_mask", "folder"]
