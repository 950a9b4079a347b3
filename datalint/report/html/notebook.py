"""The report as a notebook shows it: the verdict, what each rule found, the worst pictures. No script, no styles."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined

from datalint.amounts import counted
from datalint.report.html import content
from datalint.report.html.texts import visible
from datalint.report.pictures import data_uri, make
from datalint.report.verdict import verdict

if TYPE_CHECKING:
    from datalint.report import Report

#: Rules and pictures that are shown.
RULES, PICTURES = 12, 8


def render(report: Report) -> str:
    """The HTML of one output cell; pictures are decoded for it unless the report has some."""
    shown = report.pictures or make(report, PICTURES)
    pictures = [
        (visible(path), uri) for path, picture in [*shown.items()][:PICTURES] if (uri := data_uri(picture)) is not None
    ]
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters["count"] = counted
    return environment.from_string((files(__package__) / "notebook.html").read_text("utf-8")).render(
        verdict=verdict(report),
        plan=[visible(step.what) for step in report.plan],
        root=visible(report.root_name),
        images=report.dataset.table("images").height,
        sections=content.sections(report),
        most=RULES,
        pictures=pictures,
    )
