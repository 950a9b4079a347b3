"""What the HTML report says: sections, facts and verdict, as plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
from markdown_it import MarkdownIt
from markupsafe import Markup

from datalint.amounts import counted, percent
from datalint.report import extent
from datalint.report.html import groups
from datalint.report.html.texts import visible
from datalint.report.rows import by_rule, worst
from datalint.report.samples import rank
from datalint.report.skipped import groups as skipped_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.report import Report
    from datalint.report.html.distributions import Figure

#: A per-image rule that hits more than half of at least this many images is folded into one line.
COMMON = 20
#: Findings of a rule that are in the page's text, for readers without JavaScript.
PLAIN = 10
#: Lines listed for each reason why files were skipped, or entries are unused.
SKIPPED = 20

#: Splits named among the facts.
SPLITS = 4

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Section:
    """One rule that found something."""

    code: str
    name: str
    severity: str
    """The worst of its new findings; where it has none, of those in the baseline."""
    confidence: str
    summary: str
    about: Sequence[tuple[str, Markup]]
    """Headings of the rule's page and their text as HTML."""
    hint: str
    """What to do, where all findings say the same; else empty."""
    extent: str
    """`3 findings`, `34 of 61 images`, `96 findings in 24 of 300 images`."""
    folded: bool
    findings: int
    baselined: int
    table: pl.DataFrame
    """The findings, in the report's order."""
    charts: Sequence[Figure] = ()
    """How classes or splits that it compares differ."""

    def worst(self, most: int) -> pl.DataFrame:
        """The first of the findings, worst first, and those of the baseline last."""
        return worst(self.table, most, known_last=True)

    @property
    def known(self) -> bool:
        """Whether all of its findings are in the baseline."""
        return self.baselined == self.findings

    @property
    def plain(self) -> list[str]:
        """The worst findings in words."""
        shown = self.worst(PLAIN)
        rows = shown.select("count", "message", "file", "line", "pointer", "path", "subject").iter_rows()
        return [
            visible(message if count > 1 else f"{_place(message, *where)}{message}") for count, message, *where in rows
        ]


def _place(
    message: str, file: str | None, line: int | None, pointer: str | None, path: str | None, subject: str | None
) -> str:
    """The place before a message; none where the message says it."""
    if file is not None:
        numbered = line is not None and not (pointer and line == 1)  # a JSON file is often one line
        return f"{file}:{line}: " if numbered else f"{file}#{pointer}: " if pointer else f"{file}: "
    about = path or subject
    return f"{about}: " if about and (path or about not in message) else ""


def sections(report: Report) -> list[Section]:
    """The rules that found something new, then the others: worst severity first, then by code."""
    rules = {rule.code: rule for rule in report.rules_run}
    images = report.dataset.table("images").height
    spoken_of = extent.extents(report, report.findings)
    made = []
    for code, group in by_rule(report.findings):
        rule = rules.get(code)
        first = worst(group, 1, known_last=True)
        hints = group["hint"].unique().to_list()
        hit = group["path"].n_unique() if group["path"].null_count() == 0 else None
        per_image = rule is not None and rule.per_image and hit is not None and images > 0
        made.append(
            Section(
                code=code,
                name=first["name"][0],
                severity=first["severity"][0],
                confidence=first["confidence"][0],
                summary=rule.summary() if rule else "",
                about=about(rule.page()) if rule else (),
                hint=visible(hints[0] or "") if len(hints) == 1 else "",
                extent=spoken_of[code],
                folded=per_image and hit is not None and images >= COMMON and hit > images / 2,
                findings=group.height,
                baselined=group.filter(pl.col("status") == "baselined").height,
                table=group,
                charts=groups.charts(report.dataset, code, group),
            )
        )
    return sorted(made, key=lambda section: (section.known, SEVERITIES.index(section.severity), section.code))


def by_severity(report: Report) -> dict[str, int]:
    """How many findings there are of each severity, those of the baseline included."""
    found = dict(report.findings.group_by("severity").len().iter_rows())
    return {severity: found.get(severity, 0) for severity in SEVERITIES}


def about(page: str) -> list[tuple[str, Markup]]:
    """The parts of a rule's page as (heading, HTML); HTML within the page is shown, not obeyed."""
    markdown = MarkdownIt("commonmark", {"html": False})
    parts = re.split(r"^## +(.+)$", page, flags=re.MULTILINE)
    # Pages link to the web; a reader may follow a link, the page itself loads nothing.
    return [
        (heading.strip(), Markup(markdown.render(text)))
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
        if heading.strip() in ("What it does", "Why is this bad?", "When not to use it", "References")
    ]


def facts(report: Report) -> list[tuple[str, str, str]]:
    """What the dataset is: (name, value, remark)."""
    data, overview = report.dataset, report.overview
    images = data.table("images")
    made: list[tuple[str, str, str]] = []
    unreadable = images.filter(pl.col("status").is_not_null() & (pl.col("status") != "ok")).height
    opened = images["status"].null_count() < images.height
    remark = f"{unreadable:,} unreadable" if unreadable else "all readable" if opened else "not opened"
    there = extent.images(data)
    if there != f"{images.height:,}":
        remark = f"{remark}; the others are only named by label files" if images.height else "named by label files"
    made.append(("Images", there, remark if images.height or there != "0" else ""))
    if overview["classes"]:
        made.append(
            (
                "Classes",
                extent.classes(data, len(overview["classes"])),
                {"multi": "several per image", "single": "one per image"}.get(data.task or "", "of objects"),
            )
        )
    boxes = data.table("boxes").height
    if boxes:
        made.append(("Boxes", f"{boxes:,}", ""))
    if overview["splits"]:
        splits = sorted(overview["splits"].items(), key=lambda item: rank(item[0]))
        parts = [f"{visible(name)} {number:,}" for name, number in splits[:SPLITS]]
        parts += [f"and {len(splits) - SPLITS:,} more"] if len(splits) > SPLITS else []
        made.append(("Splits", f"{len(splits):,}", " · ".join(parts)))
    if data.layouts:
        made.append(("Layout", visible(", ".join(data.layouts)), ""))
    size = images["bytes"].sum()
    if size:
        made.append(("Size on disk", _bytes(int(size)), ""))
    formats = images["format"].drop_nulls().value_counts(sort=True)
    if formats.height:
        shown = [f"{name} {number:,}" for name, number in formats.head(3).iter_rows()]
        made.append(("Format", str(formats["format"][0]), " · ".join(shown) if formats.height > 1 else ""))
    sizes = images.select("width", "height").drop_nulls()
    if sizes.height:
        distinct = sizes.unique()
        if distinct.height == 1:
            made.append(("Picture size", f"{sizes['width'][0]} × {sizes['height'][0]}", "px, all the same"))
        else:
            median = sizes.median()
            typical = f"{median['width'][0]:.0f} × {median['height'][0]:.0f}"
            made.append(("Picture size", typical, f"px, the median of {distinct.height:,} sizes"))
    return made


def _bytes(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.3g} TB"


def normalize(report: Report) -> dict[str, str] | None:
    """Measured mean and std: the line to paste, and what was measured."""
    from datalint.report.text import normalize_line

    statistics = report.dataset.statistics
    if statistics is None:
        return None
    part = f"of the {visible(statistics.split)} split" if statistics.split else "of the dataset"
    measured = f"Over {counted(statistics.images, 'image')} {part}, pixels in [0, 1], each image with the same weight"
    return {"line": normalize_line(report), "measured": measured}


def probe(report: Report) -> list[tuple[str, str]]:
    """What the probe did, as (name, value)."""
    from datalint.report.text import noise, recovered

    outcome = report.dataset.probe_outcome
    if outcome is None:
        return []
    if not outcome.ran:
        return [("Label probe", f"not run: {visible(outcome.reason)}")]
    made = [("Design", visible(outcome.design))] if outcome.design else []
    made += [("Remark", visible(remark)) for remark in outcome.remarks]
    if outcome.accuracy is not None:
        chance = ""
        if outcome.chance is not None:
            chance = f" (always guessing the largest class: {percent(outcome.chance, 1)})"
        made.append((f"Right on {outcome.noun}s it did not see", f"{percent(outcome.accuracy, 1)}{chance}"))
    made.append(("Estimate", noise(outcome)))
    if outcome.likely_precision is not None:
        made.append(("Expected to be wrong among the likely wrong", percent(outcome.likely_precision)))
    if outcome.planted and outcome.noise is not None:
        made.append(("Self-check", recovered(outcome)))
    if outcome.assessed:
        made.append(("Assessed", counted(outcome.assessed, outcome.noun)))
    made += [("Not assessed", f"{number:,}: {visible(reason)}") for reason, number in outcome.not_assessed.items()]
    return made


def not_run(report: Report) -> list[tuple[str, list[str], bool]]:
    """(reason, rules, whether they crashed), crashes first."""
    reasons: dict[tuple[bool, str], list[str]] = {}
    for rule in report.rules_not_run:
        reasons.setdefault((not rule.crashed, rule.reason), []).append(visible(rule.label))
    return [(visible(reason), rules, not sound) for (sound, reason), rules in sorted(reasons.items())]


def accepted(report: Report) -> list[tuple[str, int, list[str]]]:
    """(rule, number of its findings that the config accepts, some of their places)."""
    return [
        (f"{entry.code} {entry.name}", entry.count, [visible(place) for place in entry.places])
        for entry in report.acceptances
    ]


def skipped(report: Report) -> list[tuple[str, int, list[str]]]:
    """(reason, number of files, some of their paths), the commonest reason first."""
    return [
        (visible(reason), number, [visible(path) for path in some])
        for reason, number, some in skipped_groups(report.dataset, SKIPPED)
    ]


def unused(report: Report) -> list[tuple[str, str, int, list[str]]]:
    """(where they stand, reason, number, some of them) of the entries that match no finding."""
    causes: dict[tuple[str, str], list[str]] = {}
    for entry in report.unused:
        causes.setdefault((entry.kind, entry.reason), []).append(visible(f"{entry.code} {entry.about}"))
    where = {"accept": "[[accept]] in the config", "baseline": "in the baseline"}
    return [
        (where[kind], visible(reason), len(entries), entries[:SKIPPED]) for (kind, reason), entries in causes.items()
    ]
