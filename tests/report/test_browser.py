"""The HTML report in a headless Chromium. Screenshots are left in artefacts/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from datalint import scan
from datalint.report import samples
from tests.judge.cases import SETTINGS
from tests.judge.test_record_ids import coco
from tests.report import factory, leaky
from tests.report.browser import ARTEFACTS, Opened, matches, pictured, visible
from tests.report.test_glance import detection

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("name", "width", "scheme"), [("light", 1280, "light"), ("dark", 1280, "dark"), ("narrow", 400, "light")]
)
def test_it_opens_without_a_complaint(browser: Any, tmp_path: Path, name: str, width: int, scheme: str) -> None:
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    with Opened(browser, pictured(tmp_path), tmp_path / "report.html", **options) as page:
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.locator(".glance .chart svg").count() == 4
        charts = "[...document.querySelectorAll('.glance svg')].every((c) => c.getBoundingClientRect().height > 4)"
        assert page.evaluate(charts)
        ARTEFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTEFACTS / f"report-{name}.png", full_page=True)


@pytest.mark.parametrize("width", [1400, 390])
def test_the_glance_needs_no_script_and_prints_in_light(browser: Any, tmp_path: Path, width: int) -> None:
    report = pictured(tmp_path)
    report.dataset.tables["boxes"] = detection(tmp_path / "boxes", 60).table("boxes")
    report.write("html", tmp_path / "report.html")
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": "dark"}
    page = browser.new_page(java_script_enabled=False, **options)
    page.goto((tmp_path / "report.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator(".glance img").count() == 3 * samples.PICTURES
    assert page.evaluate("[...document.querySelectorAll('.glance img')].every((image) => image.naturalWidth > 0)")
    assert page.locator(".glance .chart").count() == 6
    named = "[...document.querySelectorAll('.glance [role=img]')].every((one) => one.ariaLabel.length > 10)"
    assert page.evaluate(named)
    ink = "getComputedStyle(document.body).color"
    assert page.evaluate(ink) == "rgb(228, 232, 237)"
    page.emulate_media(media="print")
    assert page.evaluate(ink) == "rgb(26, 31, 38)"
    page.close()


def test_search_severity_and_rule_filter(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, pictured(tmp_path), tmp_path / "report.html") as page:
        matches(page, "78 findings")
        page.keyboard.press("/")
        page.keyboard.type("labels.csv")
        matches(page, "1 of 78")
        assert visible(page, "[data-section]") == 1
        page.keyboard.press("Escape")
        matches(page, "78 findings")
        page.click("[data-severity='0']")
        matches(page, "11 of 78")
        assert page.locator("[data-severity='0']").inner_text() == "only errors 11"
        page.click("[data-severity='1']")
        matches(page, "66 of 78")
        page.click("[data-severity='1']")
        matches(page, "78 findings")
        page.select_option("#rule", label="DL501 class-imbalance")
        matches(page, "1 of 78")
        page.fill("#search", "nothing like it")
        page.wait_for_selector("#nothing:visible")
        page.click("#reset")
        matches(page, "78 findings")


def test_what_the_baseline_knows_is_marked_and_can_be_hidden(browser: Any, tmp_path: Path) -> None:
    report = pictured(tmp_path)
    known = pl.col("code").is_in(["DL701", "DL401"]) | ((pl.col("code") == "DL901") & (pl.col("score") > 0.9))
    status = pl.when(known).then(pl.lit("baselined")).otherwise(pl.lit("new"))
    report.findings = report.findings.with_columns(status=status)
    with Opened(browser, report, tmp_path / "report.html") as page:
        assert page.locator("table.rules tr").last.get_attribute("class") == "baselined"
        marked = page.locator("[data-row] .tag.known").count()
        assert marked > 0
        assert page.locator("[data-row].baselined").count() == marked
        page.click("#fresh")
        matches(page, f"{report.new.height} of 78")
        assert visible(page, "#DL701") == 0
        assert page.locator("[data-row].baselined").count() == 0
        page.click("#fresh")
        matches(page, "78 findings")


def test_gallery_pages_and_viewer(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, pictured(tmp_path), tmp_path / "report.html") as page:
        section = page.locator("#DL901")
        page.wait_for_selector("#DL901 .item")
        assert section.locator(".item, .row").count() == 24
        first = section.locator(".item").first
        first.scroll_into_view_if_needed()
        assert first.locator("img").first.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0
        section.get_by_role("button", name="Next").click()
        assert "25–30 of 30" in section.inner_text()
        assert first.locator(".given").inner_text() == "cat"
        assert first.locator(".suggested").inner_text() == "dog"
        section.locator(".item, .row").first.click()
        page.wait_for_selector("#viewer[open]")
        assert "25 of 30" in page.locator("#viewer-place").inner_text()
        page.keyboard.press("ArrowRight")
        assert "26 of 30" in page.locator("#viewer-place").inner_text()
        page.keyboard.press("Escape")
        page.wait_for_selector("#viewer[open]", state="detached")


def _box(element: Any) -> tuple[float, float, float, float]:
    """Left, top, right and bottom, in CSS pixels."""
    box = element.bounding_box()
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_doubtful_label_beside_both_classes(browser: Any, tmp_path: Path, width: int) -> None:
    report = pictured(tmp_path)
    report.dataset.tables["images"] = report.dataset.table("images").with_columns(width=pl.lit(32), height=pl.lit(32))
    with Opened(browser, report, tmp_path / "report.html", viewport={"width": width, "height": 844}) as page:
        page.locator("#DL901").scroll_into_view_if_needed()
        card = page.locator("#DL901 .item").first
        card.wait_for()
        assert card.locator(".headline").inner_text() == "labelled cat · looks like dog 99 %"
        assert [side.split() for side in card.locator(".class").all_inner_texts()] == [
            ["given", "cat", "under", "0.1", "%"],
            ["suggested", "dog", "99", "%"],
        ]
        alts = card.locator("img").evaluate_all("(images) => images.map((image) => image.alt.split(': ')[0])")
        assert alts == ["the image", *["labelled cat"] * 3, *["labelled dog"] * 3]
        rendering = "(images) => images.map((image) => getComputedStyle(image).imageRendering)"
        assert set(card.locator("img").evaluate_all(rendering)) == {"pixelated"}
        filled = card.locator(".chances i").evaluate_all("(bars) => bars.map((bar) => parseFloat(bar.style.width))")
        assert filled == [0.04, 98.7]
        # The whole comparison is on the screen at once, the image the largest in it.
        image, given, suggested = (
            _box(card.locator(one).first) for one in (".frame", ".given .frame", ".side.suggested .frame")
        )
        assert image[2] - image[0] > 2 * (given[2] - given[0])
        assert given[2] - given[0] > 60
        assert given[3] < suggested[1]
        assert given[0] > image[2] if width > 680 else given[1] > image[3]
        assert _box(card)[3] - _box(card)[1] < 700
        ARTEFACTS.mkdir(exist_ok=True)
        card.screenshot(path=ARTEFACTS / f"comparison-{width}.png")
        card.click()
        page.wait_for_selector("#viewer[open]")
        viewer = page.locator("#viewer")
        assert viewer.locator(".headline").inner_text() == "labelled cat · looks like dog 99 %"
        assert "train/dog/" in viewer.locator(".side.suggested figcaption").first.inner_text()
        assert "labelled cat, the probe says dog" in viewer.locator("dl").inner_text()


def test_objects_of_one_image_are_one_card(browser: Any, tmp_path: Path) -> None:
    report = pictured(tmp_path, rows=factory.doubtful_objects(tmp_path))
    with Opened(browser, report, tmp_path / "report.html", viewport={"width": 1280, "height": 844}) as page:
        page.locator("#DL901").scroll_into_view_if_needed()
        page.wait_for_selector("#DL901 .item")
        cards = page.locator("#DL901 .item")
        assert cards.count() == 2
        both, single = cards.nth(0), cards.nth(1)
        assert both.locator(".number").all_inner_texts() == ["1", "2"]
        assert both.locator("svg").count() == 1
        assert both.locator("svg rect:not(.edge)").count() == 2
        assert both.locator("svg text").all_text_contents() == ["1", "2"]
        assert single.locator("svg rect:not(.edge)").count() == 1
        assert single.locator(".headline").inner_text() == "labelled cat · looks like dog 98 %"
        assert single.locator("img").count() == 3  # the object, and one beside it of each class
        ARTEFACTS.mkdir(exist_ok=True)
        both.screenshot(path=ARTEFACTS / "objects.png")
        both.locator(".object[data-row]").nth(1).click()
        page.wait_for_selector("#viewer[open]")
        assert page.locator("#viewer-place").inner_text().endswith("2 of 3")
        assert "#/annotations/1" in page.locator("#viewer dl").inner_text()


def test_doubts_of_low_confidence_are_said_so(browser: Any, tmp_path: Path) -> None:
    report = pictured(tmp_path)
    report.findings = report.findings.with_columns(confidence=pl.lit("low"))
    with Opened(browser, report, tmp_path / "report.html") as page:
        page.locator("#DL901").scroll_into_view_if_needed()
        page.wait_for_selector("#DL901 .item")
        assert page.locator("#DL901 .headline").first.inner_text() == "labelled cat · could be dog 99 %"


def test_classes_that_are_exchanged_lie_side_by_side(browser: Any, tmp_path: Path) -> None:
    paths = factory.dataset(tmp_path).table("images")["path"]
    cats, dogs = ([path for path in paths if f"/{name}/" in path][:3] for name in ("cat", "dog"))
    row = factory.finding(
        factory.Confused(),
        subject="cat / dog",
        message="the probe exchanges them",
        data={"a": "cat", "b": "dog", "taken_for_b": cats, "taken_for_a": dogs},
    )
    with Opened(browser, pictured(tmp_path, rows=[row]), tmp_path / "report.html") as page:
        page.locator("#DL904").scroll_into_view_if_needed()
        card = page.locator("#DL904 .item")
        card.wait_for()
        alts = card.locator("img").evaluate_all("(images) => images.map((image) => image.alt)")
        assert alts == [*(f"labelled cat: {path}" for path in cats), *(f"labelled dog: {path}" for path in dogs)]
        assert "the probe exchanges them" in card.inner_text()
        card.click()
        page.wait_for_selector("#viewer[open]")
        assert page.locator("#viewer img").count() == 6
        assert "→" not in page.locator("#viewer-body").inner_text()


def test_leaks_lie_side_by_side(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, pictured(tmp_path), tmp_path / "report.html") as page:
        page.locator("#DL701").scroll_into_view_if_needed()
        item = page.locator("#DL701 .item").first
        item.wait_for()
        assert item.locator("img").count() == 2
        assert item.locator(".split").all_inner_texts() == ["test", "train"]
        boxes = [item.locator(".frame").nth(n).bounding_box() for n in range(2)]
        assert boxes[0]["y"] == boxes[1]["y"]


def test_boxes_are_drawn_on_the_picture(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, pictured(tmp_path), tmp_path / "report.html") as page:
        page.locator("#DL801").scroll_into_view_if_needed()
        drawing = page.locator("#DL801 svg").first
        # The box sticks out of a picture 72 pixels wide, and is cut where it would take more than half a picture more.
        assert drawing.locator("rect:not(.edge)").get_attribute("width") == "48"
        assert drawing.get_attribute("viewBox") == "0 0 108 96"


def test_a_folded_rule_opens(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, pictured(tmp_path), tmp_path / "report.html") as page:
        assert visible(page, "#DL304 .item, #DL304 .row") == 0
        page.locator("#DL304 .fold").click()
        assert visible(page, "#DL304 .item, #DL304 .row") == 24
        assert page.locator("#DL304 .fold").get_attribute("aria-expanded") == "true"


def test_the_keyboard_walks_the_findings(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, pictured(tmp_path), tmp_path / "report.html") as page:
        focused = "document.activeElement.getAttribute('aria-label')"
        seen = []
        for _ in range(20):
            page.keyboard.press("j")
            seen.append(page.evaluate(focused))
        assert len(set(seen)) == 20
        page.keyboard.press("k")
        assert page.evaluate(focused) == seen[-2]
        page.keyboard.press("Enter")
        page.wait_for_selector("#viewer[open]")


def test_the_theme_switches(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, pictured(tmp_path), tmp_path / "report.html", color_scheme="light") as page:
        background = "getComputedStyle(document.body).backgroundColor"
        before = page.evaluate(background)
        page.click("#theme")
        assert page.evaluate(background) != before


def test_ten_thousand_findings_keep_the_page_small(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, factory.many(tmp_path, 10_000), tmp_path / "report.html") as page:
        matches(page, "10,000 findings")
        for _ in range(4):
            page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
            page.wait_for_timeout(100)
        assert page.evaluate("document.querySelectorAll('*').length") < 4000
        page.fill("#search", "image_0004242")
        matches(page, "1 of 10,000")


@pytest.mark.parametrize("hostile", [factory.HOSTILE, '"><svg onload=alert(1)>.jpg', "javascript:alert(1).jpg"])
def test_hostile_names_do_not_run(browser: Any, tmp_path: Path, hostile: str) -> None:
    with Opened(browser, pictured(tmp_path, extra=(hostile,)), tmp_path / "report.html") as page:
        page.locator("#DL201").scroll_into_view_if_needed()
        page.wait_for_selector("#DL201 .item, #DL201 .row")
        assert hostile in page.locator("#DL201").inner_text().replace("\n", "")
        page.locator("#DL201 .item, #DL201 .row").first.click()
        page.wait_for_timeout(200)
        assert page.locator("img[onerror], svg[onload]").count() == 0


def test_no_findings_is_a_calm_page(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, factory.report(tmp_path, rows=[]), tmp_path / "report.html") as page:
        assert "No findings" in page.locator("h1").inner_text()
        page.keyboard.press("j")
        page.keyboard.press("/")
        page.keyboard.press("?")
        ARTEFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTEFACTS / "report-empty.png", full_page=True)


def test_it_reads_without_javascript(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    pictured(tmp_path).write("html", file)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    words = page.locator("body").inner_text()
    assert "labels.csv:12: 3 cells where 2 are expected" in words
    assert page.locator("#search:visible").count() == 0
    context.close()


def test_a_group_shows_some_of_its_members(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, pictured(tmp_path), tmp_path / "report.html") as page:
        for rule in ("#DL811", "#DL210"):
            page.locator(rule).scroll_into_view_if_needed()
            page.wait_for_selector(f"{rule} .group")
        group = page.locator("#DL210 .group")
        assert group.locator("figure").count() == 6
        assert "all 15 images of train/hare/" in group.inner_text()
        assert group.locator(".members figure").count() == 0
        group.get_by_text("Show all 15").click()
        assert group.locator(".members figure").count() == 15
        assert not page.locator("#viewer").is_visible()
        assert "boxes.json#/annotations/0" in page.locator("#DL811 .group").inner_text()
        group.locator(".message").click()
        assert "Images or records" in page.locator("#viewer").inner_text()


def test_a_box_is_drawn_where_the_image_is_not_there(browser: Any, tmp_path: Path) -> None:
    """Its size is known from the label file."""
    folder = coco(tmp_path / "data", bbox=[50, 5, 30, 20])
    (folder / "images" / "0.png").unlink()
    report = scan(folder, select=["DL801"], config=SETTINGS, pictures=True)
    assert len(report) == 1
    with Opened(browser, report, tmp_path / "report.html") as page:
        drawing = page.locator("#DL801 svg")
        assert drawing.get_attribute("viewBox") == "0 0 80 64"
        assert drawing.locator("image").count() == 0
        box = drawing.locator("rect:not(.absent, .edge)")
        assert [box.get_attribute(side) for side in ("x", "y", "width", "height")] == ["50", "5", "30", "20"]
        assert "(id 701)" in page.locator("#DL801 .anchor").inner_text()
        page.click("#DL801 .item")
        assert page.locator("#viewer svg").count() == 1


@pytest.mark.parametrize("width", [1280, 390])
def test_a_step_of_the_plan_leads_to_its_findings(browser: Any, tmp_path: Path, width: int) -> None:
    report = leaky.scanned(leaky.drawn(tmp_path / "data", leaks=3))
    with Opened(browser, report, tmp_path / "report.html", viewport={"width": width, "height": 800}) as page:
        assert page.locator(".plan h3").first.inner_text() == "50 % of the test images (3 of 6) are also in train"
        assert page.locator("#step-1").inner_text() == report.plan[0].command
        page.get_by_role("link", name="split-leak").first.click()
        assert page.evaluate("location.hash").startswith("#DL701")
        assert page.locator("#DL701 h3").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
