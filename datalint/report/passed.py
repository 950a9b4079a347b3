"""What was checked and is right: only what rules that ran looked at, on how many images, boxes and records.

A rule vouches for something where it ran, found nothing, had nothing accepted, and no louder rule took a finding from
it. Where the tables can say it as well (whether all images decode, what the smallest class is), they are asked. A
family whose first claim does not hold is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.amounts import percent
from datalint.report.reach import objects, pairs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from datalint.report import Report

#: Makes the words; empty where the tables do not bear them out.
Words = Callable[["Report"], str]


@dataclass(frozen=True, slots=True)
class Passed:
    """What is right in one respect."""

    family: str
    """Files, images, pixels, labels, classes, copies, splits, boxes or probe."""
    what: str
    """What was checked and found right, with numbers: `all 3,264 decode; no wrong extension`."""
    rules: tuple[str, ...]
    """Codes of the rules that vouch for it."""

    def document(self) -> dict[str, Any]:
        """The entry of the JSON report."""
        return {**asdict(self), "rules": list(self.rules)}


@dataclass(frozen=True, slots=True)
class _Claim:
    """A sentence that holds where all of some rules are silent."""

    rules: tuple[str, ...]
    words: Words
    doubts: tuple[str, ...] = ()
    """Rules that need not have run; where one found something the sentence would be half of the truth."""

    def said(self, report: Report, silent: set[str]) -> tuple[str, list[str]]:
        """The words, and the rules that vouch for them."""
        return (self.words(report), [*self.rules]) if silent.issuperset(self.rules) else ("", [])

    def is_refuted(self, ran: Collection[str], silent: set[str]) -> bool:
        """Whether one of its rules looked and was not content."""
        return any(name in ran and name not in silent for name in (*self.rules, *self.doubts))


@dataclass(frozen=True, slots=True)
class _List:
    """A sentence with a word for each of some rules that is silent."""

    begin: Words
    rules: dict[str, str]
    last: str = "or"

    def said(self, report: Report, silent: set[str]) -> tuple[str, list[str]]:
        """The words, and the rules that vouch for them."""
        vouching = [name for name in self.rules if name in silent]
        # Where several rules have one word, all of them must be silent.
        loud = {word for name, word in self.rules.items() if name not in silent}
        words = list(dict.fromkeys(self.rules[name] for name in vouching if self.rules[name] not in loud))
        begin = self.begin(report)
        if not words or not begin:
            return "", []
        listed = f" {self.last} ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)
        return f"{begin} {listed}", [name for name in vouching if self.rules[name] in words]


def passed(report: Report) -> tuple[Passed, ...]:
    """What is right, by family. Nothing of a scan that reports only what changed: it says nothing of the rest."""
    config = report.config
    if config.since or config.changed or config.staged or report.exit_code == 3:
        return ()
    return tuple(_passed(report))


def _passed(report: Report) -> Iterator[Passed]:
    silent, codes = _silent(report), {rule.name: rule.code for rule in report.rules_run}
    for family, claims in _FAMILIES.items():
        # A tick at "splits" over a leak would mislead, whatever else is right about them.
        if isinstance(claims[0], _Claim) and claims[0].is_refuted(codes, silent):
            continue
        said = [found for claim in claims if (found := claim.said(report, silent))[0]]
        if said:
            rules = dict.fromkeys(codes[name] for _, names in said for name in names)
            yield Passed(family, "; ".join(words for words, _ in said), tuple(rules))


def _silent(report: Report) -> set[str]:
    """Names of the rules that looked and found nothing."""
    found = {*report.findings["name"].unique(), *(entry.name for entry in report.acceptances)}
    return {rule.name for rule in report.rules_run if rule.name not in found and found.isdisjoint(rule.yields_to)}


def _there(words: str, count: Callable[[Report], int]) -> Words:
    """`words` with the number of what was looked at for `{}`; nothing where there is nothing to look at."""
    return lambda report: words.format(f"{number:,}") if (number := count(report)) else ""


def _decoded(report: Report) -> int:
    return int(report.dataset.readable.select(pl.len()).collect().item())


def _all_decode(report: Report) -> str:
    total = report.dataset.table("images").height
    return f"all {total:,} decode" if total > 1 and _decoded(report) == total else ""


def _records(report: Report) -> int:
    """Labels of images, boxes and outlines that a file gives."""
    labels = report.dataset.table("labels")
    return labels.height - labels["file"].null_count() + objects(report.dataset)


def _boxes(report: Report) -> int:
    return report.dataset.table("boxes").height


def _keypoints(report: Report) -> int:
    return report.dataset.table("keypoints").height


def _outlines(report: Report) -> int:
    return report.dataset.table("polygons").filter(pl.col("part") == 0).height


def _smallest(report: Report) -> str:
    """How many images the smallest class has, where that is enough for the rule."""
    labels = report.dataset.annotations.select("image", "class").drop_nulls().unique().collect()
    counts = labels.group_by("class").len().sort("len", "class")
    fewest = next(rule.fewest for rule in report.rules_run if rule.name == "rare-class")  # type: ignore[attr-defined]
    if counts.height < 2 or counts["len"][0] < fewest:
        return ""
    name, number = counts.row(0)
    return f"each of {counts.height:,} has at least {number:,} images (the fewest: {name})"


def _in_every_split(report: Report) -> str:
    """Whether each class is in each split: the rule lets a training split of one class pass."""
    labels = report.dataset.annotations.select("image", "class").drop_nulls().unique()
    rows = labels.join(report.dataset.splits, on="image").select("class", "split").unique().collect()
    classes, splits = rows["class"].n_unique(), rows["split"].n_unique()
    return "each is in every split" if splits > 1 and rows.height == classes * splits else ""


def _exact(report: Report) -> pl.DataFrame:
    """(a, b): images with the same bytes or pixels."""
    return report.dataset.table("pairs").filter(pl.col("kind").is_in(["bytes", "pixels"])).select("a", "b")


def _no_copies(report: Report) -> str:
    number = _decoded(report)
    return f"none among {number:,} images" if number > 1 and _exact(report).is_empty() else ""


def _no_leak(report: Report) -> str:
    """Whether no picture is in two splits, those of one tone, which the rule lets pass, among them."""
    splits, exact = report.dataset.table("splits").unique(), _exact(report)
    of_both = exact.join(splits, left_on="a", right_on="image").join(splits, left_on="b", right_on="image", suffix="_b")
    number = pairs(report.dataset)
    apart = not splits["image"].is_duplicated().any() and (of_both["split"] == of_both["split_b"]).all()
    return f"no picture is in two: none in {number:,} pairs" if number and apart else ""


def _probed(report: Report) -> str:
    outcome = report.dataset.probe_outcome
    if outcome is None or not outcome.ran or not outcome.assessed or outcome.noise is None or outcome.accuracy is None:
        return ""
    return (
        f"none of {outcome.assessed:,} labels is clearly wrong to a quick model "
        f"(it gets {percent(outcome.accuracy)} right that it did not see)"
    )


_FAMILIES: dict[str, Sequence[_Claim | _List]] = {
    "files": (
        _Claim(
            (
                "unreadable-image", "truncated-image", "empty-file", "not-an-image", "oversized-image",
                "unsupported-image", "lfs-pointer", "broken-link",
            ),
            _all_decode,
        ),
        _List(
            lambda report: "no" if report.dataset.table("images").height else "",
            {
                "wrong-extension": "wrong extension",
                "unportable-name": "unportable name",
                "stray-file": "stray file",
            },
        ),
    ),
    "images": (
        _List(
            _there("none of {} is odd in", _decoded),
            {
                "mixed-format": "format",
                "mixed-mode": "mode",
                "mixed-bit-depth": "bit depth",
                "mixed-size": "size",
                "odd-size": "size",
                "odd-aspect-ratio": "shape",
            },
        ),
        _List(
            _there("none is", _decoded),
            {"tiny-image": "tiny", "exif-rotated": "turned by EXIF", "multi-frame": "animated"},
        ),
    ),
    "pixels": (
        _List(
            _there("none of {} is", _decoded),
            {
                "dark": "dark",
                "light": "light",
                "blurry": "blurred",
                "flat-image": "of one tone",
                "unnormalized-range": "in another range",
                "swapped-channels": "swapped in channels",
                "dead-channel": "without a channel",
            },
        ),
    ),
    "labels": (
        _Claim(
            ("label-syntax", "unusable-id", "repeated-id", "unknown-category-id", "inconsistent-classes"),
            _there("all {} in files can be used", _records),
        ),
        _Claim(("missing-image",), lambda report: "all images that they name are there" if _records(report) else ""),
        _Claim(("unlabeled-image",), lambda report: "each image has one" if _decoded(report) else ""),
        _Claim(
            ("repeated-label", "conflicting-labels"),
            lambda report: "none is repeated or contradicts another" if _records(report) else "",
        ),
    ),
    "classes": (
        _Claim(("empty-class", "rare-class"), _smallest),
        _Claim(("class-missing-in-split",), _in_every_split),
        _Claim(("similar-class-names", "unknown-class"), lambda _report: "no name has two spellings"),
    ),
    "copies": (
        _Claim(("exact-duplicate", "contradictory-duplicate"), _no_copies),
        _Claim(("near-duplicate",), lambda _report: "none resized, recompressed, mirrored or turned"),
    ),
    "splits": (
        _Claim(("split-leak", "shared-split"), _no_leak, doubts=("near-split-leak", "group-leak")),
        _List(
            lambda report: "no" if pairs(report.dataset) else "",
            {"near-split-leak": "near copy", "group-leak": "recording seen in two"},
        ),
        _Claim(("label-drift", "split-shift"), lambda _report: "they are alike in classes and pixels"),
    ),
    "boxes": (
        _List(
            _there("all {}", _boxes),
            {
                "non-finite-box": "are finite",
                "degenerate-box": "have an area",
                "box-outside-image": "lie inside their images",
            },
            last="and",
        ),
        _Claim(("repeated-box",), lambda report: "none is there twice" if _boxes(report) else ""),
        _Claim(("invalid-polygon",), _there("all {} outlines can be drawn", _outlines)),
        _Claim(("invalid-keypoints", "keypoint-mismatch"), _there("all {} sets of keypoints are valid", _keypoints)),
    ),
    "probe": (_Claim(("likely-mislabel", "mislabelled-batch"), _probed),),
}  # fmt: skip
