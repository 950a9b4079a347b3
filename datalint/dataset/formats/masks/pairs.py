"""Masks: pictures whose pixels are classes or objects, paired with images by name.

In folders of their own (images/ and masks/, leftImg8bit/ and gtFine/, train/ and trainannot/, RGB/ and GT/) or beside
the images (x.jpg and x_mask.png, or x.jpg and x.png). Pixels are indices or colours; `label_colors.txt`,
`labelmap.txt`, `class_dict.csv` and the like name them. A dataset of this kind has no labels of images; its masks are
not images.

Sources: https://www.cityscapes-dataset.com, http://mi.eng.cam.ac.uk/research/projects/VideoRec/CamVid,
https://docs.cvat.ai/docs/dataset_management/formats/format-smask, https://www.mapillary.com/dataset/vistas.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from datalint.amounts import counted
from datalint.dataset.assembly.annotations import MASK_CHECKS, conform
from datalint.dataset.assembly.collector import Collector
from datalint.dataset.containers.records import Kind, Outcome, Place
from datalint.dataset.files import roles
from datalint.dataset.files.image_names import Found
from datalint.dataset.formats.masks import classes as mask_classes
from datalint.dataset.formats.masks import names as mask_names
from datalint.pixels.values import looked_at
from datalint.workers import each

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from datalint.config.settings import Config
    from datalint.dataset.assembly.annotations import Annotations
    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.masks.classes import Declared
    from datalint.pixels.values import Values

NAME = "masks"

#: Share of the masks of a folder that must have an image, and of the images in its folder that must have a mask.
_PAIRED = 0.5
#: The same where nothing but the extensions tells masks from images.
_ALL_PAIRED = 0.8
_MASK_MODES = ("1", "L", "P", "RGB")
_PHOTOS, _EXACT = frozenset({"jpg", "jpeg"}), frozenset({"png", "bmp", "gif", "tif", "tiff"})
#: Masks of a dataset whose pixels are read to see whether they are masks at all.
_MOST_READ = 16
_MOST_PIXELS = 1 << 26
#: A photograph has more colours or grey values than this; a mask of classes has not.
_MOST_COLOURS = 256
_MOST_VALUES = 64
#: Edges that were smoothed have many values; but most pixels of such a mask have one of two.
_MAIN = 0.9
#: Lossy formats smear the edges; but most pixels of such a mask, of photographs hardly any, are of a few grey values.
_FLAT = 0.7
#: ADE20K (2020) keeps each object's mask in a folder named after the image.
_ADE_OBJECT = re.compile(r"instance_\d+_.+")
#: Folders and files whose masks hold numbers of objects or parts, or colours of their own, and no declared classes.
_OBJECTS = re.compile(r"(?i)instance|panoptic|object|_parts_\d|_seg\.|trainids")
_VOC = re.compile(r"(?i)segmentation(?:class|object)\w*")

Parts = tuple[str, ...]


@dataclass
class _Pairs:
    """The masks of one folder, and the images of another (or of the same)."""

    mask_folder: str
    image_folder: str
    pairs: list[tuple[int, int]]
    """Row of the mask, row of the image."""
    alone: list[int]
    """Rows of masks without an image."""
    named: bool = True
    """Whether names say that they are masks: else their pixels must."""


@dataclass
class _Dataset:
    base: str
    pairs: list[_Pairs] = field(default_factory=list)

    @property
    def masks(self) -> list[tuple[int, int]]:
        return [pair for pairs in self.pairs for pair in pairs.pairs]


class _Files:
    """The images of a tree by folder; rows are those of `Tree.files`."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        files = tree.files.filter(pl.col("candidate") & ~pl.col("link").fill_null("").is_in(["dangling", "loop"]))
        self.frame = files.select("file_row", "folder", "stem", "extension")
        self._paths: list[str] = tree.files["path"].to_list()
        self._by_folder = self.frame.group_by("folder", maintain_order=True).agg("file_row", "stem")
        self._places = {folder: place for place, folder in enumerate(self._by_folder["folder"])}

    def stems(self, folder: str) -> list[tuple[int, str]]:
        """Row and stem of the images of a folder."""
        place = self._places.get(folder)
        if place is None:
            return []
        rows, stems = self._by_folder.row(place)[1:]
        return list(zip(rows, stems, strict=True))

    def path(self, row: int) -> str:
        return self._paths[row]

    def name(self, row: int) -> str:
        return str(self.tree.files["name"][row])


def read(tree: Tree, config: Config) -> list[Annotations]:
    """Every dataset of images with masks under the root."""
    files = _Files(tree)
    found = [*_in_folders(files, roles.declared(tree, config)), *_beside(files), *_same_stems(files)]
    datasets: dict[str, _Dataset] = {}
    for pairs in found:
        base = _base(pairs)
        datasets.setdefault(base, _Dataset(base)).pairs.append(pairs)
    supposed = [dataset for _, dataset in sorted(datasets.items())]
    are_masks = _are_masks(supposed, files, config.jobs)
    return [_annotations(dataset, files) for dataset, sure in zip(supposed, are_masks, strict=True) if sure]


def _base(pairs: _Pairs) -> str:
    """The folder of the dataset that the pairs belong to."""
    name = mask_names.folder(pairs.mask_folder)
    if name.is_mask:
        return name.base
    above = mask_names.folder(pairs.image_folder).base
    return above if above != pairs.image_folder else above.rpartition("/")[0]


def _in_folders(files: _Files, declared: Mapping[str, str]) -> list[_Pairs]:
    """Folders of masks with the folder of images that has the same names."""
    named = {
        folder: mask_names.folder(folder, declared.get(folder))
        for folder in files.frame["folder"].unique().sort().to_list()
    }
    masks = {folder: name for folder, name in named.items() if name.is_mask}
    if not masks or len(masks) == len(named):
        return []
    images = {folder: name for folder, name in named.items() if not name.is_mask}
    by_rest: dict[Parts, list[str]] = defaultdict(list)
    for folder, name in images.items():
        by_rest[name.rest].append(folder)
    like = _Alike(by_rest)
    found: list[_Pairs] = []
    panoptic = set(files.tree.files.filter(pl.col("extension") == "json")["path"].to_list())
    for folder, name in masks.items():
        if _is_voc(folder, files) or f"{folder}.json" in panoptic:  # COCO's panoptic masks lie beside their JSON file
            continue
        near = [*by_rest.get(name.rest, ())]
        near += [other for rest in like.one_part_off(name.rest) for other in by_rest[rest]]
        stems = files.stems(folder)
        for other in near:
            pairs = _paired(folder, stems, other, files.stems(other))
            if len(pairs.pairs) >= _PAIRED * len(stems):
                found.append(pairs)
                break
    return found


class _Alike:
    """Lists of parts, to find those that are the same as another but for one part more or less; none is empty."""

    def __init__(self, known: Iterable[Parts]) -> None:
        self._order = {parts: number for number, parts in enumerate(known)}
        self._longer: dict[Parts, list[Parts]] = defaultdict(list)
        for parts in self._order:
            for shorter in _shortened(parts):
                self._longer[shorter].append(parts)

    def one_part_off(self, parts: Parts) -> list[Parts]:
        """The known ones that have one part more than `parts`, or one less, in their order."""
        found = {*_shortened(parts), *self._longer.get(parts, ())} & self._order.keys()
        return sorted(found, key=self._order.__getitem__)


def _shortened(parts: Parts) -> set[Parts]:
    """What is left without one of the parts, if that is anything."""
    return {parts[:place] + parts[place + 1 :] for place in range(len(parts))} - {()}


def _is_voc(folder: str, files: _Files) -> bool:
    """Whether the masks are those of Pascal VOC, which are read with its lists."""
    above, _, last = folder.rpartition("/")
    if not _VOC.fullmatch(last):
        return False
    prefix = f"{above}/" if above else ""
    return any(f"{prefix}{name}" in files.tree.folders for name in ("ImageSets", "Annotations"))


def _paired(
    mask_folder: str, masks: Sequence[tuple[int, str]], image_folder: str, images: Sequence[tuple[int, str]]
) -> _Pairs:
    by_stem = {stem: row for row, stem in images}
    bare = {short: row for row, stem in images if (short := mask_names.around_image(stem)) is not None}
    result = _Pairs(mask_folder, image_folder, [], [])
    for row, stem in masks:
        short = mask_names.around_mask(stem)
        keys = [stem] if short is None else [stem, short]
        image = next((table[key] for key in keys for table in (by_stem, bare) if key in table), None)
        if image is None:
            result.alone.append(row)
        else:
            result.pairs.append((row, image))
    return result


def _beside(files: _Files) -> list[_Pairs]:
    """Masks in the folders of their images, by what is put around their stems."""
    hints = files.frame.filter(
        files.frame["stem"].str.to_lowercase().str.contains_any(list(mask_names.HINTS))
        | files.frame["stem"].str.starts_with("instance_")
    )
    found: list[_Pairs] = []
    for (folder,), group in sorted(hints.group_by("folder"), key=lambda item: str(item[0][0])):
        masks = [(row, stem) for row, stem in group.select("file_row", "stem").rows() if mask_names.around_mask(stem)]
        if masks:
            taken = {row for row, _ in masks}
            images = [(row, stem) for row, stem in files.stems(str(folder)) if row not in taken]
            pairs = _paired(str(folder), masks, str(folder), images)
            covered = {image for _, image in pairs.pairs}
            if len(pairs.pairs) >= _PAIRED * len(masks) and len(covered) >= _PAIRED * len(images):
                found.append(pairs)
        found += _objects(str(folder), group.select("file_row", "stem").rows(), files)
    return found


def _same_stems(files: _Files) -> list[_Pairs]:
    """Masks beside images of the same stem: `x.png` beside `x.jpg`. Whether they are masks, their pixels tell."""
    twins = files.frame.filter(pl.len().over("folder", "stem") == 2).with_columns(
        pl.col("extension").is_in(sorted(_PHOTOS)).alias("photo"),
        pl.col("extension").is_in(sorted(_EXACT)).alias("exact"),
    )
    pairs = twins.filter("exact").join(twins.filter("photo"), on=["folder", "stem"], suffix="_image")
    found = []
    for (folder,), group in sorted(pairs.group_by("folder"), key=lambda item: str(item[0][0])):
        if 2 * group.height >= _ALL_PAIRED * len(files.stems(str(folder))):
            rows = group.sort("file_row").select("file_row", "file_row_image").rows()
            found.append(_Pairs(str(folder), str(folder), rows, [], named=False))
    return found


def _objects(folder: str, group: Iterable[tuple[int, str]], files: _Files) -> list[_Pairs]:
    """A folder of the masks of one image's objects, named after the image."""
    above, _, name = folder.rpartition("/")
    objects = [row for row, stem in group if _ADE_OBJECT.fullmatch(stem)]
    if not objects or not name:
        return []
    image = next((row for row, stem in files.stems(above) if stem == name), None)
    return [] if image is None else [_Pairs(folder, above, [(row, image) for row in objects], [])]


def _are_masks(datasets: Sequence[_Dataset], files: _Files, jobs: int | None) -> list[bool]:
    """Whether a sample of the supposed masks of each dataset looks like masks and not like photographs.

    All are read in one go: to start a worker takes longer than to read a sample.
    """
    samples = [dataset.masks[:: max(1, -(-len(dataset.masks) // _MOST_READ))] for dataset in datasets]
    items = [files.tree.picture(mask) for sample in samples for mask, _ in sample]
    looks = iter(each(_LOOK, items, jobs=jobs))
    found = [[look for _ in sample if (look := next(looks)) is not None] for sample in samples]
    return [_are_of_masks(looks_of, dataset) for dataset, looks_of in zip(datasets, found, strict=True)]


def _are_of_masks(looks: Sequence[Values], dataset: _Dataset) -> bool:
    """Whether most are like masks; where no name says so, they must be so beyond doubt."""
    if all(pairs.named for pairs in dataset.pairs):
        return not looks or 2 * sum(map(_has_few_values, looks)) > len(looks)
    return 2 * sum(map(_is_clearly_a_mask, looks)) > len(looks)


def _is_clearly_a_mask(look: Values) -> bool:
    return look.mode in _MASK_MODES and (look.different <= _MOST_VALUES or look.main >= _MAIN)


_LOOK = partial(looked_at, most=_MOST_PIXELS)


def _has_few_values(look: Values) -> bool:
    if look.common >= _FLAT:
        return True
    if look.mode == "L":
        return look.different <= _MOST_VALUES or look.main >= _MAIN
    return look.mode in ("1", "P", "I;16", "I") or look.different <= _MOST_COLOURS


def _annotations(dataset: _Dataset, files: _Files) -> Annotations:
    lead = max(dataset.pairs, key=lambda pairs: (len(pairs.pairs), pairs.mask_folder))
    collector = Collector(NAME, lead.mask_folder, 3)
    declared = mask_classes.find(files.tree, _places_of_classes(dataset))
    named: set[int] = set()
    for pairs in dataset.pairs:
        for mask, image in pairs.pairs:
            collector.masks.add(mask)
            collector.outcomes[files.path(mask)] = Outcome(Kind.READ, "read as a mask", f"of {files.path(image)}")
            if image not in named:
                named.add(image)
                collector.image(Found(image, files.path(image)), Place(files.path(mask)))
        for mask in pairs.alone:
            collector.masks.add(mask)
            collector.outcomes[files.path(mask)] = Outcome(Kind.READ, "read as a mask", "its image is not there")
            where = pairs.image_folder or "the root"
            collector.problem("mask", Place(files.path(mask)), f"no image of this name in {where}", "an image")
    _without_mask(dataset, files, named, collector)
    masks = sum(len(pairs.pairs) + len(pairs.alone) for pairs in dataset.pairs)
    folders = sorted({pairs.mask_folder or "the root" for pairs in dataset.pairs})
    where = ", ".join(folders[:4]) + (", ..." if len(folders) > 4 else "")
    known = f", {counted(len(declared.names), 'class', 'classes')} in {declared.file}" if declared else ""
    collector.evidence.insert(0, f"Masks: {where}, {counted(masks, 'mask')} of {counted(len(named), 'image')}{known}.")
    if declared is not None:
        for name, index in zip(declared.names, declared.indices, strict=True):
            collector.declare(name, index, declared.file)
        collector.outcomes[declared.file] = Outcome(
            Kind.READ, "read as the classes of masks", f"{len(declared.names):,}"
        )
        collector.problems += declared.problems
    annotations = collector.annotations()
    annotations.mask_checks = _checks(dataset, files, declared)
    return annotations


def _places_of_classes(dataset: _Dataset) -> list[str]:
    """Folders that may hold the list of classes, the nearest first."""
    places: list[str] = []
    for start in (dataset.base, *(pairs.mask_folder for pairs in dataset.pairs)):
        if start not in places:
            places.append(start)
    above = dataset.base
    while above:
        above = above.rpartition("/")[0]
        places.append(above)
    return list(dict.fromkeys(places))


def _without_mask(dataset: _Dataset, files: _Files, named: set[int], collector: Collector) -> None:
    """Images without any mask, in folders where most have one."""
    by_folder: dict[str, str] = {}
    for pairs in dataset.pairs:
        by_folder.setdefault(pairs.image_folder, pairs.mask_folder)
    for folder, masks in by_folder.items():
        images = [row for row, _ in files.stems(folder) if row not in collector.masks]
        bare = [row for row in images if row not in named]
        if len(bare) > (1 - _PAIRED) * len(images):
            collector.evidence.append(
                f"{len(bare):,} of {len(images):,} images in {folder or 'the root'} have no mask."
            )
            continue
        for row in bare:
            path = files.path(row)
            collector.problem("mask", Place(masks or path), f"no mask for {path}", "a mask of the same name", path)


def _checks(dataset: _Dataset, files: _Files, declared: Declared | None) -> pl.DataFrame:
    """What the masks must fit: the images' own size, and the classes that are declared."""
    of_classes = {mask for pairs in dataset.pairs for mask, _ in _of_classes(pairs, files)} if declared else set()
    rows = [(mask, files.path(image), mask in of_classes) for mask, image in dataset.masks]
    checks = pl.DataFrame(rows, schema={"file_row": pl.UInt32, "of": pl.String, "compared": pl.Boolean}, orient="row")
    listed = pl.DataFrame(
        {
            "compared": [declared is not None],
            "declared_in": [declared.file if declared else None],
            "indices": [declared.indices if declared else None],
            "colours": [[red << 16 | green << 8 | blue for red, green, blue in declared.colours] if declared else None],
        },
        schema_overrides={"declared_in": pl.String, "indices": pl.List(pl.Int64), "colours": pl.List(pl.Int64)},
    )
    return conform(
        MASK_CHECKS, checks.join(listed.filter("compared"), on="compared", how="left", maintain_order="left")
    )


def _of_classes(pairs: _Pairs, files: _Files) -> list[tuple[int, int]]:
    """The pairs whose masks are of classes: those of objects and parts hold numbers of objects."""
    if _OBJECTS.search(pairs.mask_folder):
        return []
    return [(mask, image) for mask, image in pairs.pairs if not _OBJECTS.search(files.name(mask))]


__all__ = ["NAME", "read"]
