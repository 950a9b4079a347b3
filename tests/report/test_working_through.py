"""Findings are worked through: links, filters in the address, decisions by mouse and keyboard, their file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from datalint import fix, scan
from datalint.report import Report
from datalint.report.decisions import Decided
from datalint.report.html import columns
from datalint.report.samples import illustrate
from tests.report.browser import Opened, matches, pictured, visible
from tests.test_demo import DATASETS

pytestmark = pytest.mark.browser

#: How far below the top of what is not covered an element lies, and how it is called.
OFF = """(id) => {
  const padding = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop);
  return document.getElementById(id).getBoundingClientRect().top - padding;
}"""


def demo(pictures: bool = True) -> Report:
    report = scan(DATASETS / "demo", ignore=["DL9"], isolated=True)
    if pictures:
        illustrate(report)
    return report


def anchor(report: Report, code: str, place: int = 0) -> str:
    """What an address calls a finding of a rule."""
    found = report.findings.filter(code=code)["id"][place]
    return f"finding-{found.removeprefix(columns.PREFIX)}"


def exported(page: Any, to: Path) -> list[dict[str, Any]]:
    with page.expect_download() as caught:
        page.click("#save")
    caught.value.save_as(to)
    assert caught.value.suggested_filename == "decisions.jsonl"
    return [json.loads(line) for line in to.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("width", [1400, 390])
def test_links_lead_where_they_point(browser: Any, tmp_path: Path, width: int) -> None:
    with Opened(browser, demo(), tmp_path / "report.html", viewport={"width": width, "height": 900}) as page:
        links = page.locator("a[href^='#']:visible:not(.link)")
        hrefs = [str(link.get_attribute("href"))[1:] for link in links.all()]
        assert len(hrefs) > 20
        for href in hrefs:
            page.evaluate("scrollTo(0, 0)")
            link = page.locator(f"a[href='#{href}']:visible:not(.link)").first
            if "skip" in str(link.get_attribute("class")):
                link.press("Enter")
            else:
                link.click()
            assert abs(page.evaluate(OFF, href)) <= 20, href
            assert page.evaluate("location.hash") == f"#{href}"


@pytest.mark.parametrize("width", [1400, 390])
def test_a_fresh_page_opens_at_its_link(browser: Any, tmp_path: Path, width: int) -> None:
    report = demo()
    file = tmp_path / "report.html"
    codes = report.findings["code"].unique(maintain_order=True).to_list()
    with Opened(browser, report, file, viewport={"width": width, "height": 900}) as page:
        for href in [codes[0], codes[-1], codes[len(codes) // 2], *(anchor(report, code) for code in codes[::5])]:
            page.goto("about:blank")
            page.goto(f"{file.as_uri()}#{href}")
            page.wait_for_timeout(100)
            assert abs(page.evaluate(OFF, href)) <= 20, href


def test_a_link_leads_to_any_finding(browser: Any, tmp_path: Path) -> None:
    """On a later page, in a folded rule, or hidden by a filter."""
    report = pictured(tmp_path)
    file = tmp_path / "report.html"
    with Opened(browser, report, file) as page:
        for code, place in (("DL901", 29), ("DL304", 30), ("DL701", 0)):
            page.fill("#search", "nothing like it")
            page.wait_for_selector("#nothing:visible")
            href = anchor(report, code, place)
            page.evaluate("(hash) => { location.hash = hash }", href)
            page.wait_for_function("(id) => document.activeElement.id === id", arg=href)
            assert abs(page.evaluate(OFF, href)) <= 20
            assert page.locator(f"#{href}").evaluate("(card) => card.checkVisibility()")


def test_filters_are_in_the_address(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, pictured(tmp_path), tmp_path / "report.html") as page:
        page.click("[data-severity='1']")
        page.fill("#search", "00012")
        page.select_option("#rule", label="DL901 likely-mislabel")
        page.select_option("#sort", "place")
        page.click("#open")
        matches(page, "1 of 78")
        assert page.evaluate("location.hash") == "#q=00012&only=warning&open=1&rule=DL901&sort=place"
        page.reload()
        matches(page, "1 of 78")
        assert page.input_value("#search") == "00012"
        assert page.get_attribute("[data-severity='1']", "aria-pressed") == "true"
        page.locator("#DL901 [data-row]").click()
        assert "at=finding-" in page.evaluate("location.hash")
        page.keyboard.press("Escape")
        assert "at=" not in page.evaluate("location.hash")
        page.fill("#search", "none")
        page.click("#reset")
        assert page.evaluate("location.hash") == "#sort=place"


def test_the_browsers_search_finds_what_is_not_shown(browser: Any, tmp_path: Path) -> None:
    report = pictured(tmp_path)
    with Opened(browser, report, tmp_path / "report.html") as page:
        folded = page.locator("#DL304 .body")
        assert folded.get_attribute("hidden") == "until-found"
        folded.evaluate("(body) => body.dispatchEvent(new Event('beforematch'))")
        assert page.locator("#DL304 .fold").inner_text() == "Hide"
        page.wait_for_selector("#DL901 [hidden='until-found']", state="attached")
        later = page.locator("#DL901 [hidden='until-found']")
        last = report.findings.filter(code="DL901")["path"][-1]
        assert last in str(later.text_content())
        later.evaluate("(words) => words.dispatchEvent(new Event('beforematch'))")
        assert "25–30 of 30" in page.locator("#DL901 .pages").inner_text()
        assert last in page.locator("#DL901 .item").last.inner_text().replace("\n", "")


def test_decisions_by_mouse_and_keyboard(browser: Any, tmp_path: Path) -> None:
    report = pictured(tmp_path)
    ids = report.findings["id"].to_list()
    with Opened(browser, report, tmp_path / "report.html") as page:
        page.fill("#by", "ann")
        page.keyboard.press("Tab")
        page.locator("#DL701 [data-row]").first.click()
        page.locator("#viewer").get_by_role("button", name="Keep e").click()
        assert "2 of 6" in page.locator("#viewer-place").inner_text()  # on to the next one
        page.locator(".keeper").nth(1).click()
        page.keyboard.press("m")
        page.keyboard.press("2")
        page.keyboard.press("a")
        page.keyboard.type('it is [[meant]] "so"')
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        page.locator("#DL901 [data-row]").first.focus()
        page.keyboard.press("r")
        page.keyboard.press("Enter")
        page.keyboard.press("d")
        page.keyboard.press("Backspace")  # is about the third finding, which has none
        page.keyboard.press("j")
        page.keyboard.press("Escape")
        assert page.locator("#DL901 .decision").all_inner_texts() == ["Relabel: dog", "Delete"]
        assert page.locator("#decided").inner_text() == "6 of 78 findings decided"
        page.reload()
        assert page.locator("#decided").inner_text() == "6 of 78 findings decided"
        rows = exported(page, tmp_path / "decisions.jsonl")
        leaks, labels = (report.findings.filter(code=code) for code in ("DL701", "DL901"))
        expected = [
            (leaks["id"][0], "keep", None),
            (leaks["id"][1], "keep-copy", leaks["related"][1][0]),
            (leaks["id"][2], "move", "train"),
            (leaks["id"][3], "accept", 'it is [[meant]] "so"'),
            (labels["id"][0], "relabel", "dog"),
            (labels["id"][1], "delete", None),
        ]
        assert [(row["id"], row["decision"], row["value"]) for row in rows] == expected
        assert {row["by"] for row in rows} == {"ann"}
        assert all(list(row) == ["id", "decision", "value", "by", "when"] and row["id"] in ids for row in rows)
        page.click("#open")
        matches(page, "72 of 78")


def test_a_section_is_decided_at_once(browser: Any, tmp_path: Path) -> None:
    report = pictured(tmp_path)
    with Opened(browser, report, tmp_path / "report.html") as page:
        page.locator("#DL901 .bulk").click()
        assert "all 30 findings" in page.locator("#DL901 .all").inner_text()
        page.locator("#DL901 .all [data-decision='relabel']").click()
        page.locator("#DL901 .all").get_by_role("button", name="Each as suggested").click()
        assert page.locator("#DL901 .decision").count() == 24
        assert page.locator("#decided").inner_text() == "30 of 78 findings decided"
        assert visible(page, "#DL901 .all") == 0
        rows = exported(page, tmp_path / "decisions.jsonl")
        assert {(row["decision"], row["value"]) for row in rows} == {("relabel", "dog")}


def test_a_file_of_decisions_is_loaded(browser: Any, tmp_path: Path) -> None:
    report = pictured(tmp_path)
    report.decisions.extend(
        Decided(identity, "keep", None, "bob", "2026-01-31") for identity in (report.findings["id"][0], "gone")
    )
    first, second = report.findings["id"][0], report.findings["id"][1]
    file = tmp_path / "decisions.jsonl"
    rows = [{"id": second, "decision": "Keep_this copy", "value": "a.jpg"}, {"id": "gone", "decision": "keep"}]
    file.write_text("\n".join([*map(json.dumps, rows), "no JSON", ""]), "utf-8")
    with Opened(browser, report, tmp_path / "report.html") as page:
        assert page.locator("#decided").inner_text() == "1 of 78 findings decided"
        page.set_input_files("#file", file)
        page.wait_for_function("document.querySelector('#decided').textContent.startsWith('2')")
        said = "1 decision loaded; 1 about findings that are not here; 1 line without a decision"
        assert page.locator("#told").inner_text() == said
        loaded = exported(page, tmp_path / "again.jsonl")
        assert [(row["id"], row["decision"]) for row in loaded] == [(first, "keep"), (second, "keep-copy")]
        # What the report came with can be undone, and stays so.
        page.locator(f"#{anchor(report, report.findings['code'][0])}").focus()
        page.keyboard.press("Backspace")
        page.reload()
        assert page.locator("#decided").inner_text() == "1 of 78 findings decided"


def test_accepted_findings_become_entries_of_a_config(browser: Any, tmp_path: Path) -> None:
    report = demo(pictures=False)
    with Opened(browser, report, tmp_path / "report.html") as page:
        page.evaluate("navigator.clipboard.writeText = async (words) => { globalThis.copied = words }")
        page.locator("#DL102 [data-row]").click()
        page.keyboard.press("a")
        page.keyboard.type('cut on "purpose" \\ ünd so')
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        page.click("#accepts")
        copied = page.evaluate("copied")
    config = tmp_path / "datalint.toml"
    config.write_text(copied, "utf-8")
    again = scan(DATASETS / "demo", config=config, ignore=["DL9"])
    assert set(report.findings["id"]) - set(again.findings["id"]) == {report.findings.filter(code="DL102")["id"][0]}
    assert again.accepted == 1


def test_what_was_decided_is_repaired(browser: Any, tmp_path: Path) -> None:
    report = demo()
    file = tmp_path / "decisions.jsonl"
    with Opened(browser, report, tmp_path / "report.html") as page:
        page.locator("#DL601 [data-row]").nth(0).click()
        page.keyboard.press("c")
        page.keyboard.press("2")
        page.keyboard.press("Escape")
        page.locator("#DL103 [data-row]").focus()
        page.keyboard.press("d")
        page.locator("#DL304 [data-row]").first.focus()
        page.keyboard.press("e")
        rows = exported(page, file)
    assert [row["decision"] for row in rows] == ["delete", "keep", "keep-copy"]
    gone = {row["id"] for row in rows if row["decision"] != "keep"}
    to = tmp_path / "clean"
    repaired = fix(scan(DATASETS / "demo", ignore=["DL9"], isolated=True), decisions=file, to=to)
    assert repaired.outcome is not None
    assert repaired.outcome.exit_code == 0, str(repaired)
    again = scan(to, ignore=["DL9"], isolated=True)
    assert set(report.findings["id"]) - set(again.findings["id"]) == gone
    assert not set(again.findings["id"]) - set(report.findings["id"])
    left = {place.relative_to(to): place.read_bytes() for place in to.rglob("*") if place.is_file()}
    before = {
        place.relative_to(DATASETS / "demo"): place.read_bytes()
        for place in (DATASETS / "demo").rglob("*")
        if place.is_file()
    }
    assert left.items() <= before.items()
    assert len(before) - len(left) == 2
