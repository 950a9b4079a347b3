"""What findings have in common: causes, each of which joins rules, and is removed by one thing to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datalint.report.reach import Unit


@dataclass(frozen=True, slots=True, eq=False)
class Cause:
    """One cause of findings."""

    name: str
    unit: Unit
    """What is counted: the denominator that matters. Of a dataset as a whole its worst finding is quoted."""
    harm: int
    """How much a trained model suffers where all is hit, of 100."""
    why: str
    rules: Mapping[str, str]
    """Name of a rule -> what its findings say of several; `home` is the split that holds them too."""
    family: str = ""
    """Beginning of the codes whose other rules belong here."""
    command: str = ""
    """What removes it, where that is a program other than datalint; `root` is the dataset's folder."""
    split: tuple[str, ...] = ()
    """Rules whose findings only another split removes."""
    at_once: bool = False
    """Whether notes alone are a step, however few they are."""


#: "1 of the 419 images is ...": how a verb reads of one.
_OF_ONE = {"are": "is", "have": "has", "cannot": "cannot"}
#: Kinds of fault that one sentence names.
_NAMED = 4


def verb(phrase: str, count: int) -> str:
    """`are in train` as it is said of `count` things."""
    first, _, rest = phrase.partition(" ")
    return f"{_OF_ONE.get(first, f'{first}s')} {rest}" if count == 1 else phrase


CAUSES = (
    Cause(
        "not-fetched", "image", 100, "Training has nothing to read.",
        {"lfs-pointer": "are not fetched yet (Git LFS)"},
        command="git -C {root} lfs pull",
    ),
    Cause(
        "not-pulled", "dataset", 100, "Training has nothing to read.",
        {"missing-dvc-data": "are not fetched yet (DVC)"},
        command="dvc --cd {root} pull",
    ),
    Cause(
        "labels-unread", "dataset", 100, "Training would run without these labels.",
        dict.fromkeys(("empty-dataset", "unread-labels"), "are not read"),
    ),
    Cause(
        "coordinates", "dataset", 90, "Every box of the file is learned in the wrong place.",
        dict.fromkeys(("coordinate-units", "coordinate-order", "coordinate-scale", "all-crowd"), "are read wrongly"),
    ),
    Cause(
        "leaks", "leak", 100, "The score on them measures memory: it is too high, and nothing in training shows it.",
        {
            "split-leak": "are also in {home}",
            "shared-split": "are also in {home}",
            "near-split-leak": "have a near copy in {home}",
            "group-leak": "are of a recording, patient or source that is also in {home}",
        },
        family="DL7",
        split=("group-leak", "shared-split"),
    ),
    Cause(
        "label-records", "record", 60, "What cannot be used is not learned, and training may stop at it.",
        {
            "label-syntax": "cannot be read",
            "missing-image": "name an image that is not there",
            "missing-data-path": "name a folder that is not there",
            "unusable-id": "have an id that cannot be used",
            "repeated-id": "have an id that is used twice",
            "unknown-category-id": "have a category that is not declared",
            "unused-label-file": "belong to no image",
            "inconsistent-classes": "contradict the list of classes",
            "declared-size-mismatch": "declare another image size",
        },
        family="DL4",
    ),
    Cause(
        "unreadable", "image", 80, "Training stops at such a file, or silently leaves it out.",
        {
            **dict.fromkeys(
                ("unreadable-image", "truncated-image", "unsupported-image", "empty-file", "not-an-image",
                 "oversized-image", "broken-link", "refused-text", "apple-double"),
                "cannot be read",
            ),
            "unknown-extension": "have an extension that loaders pass over",
        },
        family="DL1",
    ),
    Cause(
        "contradictions", "image", 70, "The model is taught two answers to one question.",
        {
            "contradictory-duplicate": "are copies with different labels",
            "contradictory-copy": "are copies with different boxes",
            "conflicting-labels": "have labels that exclude each other",
            "two-classes-one-box": "have one box in two classes",
        },
    ),
    Cause(
        "wrong-labels", "image", 70, "The model learns what the labels say, and is judged by it.",
        {
            "likely-mislabel": "look wrongly labelled",
            "mislabelled-batch": "look wrongly labelled",
            "suspicious-label": "have a label to look at again",
            "confusable-classes": "are of classes that look alike",
            "outlier-image": "look like nothing else here",
        },
        family="DL9",
        at_once=True,
    ),
    Cause(
        "wrong-boxes", "object", 60, "Losses become infinite, crops empty, and places learned wrong.",
        {
            "box-outside-image": "lie outside their image",
            "degenerate-box": "have no area",
            "non-finite-box": "are not finite",
            "invalid-polygon": "have an outline that cannot be drawn",
            **dict.fromkeys(("invalid-keypoints", "keypoint-mismatch"), "have keypoints that cannot be right"),
            "mask-mismatch": "have a mask that does not fit",
            "area-mismatch": "have an area that is not theirs",
            "repeated-box": "are there twice",
        },
        family="DL8",
    ),
    Cause(
        "class-names", "class", 60, "What is one class to people is two to the model, or none.",
        {
            "similar-class-names": "have nearly the name of another",
            "unknown-class": "are not declared",
            "hidden-class-folder": "are hidden folders",
        },
    ),
    Cause(
        "unlabelled", "image", 50, "They are learned as empty, or silently left out.",
        {"unlabeled-image": "have no label"},
    ),
    Cause(
        "shortcut", "dataset", 50, "A model that learns such a difference fails on other pictures.",
        {
            "shortcut": "tell their class by something trivial",
            "split-shift": "look other than those of another split",
            "label-drift": "are of other classes than those of another split",
        },
    ),
    Cause(
        "balance", "class", 40, "What is rare in training is not learned; what no test holds is not measured.",
        {
            "empty-class": "have no image",
            "class-missing-in-split": "are missing in a split",
            "rare-class": "have too few images",
            "class-imbalance": "are far smaller than the largest",
        },
        family="DL5",
    ),
    Cause(
        "normalization", "dataset", 25, "The model sees other numbers than it was made for.",
        {"normalization-mismatch": "are normalized with other numbers than measured"},
    ),
    Cause(
        "pixel-values", "image", 30, "Loaders read them in another range, in other colours, or turned.",
        {
            "unnormalized-range": "are in another range of values",
            "mixed-bit-depth": "have another bit depth",
            "mixed-mode": "have other channels than most",
            "unusual-colour-space": "are in another colour space",
            "exif-rotated": "are stored turned",
            "swapped-channels": "have red and blue exchanged",
            "dead-channel": "have a dead channel",
            "multi-frame": "hold several frames",
            "used-alpha": "have transparent parts",
            "grey-as-colour": "have three equal channels",
        },
    ),
    Cause(
        "copies", "copy", 20, "A picture that is there twice counts twice in training and in the score.",
        {
            "exact-duplicate": "are a copy of another one",
            "near-duplicate": "are a near copy of another one",
            "copied-folder": "lie in a folder that is a copy",
        },
        family="DL6",
    ),
    Cause(
        "odd-images", "image", 10, "They teach little, and some were put there by mistake.",
        {
            "flat-image": "are of one tone",
            "dark": "are very dark",
            "light": "are very light",
            "blurry": "are blurred",
            "exposure-outlier": "are exposed unlike the rest",
            "tiny-image": "are tiny",
            "odd-size": "have an odd size",
            "odd-aspect-ratio": "have an odd shape",
            "mixed-size": "have another size than the rest",
            "uniform-border": "have bars at two sides",
            "odd-box-count": "have far more boxes than all others",
        },
        family="DL3",
    ),
    Cause(
        "odd-boxes", "object", 6, "Some are slips of the mouse.",
        {
            "tiny-box": "are tiny",
            "huge-box": "are as large as the image",
            "odd-box": "are unlike those of their class",
        },
    ),
    Cause(
        "files", "image", 4, "Some loaders pass such files over, or stumble.",
        {
            "wrong-extension": "are named after another format",
            "mixed-format": "are in another format than most",
            "unportable-name": "have a name that other systems refuse",
            "stray-file": "have stray files beside them",
        },
        family="DL2",
    ),
    Cause(
        "label-files", "record", 4, "They cost little to put right now.",
        {
            "repeated-label": "are there twice",
            "label-encoding": "have an encoding that readers stumble over",
            "unused-class": "declare a class that none uses",
        },
    ),
)  # fmt: skip

#: Rules that no cause has: of plugins.
OTHER = Cause("other", "image", 20, "A rule of your own says so.", {})

#: Rules whose findings are not faults of the dataset.
NO_FAULT = ("weak-probe",)

_BY_RULE = {rule: cause for cause in CAUSES for rule in cause.rules}
_BY_FAMILY = {cause.family: cause for cause in CAUSES if cause.family}


def cause_of(code: str, name: str) -> Cause | None:
    """The cause that a rule's findings have; None where they are not faults."""
    if name in NO_FAULT:
        return None
    return _BY_RULE.get(name) or _BY_FAMILY.get(code[:3]) or OTHER


def says(cause: Cause, rules: list[str], count: int, home: str) -> str:
    """What the findings of some rules say together: `are also in train or have a near copy in train`."""
    phrases = list(dict.fromkeys(cause.rules[name] for name in cause.rules if name in rules))
    others = any(name not in cause.rules for name in rules)
    if len(phrases) > _NAMED or not phrases or others:
        phrases[_NAMED:] = ["have other faults" if phrases else "have faults"]
    parts, before = [], ""
    for phrase in (verb(phrase.format(home=home), count) for phrase in phrases):
        first, _, rest = phrase.partition(" ")
        parts.append(rest if first == before else phrase)
        before = first
    return " or ".join([", ".join(parts[:-1]), parts[-1]] if parts[1:] else parts)
