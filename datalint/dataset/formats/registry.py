"""Which formats of labels are read, one line a format, and which are known and not read."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from datalint.dataset.containers.records import Kind
from datalint.dataset.formats import label_files
from datalint.dataset.formats.unread import files as unread
from datalint.dataset.formats.unread import left as unread_left
from datalint.dataset.formats.unread import texts
from datalint.dataset.formats.unread.known import Known
from datalint.dataset.formats.unread.left import Labelled

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import polars as pl

    from datalint.config.settings import Config
    from datalint.dataset.assembly.annotations import Annotations
    from datalint.dataset.containers.records import Outcome
    from datalint.dataset.files.tree import Tree


class Module(NamedTuple):
    """Where a format is read, and which files it is about."""

    name: str
    """In this folder."""
    extensions: frozenset[str] | None = None
    """Without any such file the module is neither loaded nor asked; None: it is always asked."""


def _of(name: str, extensions: str) -> Module:
    return Module(name, frozenset(extensions.split()))


#: Format -> its module.
MODULES = {
    "image-folder": Module("image_folder"),
    "table": _of("tables.labels", "csv tsv txt json jsonl ndjson parquet"),
    "coco": _of("coco.datasets", "json"),
    "fair1m": _of("fair1m", "xml"),
    "hrsc2016": _of("hrsc2016", "xml"),
    "dlib": _of("dlib", "xml"),
    "voc": _of("voc.datasets", "xml txt"),
    "cvat": _of("cvat", "xml"),
    "labelme": _of("labelme", "json xml"),
    "createml": _of("createml", "json"),
    "via": _of("via", "json csv tsv"),
    "label-studio": _of("label_studio", "json csv tsv"),
    "bdd100k": _of("bdd100k", "json"),
    "crowdhuman": _of("crowdhuman", "odgt"),
    "supervisely": _of("supervisely", "json"),
    "ultralytics-ndjson": _of("ultralytics", "ndjson jsonl"),
    "labelbox": _of("labelbox", "ndjson jsonl json"),
    "darwin": _of("darwin", "json"),
    "superannotate": _of("superannotate", "json"),
    "cityscapes": _of("cityscapes", "json"),
    "sagemaker": _of("sagemaker", "manifest jsonl ndjson json"),
    "fiftyone": _of("fiftyone", "json"),
    "datumaro": _of("datumaro", "json"),
    "dialogues": _of("dialogues", "json jsonl ndjson"),
    "webdataset": _of("webdataset", "cls txt json"),
    "kitti": _of("kitti", "txt xml"),
    "dota": _of("dota", "txt"),
    "visdrone": _of("visdrone", "txt"),
    "yolo": _of("yolo.datasets", "txt yaml yml data"),
    "picture-table": _of("picture_tables", "parquet arrow feather"),
    "box-table": _of("tables.boxes", "csv tsv txt json jsonl ndjson parquet"),
    "mot": _of("mot", "txt"),
    "mots": _of("mots", "txt"),
    "uavdt": _of("uavdt", "txt"),
    "visdrone-video": _of("visdrone_video", "txt"),
    "deeplabcut": _of("deeplabcut", "csv"),
    "celeba": _of("celeba", "txt csv"),
    "wflw": _of("wflw", "txt"),
    "imagenet-loc": _of("imagenet_loc", "csv"),
    "kaggle-rle": _of("kaggle_rle", "csv"),
    "keras-yolo": _of("keras_yolo", "txt"),
    "wider-face": _of("wider_face", "txt"),
    "icdar": _of("icdar", "txt"),
    "paddleocr": _of("paddleocr", "txt"),
    "masks": Module("masks.pairs"),
}
NAMES = tuple(MODULES)
#: Asked last: folders have names whether they mean something or not, and any table may look like one of labels.
_FOLDERS, _TABLES = "image-folder", "table"

_N = r"[+-]?\d+(?:\.\d+)?"
_SCIENTIFIC = rf"{_N}(?:e[+-]?\d+)?"
_IMAGE = r"[^,;\t]*\.(?:jpe?g|png|bmp|tiff?|webp|ppm|gif)"

#: Formats that are known and not read; where a file looks like several, the first one is named.
KNOWN = (
    Known("VoTT's own JSON", r".*\.json", rb'"videoSettings"\s*:|"lastVisitedAssetId"\s*:|"vottVersion"'),
    Known("labels of BDD100K, one file an image", r".*\.json", rb'"(?:box2d|poly2d)"\s*:', first=True),
    Known("an older export of Labelbox", r".*\.(?:csv|json)", rb'"DataRow ID"\s*:|"Labeled Data"\s*:|"Labeled Data",',
          first=True),
    Known("Darwin JSON 1.0 of V7", r".*\.json", rb'"workview_url"\s*:'),
    Known("an export of Kili", r".*\.json", rb'"jsonResponse"\s*:', first=True),
    Known("an export of Hasty", r".*\.json", rb'"export_format_version"\s*:'),
    Known("boxes of CrowdHuman, which are read from .odgt files only", r".*\.(?:jsonl|json|txt)", rb'"gtboxes"\s*:',
          first=True),
    Known("frames of a FiftyOne dataset", r"(?:.*/)?frames\.json", rb'"_cls"\s*:|"frames"\s*:\s*\{'),
    Known("fields of a FiftyOne dataset", r"(?:.*/)?metadata\.json", rb'"sample_fields"\s*:', labels=False),
    Known("dialogues without images", r".*\.jsonl?", rb'"conversations"\s*:\s*\[\s*\{', labels=False,
          first=True),
    Known("an example of answers for Kaggle, no labels", r"(?:.*/)?[^/]*submission[^/]*\.csv",
          rb"(?i)^(?:\xef\xbb\xbf)?(?:[^\r\n]*,)?(?:encoded_?pixels|rle|rle_mask|mask_rle|PredictionString)(?:,|[\r\n])",
          labels=False, first=True),
    Known("boxes in a column PredictionString", r".*\.csv",
          rb"(?i)^(?:\xef\xbb\xbf)?(?:[^\r\n]*,)?PredictionString(?:,|[\r\n])", first=True),
    Known("predictions of DeepLabCut, no labels", r".*\.csv", rb"^scorer,", labels=False, first=True),
    Known("captions of images", r".*", lines=(r"image(?:_name)?[,|\t]\s?(?:caption|comment).*", rf"{_IMAGE}[,|\t].*"),
          labels=False),
    Known("captions of images", r".*", lines=(rf"{_IMAGE}#\d+\t.*",), labels=False),
    Known("what Google Photos knows of an image", r".*\.json", rb'"photoTakenTime"\s*:', labels=False),
    Known("records in a TFRecord file", r".*\.(?:tfrecords?|record)(?:-\d+-of-\d+)?",
          rb"(?s)^.{4}\0{4}.{4}\n", labels=None),
    Known("an LMDB database", r"(?:.*/)?data\.mdb", rb"\xde\xc0\xef\xbe", labels=None),
    Known("an HDF5 file", r".*\.(?:h5|hdf5|hdf)", rb"^\x89HDF\r\n\x1a\n", labels=None),
    Known("shards of MosaicML's Streaming (MDS)", r"(?:.*/)?index\.json", rb'"format"\s*:\s*"mds"', labels=None),
    Known("poses of MPII", r"(?:.*/)?mpii[^/]*\.(?:json|mat)"),
    Known("masks of Segment Anything (SA-1B)", r".*\.json",
          rb'^\s*\{\s*"image"\s*:\s*\{[^{}]*"image_id"[^{}]*\}\s*,\s*"annotations"'),
    Known("a Supervisely project", r"(?:.*/)?key_id_map\.json", b'"objects"', explains=True, labels=False),
    Known("a Supervisely project", r"(?:.*/)?meta\.json", rb'"title"\s*:[^{}]*"shape"\s*:', explains=True,
          labels=False),
    Known("a Supervisely label file", r".*\.json", rb'"classTitle"\s*:|"sensorsData"\s*:|"labelerLogin"\s*:'),
    Known("tracklets of KITTI's raw recordings", r"(?:.*/)?tracklet_labels\.xml"),
    Known("actions in clips as of AVA", r"(?:.*/)?ava_[^/]*\.csv", rb"^[^,\n]+,\d+(?:,[^,\n]*){4,}", explains=True),
    Known("a batch of CIFAR as a pickle, never loaded: a pickle runs code",
          r"(?:.*/)?(?:data_batch_\d+|test_batch|batches\.meta)", objects=False),
    Known("a pickle, never loaded: a pickle runs code", r"(?:.*/)?[^./]+", rb"^\x80[\x02-\x05]", objects=False),
    Known("Market-1501 (person, camera, frame)", r"(?:.*/)?(?:bounding_box_train|bounding_box_test)",
          stems=r"^-?\d{1,4}_c\d+s\d+_\d+_\d+$"),
    Known("detections of MOT Challenge, no labels", r"(?:.*/)?det/det\.txt", lines=(rf"{_N}(?:,{_N}){{5,9}}",),
          labels=False),
    Known("boxes of VisDrone", r".*", lines=(r"(?:\d+,){4}[01],\d{1,2}(?:,-?\d){2},?",)),
    Known("text in images as of ICDAR (characters)", r".*_gt\.txt", lines=(rf'(?:{_N} ){{9}}".*"|#.*',)),
    Known("identities of CelebA", r"(?:.*/)?identity_celeba\.txt", lines=(rf"{_IMAGE} \d+",)),
    Known("pairs of faces of LFW", r"(?:.*/)?pairs\w*\.txt",
          lines=(r"\d+(?:\s+\d+)?", r"\S+\s+\d+\s+(?:\S+\s+)?\d+"), labels=False),
    Known("persons of LFW", r"(?:.*/)?people\w*\.txt", lines=(r"\d+", r"\S+\s+\d+"), labels=False),
    Known("landmarks of faces", r"(?:.*/)?landmarks\.txt", lines=(rf"{_IMAGE}(?:\s+{_N}){{10}}",)),
    Known("names of persons of VGGFace2", r".*", lines=(r"n\d{6} \S.*",), labels=False),
    Known("synsets of ImageNet", r".*", lines=(r"n\d{8}(?: \S.*)?",), labels=False),
    Known("attributes of ADE20K", r".*_atr\.txt", lines=(r"\d+ # \d+ # \d+ # .*",), labels=False),
    Known("calibration of KITTI, no labels", r".*", lines=(rf"(?:P\d|R0?_rect|Tr_\w+):(?: +{_SCIENTIFIC}){{9,12}}",),
          labels=False),
    Known("class numbers of pixels of SYNTHIA", r"(?:.*/)?gttxt/[^/]+", lines=(r"\d+(?: \d+)+",), labels=False),
    Known("a list of images and their masks", r".*", lines=(rf"{_IMAGE} {_IMAGE}",), labels=False),
    Known("colours of the classes of masks", r".*", lines=(r"\d{1,3} \d{1,3} \d{1,3} [^\d\s]\S*",), labels=False),
    Known("a table of labels; of text files, tables of two columns are read", r".*",
          lines=(rf"{_IMAGE}[ ,;\t]+\S.*",), objects=False, partly=True),
)  # fmt: skip


def read_all(tree: Tree, config: Config) -> list[Annotations]:
    """What every format finds, or the one that `config.layout` asks for; what the names of folders say in any case."""
    wanted = [name for name in MODULES if name not in (_FOLDERS, _TABLES) and config.layout in (None, name)]
    modules = [_module(name) for name in wanted if _may_find(name, tree)]
    # Formats of label files are asked together: each file goes to the first one that recognises it.
    found = label_files.read(tree, [one for module in modules for one in getattr(module, "FORMATS", ())])
    rest = tree.without(taken={file for source in found for file in source.outcomes})
    claimed: list[Annotations] = []
    if config.layout is None:
        claimed = unread.read(rest, [one for one in KNOWN if one.first])
        found += claimed
        rest = rest.without(taken={file for source in claimed for file in source.outcomes})
    for module in modules:
        if not hasattr(module, "FORMATS"):
            more = module.read(rest, config)
            rest = rest.without(taken={file for source in more for file in source.outcomes})
            found += more
    masks = frozenset[int]().union(*(source.masks for source in found))
    tree = tree.without(masks, taken={file for source in found for file in source.outcomes})
    found += _module(_FOLDERS).read(tree, config)
    if config.layout is None:
        known = texts.looks(tree, [known for known in KNOWN if not known.partly])
        if _may_find(_TABLES, tree):
            found += _module(_TABLES).read(tree.without(taken=known), config)
        read = {file for source in found for file, outcome in source.outcomes.items() if outcome.kind is Kind.READ}
        read |= {file for source in claimed for file in source.outcomes}
        found += unread.read(tree.without(taken=read), [one for one in KNOWN if not one.first])
    elif config.layout == _TABLES:
        found += _module(_TABLES).read(tree, config)
    return found


def left(tree: Tree, outcomes: Mapping[str, Outcome], told: Collection[str], labelled: Labelled) -> pl.DataFrame:
    """Files that look like labels and that no format has used; see `unread.left`."""
    return unread_left.left(tree, outcomes, told, labelled, KNOWN)


def summaries() -> dict[str, str]:
    """Format that is read -> what it is, in one sentence: the first line of its module's docstring."""
    docs = {name: _module(name).__doc__ for name in MODULES}
    return {name: (doc or "").strip().splitlines()[0] for name, doc in docs.items()}


def known() -> tuple[str, ...]:
    """What is recognised and not read, each once, in the order of the alphabet."""
    return tuple(sorted({one.what for one in KNOWN}, key=lambda what: re.sub("^(an?|the) ", "", what).casefold()))


def _may_find(name: str, tree: Tree) -> bool:
    about = MODULES[name].extensions
    return about is None or not about.isdisjoint(tree.present)


def _module(name: str) -> Any:
    return import_module(f"{__package__}.{MODULES[name].name}")


__all__ = ["KNOWN", "MODULES", "NAMES", "Labelled", "known", "left", "read_all", "summaries"]
