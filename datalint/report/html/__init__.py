"""The HTML report: one file that needs no network, readable without JavaScript, safe with any file name.

`render` fills `report.html`, and the parts that it includes, with what `content.py` and `glance.py` make of the
report. Three things keep hostile names inert: Jinja escapes every value, the data lies in JSON blocks without `<`, `>`
or `&`, and the page's Content Security Policy allows only the scripts and styles whose hashes it lists, and no address
but `data:`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from datalint import __version__
from datalint.amounts import counted
from datalint.report import decisions, in_force
from datalint.report.html import columns, content, drawings, glance
from datalint.report.html.texts import Texts, visible
from datalint.report.pictures import data_uri
from datalint.report.plan.commands import Commands
from datalint.report.verdict import verdict

if TYPE_CHECKING:
    from datalint.report import Report

#: The page's styles and its script, in the order in which they are joined.
STYLES = ("report.css", "plan.css", "glance.css", "decisions.css")
SCRIPTS = tuple(
    f"script/{name}.js"
    for name in (
        "data", "frames", "decisions", "cards", "sections", "deciding", "viewer", "address", "keyboard", "theme",
        "start",
    )
)  # fmt: skip
#: Bytes of a page with pictures: what is beyond them is left out, the pictures of the mildest findings first.
MOST = 6_000_000


def render(report: Report) -> str:
    """The page."""
    texts = Texts()
    sections = content.sections(report)
    rows = columns.findings(report, sections, texts)
    data = {
        "findings": rows,
        "rules": [[section.code, section.name] for section in sections],
        "images": columns.images(report, texts),
        "boxes": drawings.boxes(report, texts),
        "decisions": _decisions(report),
        "texts": texts.all,
    }
    style, script = "".join(map(_source, STYLES)), _script()
    page = (
        _environment()
        .get_template("report.html")
        .render(
            policy=_policy(style, script),
            style=Markup(style),
            script=Markup(script),
            data=_json(data),
            pictures=Markup("{}"),
            version=__version__,
            sections=sections,
            glance=glance.of(report),
            compared=glance.compared(report),
            embedded=len(rows["rule"]),
            verdict=verdict(report),
            plan=report.plan,
            passed=report.passed,
            names={section.code: section.name for section in sections},
            by_severity=content.by_severity(report),
            known=report.findings.height - report.new.height,
            facts=content.facts(report),
            normalize=content.normalize(report),
            advice=report.advice,
            probe=content.probe(report),
            idle=content.not_run(report),
            settings=visible(in_force.line(report)),
            loosened=visible(in_force.notice(report)),
            command=visible(Commands(report).decided("decisions.jsonl")),
            kinds=decisions.KINDS,
            accepted=content.accepted(report),
            skipped=content.skipped(report),
            unused=content.unused(report),
            report=report,
            root=visible(report.root_name),
            seconds=sum(report.seconds.values()),
        )
    )
    pictures = _json(_pictures(report, texts, MOST - len(page.encode())))
    # No text of the dataset can look like this: its quotes are escaped.
    return page.replace('id="pictures">{}<', f'id="pictures">{pictures}<', 1)


def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["count"] = counted
    environment.filters["visible"] = visible
    return environment


def _policy(style: str, script: str) -> str:
    """The page's Content Security Policy: its own style and script, and no address but `data:`."""
    return "; ".join(
        [
            "default-src 'none'",
            "img-src data:",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _decisions(report: Report) -> dict[str, Any]:
    """What the page needs to know to take decisions, and those that were taken before."""
    known = set(report.findings["id"])
    return {
        "key": columns.key(report),
        "root": report.root_name,
        "kinds": [kind._asdict() for kind in decisions.KINDS],
        "given": [decided._asdict() for decided in report.decisions if decided.id in known],
        **columns.choosable(report),
    }


def _script() -> str:
    """The page's script: the files in their order, in one function, so that nothing of them is seen outside."""
    return '"use strict";\n(() => {\n' + "\n".join(map(_source, SCRIPTS)) + "})();\n"


def _source(name: str) -> str:
    return (files(__package__) / name).read_text("utf-8")


def _hash(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _json(value: Any) -> Markup:
    """`value` as JSON for a script element: nothing in it can end the element or open a comment."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _pictures(report: Report, texts: Texts, room: int) -> dict[int, str]:
    """Number of the path among the texts -> data URI; the first of them that fit into `room` bytes."""
    found: dict[int, str] = {}
    for path, picture in report.pictures.items():
        number, uri = texts.known(path), data_uri(picture)
        if number is None or uri is None:
            continue
        room -= len(uri) + len(f'"{number}":"",')
        if room < 0:
            break
        found[number] = uri
    return found
