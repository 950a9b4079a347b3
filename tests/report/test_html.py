"""The HTML report's text: self-contained, inert whatever the names, small."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

from datalint.dataset.schema import conform
from datalint.finding import Unused
from datalint.report import Report, comparison, html, pictures
from datalint.report.html import columns, content
from datalint.report.html.texts import visible
from datalint.report.rows import worst
from datalint.report.samples import illustrate
from datalint.report.text import render
from datalint.report.verdict import verdict
from tests.report import factory


class Page(HTMLParser):
    """Tags, attributes, and the text of script and style elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: list[tuple[str, dict[str, str | None], str]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] in ("script", "style") and self.cdata_elem:
            self.blocks.append((*self.tags[-1], data))
        else:
            self.words.append(data)

    def json(self, name: str) -> Any:
        return json.loads("".join(text for _, attributes, text in self.blocks if attributes.get("id") == name))

    @property
    def policy(self) -> str:
        return next(str(a["content"]) for tag, a in self.tags if a.get("http-equiv") == "Content-Security-Policy")


def test_it_names_no_address_but_data(tmp_path: Path) -> None:
    page = Page(factory.report(tmp_path).render("html"))
    for tag, attributes in page.tags:
        for name in ("src", "href", "action", "srcset", "poster", "data"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:")), (tag, name, value)
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
    assert "sourceMappingURL" not in "".join(text for _, _, text in page.blocks)


def test_the_policy_allows_exactly_the_pages_own_code(tmp_path: Path) -> None:
    page = Page(factory.report(tmp_path).render("html"))
    assert "default-src 'none'" in page.policy
    assert "unsafe" not in page.policy
    code = [text for tag, attributes, text in page.blocks if attributes.get("type") != "application/json"]
    allowed = set(re.findall(r"'sha256-([^']+)'", page.policy))
    assert {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in code} == allowed


@pytest.mark.parametrize(
    "hostile", [factory.HOSTILE, "]]><!--<script>.jpg", '"><svg onload=alert(1)>.jpg', "a\u2028b.jpg"]
)
def test_hostile_names_add_no_element(tmp_path: Path, hostile: str) -> None:
    plain = factory.report(tmp_path / "a", extra=("plain.jpg",))
    evil = factory.report(tmp_path / "b", extra=(hostile,))
    for report in (plain, evil):
        report.dataset.evidence = (hostile if report is evil else "x",)
        report.dataset.layouts = (hostile if report is evil else "x",)
        name = hostile if report is evil else "x"
        report.findings = report.findings.with_columns(
            subject=pl.lit(name), message=pl.lit(name), hint=pl.lit(name), file=pl.lit(name)
        )
        report.dataset.tables["skipped"] = report.dataset.table("skipped").with_columns(reason=pl.lit(name))
    tags = [[tag for tag, _ in Page(report.render("html")).tags] for report in (plain, evil)]
    assert tags[0] == tags[1]
    page = Page(evil.render("html"))
    assert any(visible(hostile) in text for text in page.json("data")["texts"])


def test_findings_round_trip(tmp_path: Path) -> None:
    report = factory.report(tmp_path)
    data = Page(report.render("html")).json("data")
    found, texts = data["findings"], data["texts"]
    assert len(found["rule"]) == report.findings.height
    dense = [values for name, values in found.items() if isinstance(values, list) and name != "choices"]
    assert all(len(values) == report.findings.height for values in dense)
    assert sorted(found["id"]) == sorted(identity.removeprefix(columns.PREFIX) for identity in report.findings["id"])
    shown = sorted(texts[number] for number in found["message"])
    assert shown == sorted(report.findings["message"].to_list())
    assert {tuple(texts[number] for number in classes) for classes in found["classes"].values()} == {("cat", "dog")}
    assert len(found["classes"]) == 30
    assert next(iter(found["chances"].values())) == [0.0004, 0.987]
    assert [60, 40, 50, 20] in found["box"].values()
    assert len(found["related"]) == 8


def test_only_pictured_images_lie_beside(tmp_path: Path) -> None:
    report = factory.report(tmp_path)
    cats, dogs = beside(report)
    assert [path for path in (*cats, *dogs) if path not in report.pictures] == [*cats, *dogs]
    shown = Page(report.render("html")).json("data")["findings"]["beside"]
    assert shown == {}
    report.pictures = dict.fromkeys((*cats, dogs[2]), b"\xff\xd8")
    data = Page(report.render("html")).json("data")
    named = [
        [[data["texts"][number] for number in side] for side in sides] for sides in data["findings"]["beside"].values()
    ]
    assert named == [[cats, [dogs[2]]]] * factory.BESIDE


def beside(report: Report) -> tuple[list[str], list[str]]:
    """Of the worst finding about a label."""
    data = json.loads(report.findings.filter(code="DL901")["data"][0])
    return data["near_given"], data["near_suggested"]


@pytest.mark.parametrize(
    ("data", "compared"),
    [
        ({}, None),
        ({"given": "cat"}, None),
        ({"given": "cat", "suggested": ""}, None),
        ({"given": 3, "suggested": ["dog"]}, None),
        (
            {"given": "cat", "suggested": "dog", "p_given": None, "p_suggested": 97, "near_given": "a.jpg"},
            (("cat", "dog"), (None, None), ([], [])),
        ),
        (
            {"given": "cat", "suggested": "dog", "p_given": 0, "p_suggested": 0.9, "near_suggested": ["a.jpg", None]},
            (("cat", "dog"), (0.0, 0.9), ([], ["a.jpg"])),
        ),
        (
            {"a": "cat", "b": "dog", "taken_for_b": ["a.jpg"], "taken_for_a": ["b.jpg"]},
            (("cat", "dog"), (None, None), (["a.jpg"], ["b.jpg"])),
        ),
    ],
)
def test_comparisons_of_any_data(data: dict[str, Any], compared: tuple[Any, ...] | None) -> None:
    assert comparison.of(data) == compared


@pytest.mark.parametrize("boxes", [None, "x", [[1, 2, 3, 4], [1, 2]], [[1, 2, 3, 4]], [[1, 2, 3, 0], [1, None, 3, 4]]])
def test_boxes_that_are_none_mean_whole_images(boxes: Any) -> None:
    data = {"given": "cat", "suggested": "dog", "near_given": ["a.jpg", "b.jpg"], "near_given_boxes": boxes}
    made = comparison.of(data)
    assert made is not None
    known = ["a.jpg (3x4 at 1, 2)", "b.jpg"] if boxes == [[1, 2, 3, 4], [1, 2]] else ["a.jpg", "b.jpg"]
    assert made.beside == (known, [])
    assert list(comparison.parts("c.jpg", data)) == [name for name in known if "(" in name]
    assert comparison.own("c.jpg", data) is None


def test_objects_have_pictures_of_their_own(tmp_path: Path) -> None:
    rows = factory.doubtful_objects(tmp_path)
    report = factory.report(tmp_path, rows=rows)
    made = pictures.make(report)
    first = rows[0]["path"]
    data = json.loads(rows[0]["data"])
    own, near = f"{first} (20x10 at 2, 3)", f"{data['near_suggested'][0]} (30x30 at 40, 20)"
    assert {first, own, near} <= set(made)
    with Image.open(io.BytesIO(made[own])) as picture:
        assert picture.size == (24, 12)  # with a margin of a tenth
    with Image.open(io.BytesIO(made[near])) as picture:
        assert picture.size == (36, 36)
    report.pictures = made
    shown = Page(report.render("html")).json("data")
    findings, texts = shown["findings"], shown["texts"]
    assert [texts[number] for number in findings["own"].values()] == [
        f"{row['path']} ({data['w']}x{data['h']} at {data['x']}, {data['y']})"
        for row, data in ((row, json.loads(row["data"])) for row in rows)
    ]
    assert [texts[number] for number in findings["beside"]["0"][1]] == [near]
    assert list(findings["box"].values()) == [[2, 3, 20, 10], [50, 20, 40, 40], [5, 5, 40, 40]]


def test_unused_entries_are_shown(tmp_path: Path) -> None:
    report = factory.report(tmp_path)
    assert "Unused entries" not in " ".join(Page(report.render("html")).words)
    gone = [Unused("baseline", "DL101", f"{number}.jpg", "it matches no finding") for number in range(25)]
    report.unused = (Unused("accept", "DL304", "dusk<b>/*", "it ended on 2024-01-31"), *gone)
    words = " ".join(" ".join(Page(report.render("html")).words).split())
    assert "[[accept]] in the config: it ended on 2024-01-31 1 entry DL304 dusk<b>/*" in words
    assert "in the baseline: it matches no finding 25 entries DL101 0.jpg" in words
    assert "DL101 19.jpg and 5 more --prune-baseline removes" in words


def test_the_page_reads_without_javascript(tmp_path: Path) -> None:
    words = " ".join(Page(factory.report(tmp_path).render("html")).words)
    for part in ("11 errors to fix before training", "split-leak", "labels.csv:12: 3 cells where 2 are expected",
                 "transforms.Normalize(mean=[0.5012", "no boxes were found", "Why is this bad?"):  # fmt: skip
        assert part in words


def test_pages_of_rules_are_shown_not_obeyed() -> None:
    parts = dict(content.about(factory.Mislabel.page()))
    assert "&lt;b&gt;Markup" in parts["What it does"]
    assert "<li>in training it is noise,</li>" in parts["Why is this bad?"]
    assert "Example" not in parts
    assert "javascript:" not in dict(content.about("## References\n[x](javascript:alert(1))"))["References"].replace(
        "(javascript:", ""
    )


def test_a_rule_that_hits_most_images_is_folded(tmp_path: Path) -> None:
    made = {section.name: section for section in content.sections(factory.report(tmp_path))}
    assert made["dark"].folded
    assert made["dark"].extent == "34 of 60 images"
    assert not made["likely-mislabel"].folded
    assert not made["split-leak"].folded


@pytest.mark.parametrize(
    ("keep", "tone", "title"),
    [
        (("error", "warning", "note"), "error", "11 errors to fix before training"),
        (("warning", "note"), "warning", "No errors, 66 warnings to review"),
        ((), "good", "No findings"),
    ],
)
def test_the_verdict(tmp_path: Path, keep: tuple[str, ...], tone: str, title: str) -> None:
    report = factory.report(tmp_path)
    report.findings = report.findings.filter(pl.col("severity").is_in(keep))
    told = verdict(report)
    assert (told.tone, told.title) == (tone, title)
    assert title in report.render("html")


def test_what_is_known_is_no_news(tmp_path: Path) -> None:
    """With a baseline the verdict is about what is new, and rules that found nothing new stand last, marked."""
    report = factory.report(tmp_path)
    known = pl.when(pl.col("severity") == "error").then(pl.lit("baselined")).otherwise(pl.lit("new"))
    report.findings = report.findings.with_columns(status=known)
    told = verdict(report)
    assert told.title == "66 new warnings to review; 11 known errors in the baseline"
    assert "11 known findings (11 errors) in the baseline" in told.detail
    made = content.sections(report)
    assert [section.known for section in made] == sorted(section.known for section in made)
    assert {section.severity for section in made if section.known} == {"error"}
    assert made[0].severity == "warning"
    report.findings = report.findings.with_columns(status=pl.lit("baselined"))
    assert verdict(report).title == "Nothing new; 11 known errors in the baseline"


def test_ten_thousand_findings_stay_small(tmp_path: Path) -> None:
    report = factory.many(tmp_path, 10_000)
    assert len(report.render("html").encode()) < 1_500_000


def test_findings_beyond_the_cap_are_taken_in_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "EMBEDDED", 20)
    report = factory.report(tmp_path)
    page = Page(report.render("html"))
    assert f"20 of {report.findings.height} findings are listed here" in " ".join(page.words)
    rules = page.json("data")["findings"]["rule"]
    assert len(rules) == 20
    assert set(rules) == set(range(len(content.sections(report))))


def test_nothing_scanned(tmp_path: Path) -> None:
    report = factory.report(tmp_path, rows=[])
    report.dataset.tables.clear()
    report.dataset.statistics = report.dataset.probe_outcome = None
    text = report.render("html")
    assert "Nothing was scanned" in text


def test_pages_hold_pictures_up_to_their_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first ones: those of the worst findings."""
    report = factory.report(tmp_path)
    report.pictures = pictures.make(report)
    whole = html.render(report)
    assert len(whole.encode()) < html.MOST
    held = len(Page(whole).json("pictures"))
    monkeypatch.setattr(html, "MOST", len(whole.encode()) - 20_000)
    smaller = html.render(report)
    assert len(smaller.encode()) <= html.MOST
    assert 0 < len(Page(smaller).json("pictures")) < held


class TestPictures:
    def test_every_rule_gets_some(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pictures, "PICTURES", 20)
        report = factory.report(tmp_path)
        chosen = pictures.chosen(report)
        assert sum(side > pictures.SMALL for side in chosen.values()) <= 20
        firsts = worst(report.findings.drop_nulls("path")).group_by("code", maintain_order=True).first()
        assert set(firsts["path"]) <= set(chosen)

    def test_related_pictures_come_along(self, tmp_path: Path) -> None:
        report = factory.report(tmp_path)
        related = report.findings.filter(pl.col("code") == "DL701")["related"].explode()
        assert set(related) <= set(pictures.chosen(report))

    def test_what_is_compared_comes_along_smaller(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        report = factory.report(tmp_path)
        others = {path for side in beside(report) for path in side}
        chosen = pictures.chosen(report)
        about = {path for path, side in chosen.items() if side == pictures.LARGE}
        assert about == set(report.findings.filter(code="DL901").head(factory.BESIDE)["path"])
        assert {chosen[path] for path in others} <= {pictures.SMALL, pictures.SIDE}
        assert pictures.SMALL in chosen.values()
        monkeypatch.setattr(pictures, "FULL", 0)
        without = {path for path, side in chosen.items() if side > pictures.SMALL}
        cats, dogs = beside(report)
        assert set(pictures.chosen(report)) == without | {cats[0], dogs[0]}
        monkeypatch.setattr(pictures, "BESIDE", 0)
        assert set(pictures.chosen(report)) == without

    def test_an_image_is_as_large_as_it_is_ever_shown(self, tmp_path: Path) -> None:
        rule, paths = factory.RULES[0], factory.dataset(tmp_path).table("images")["path"]
        rows = [
            factory.finding(
                rule,
                path=path,
                data={"given": "cat", "suggested": "dog", "near_given": [other], "near_suggested": ["gone.jpg"]},
            )
            for path, other in ((paths[0], paths[1]), (paths[1], paths[0]), (paths[2], paths[3]))
        ]
        chosen = pictures.chosen(factory.report(tmp_path, rows=rows))
        assert chosen == dict.fromkeys(paths[:3], pictures.LARGE) | {paths[3]: pictures.SMALL}

    def test_the_bytes_are_bounded(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pictures, "BYTES", 10_000)
        made = pictures.make(factory.report(tmp_path))
        assert made
        assert sum(map(len, made.values())) <= 10_000

    def test_broken_files_are_left_out(self, tmp_path: Path) -> None:
        report = factory.report(tmp_path)
        victim = next(iter(pictures.chosen(report)))
        (tmp_path / victim).write_bytes(b"no image")
        assert victim not in pictures.make(report)

    def test_the_page_holds_them(self, tmp_path: Path) -> None:
        report = factory.report(tmp_path)
        report.pictures = pictures.make(report)
        page = Page(html.render(report))
        held, texts = page.json("pictures"), page.json("data")["texts"]
        assert {texts[int(number)] for number in held} == set(report.pictures)


def test_what_did_not_go_as_planned_is_told(tmp_path: Path) -> None:
    report = factory.report(tmp_path)
    assert report.dataset.probe_outcome is not None
    outcome = replace(report.dataset.probe_outcome, remarks=("<b>smaller</b> batches",))
    report.dataset.probe_outcome = outcome
    assert ("Remark", "<b>smaller</b> batches") in content.probe(report)
    assert "<dt>Remark</dt><dd>&lt;b&gt;smaller&lt;/b&gt; batches</dd>" in report.render("html")
    assert "; <b>smaller</b> batches;" in report.render("text")


def test_what_is_declared_and_not_there_is_told(tmp_path: Path) -> None:
    report = factory.report(tmp_path)
    assert [fact[1] for fact in content.facts(report)[:2]] == ["60", "3"]
    absent = pl.DataFrame({"image": [None, None, 0], "path": ["a.jpg", "b.jpg", "train/cat/00000.jpg"]})
    declared = pl.DataFrame({"class": ["cat", "cat", "cow"], "source": ["a", "b", "a"], "used": [True, False, False]})
    report.dataset.tables |= {"named": conform("named", absent), "classes": conform("classes", declared)}
    assert [fact[1] for fact in content.facts(report)[:2]] == ["60 of 62", "3 of 4"]
    assert render(report).splitlines()[0].endswith("  60 of 62 images · 3 of 4 classes · test 15, train 45")


def test_a_json_file_of_one_line_is_named_by_the_pointer(tmp_path: Path) -> None:
    rows = [
        factory.finding(factory.RULES[2], file="a.json", line=line, pointer=pointer)
        for line, pointer in ((1, "/images/3"), (4, "/images/4"), (1, None))
    ]
    (section,) = content.sections(factory.report(tmp_path, rows=rows))
    assert section.plain == ["a.json#/images/3: found", "a.json:4: found", "a.json:1: found"]


def test_no_id_stands_twice(tmp_path: Path) -> None:
    report = factory.report(tmp_path)
    illustrate(report)
    named = [attributes["id"] for _, attributes in Page(report.render("html")).tags if "id" in attributes]
    assert len(named) == len(set(named))
