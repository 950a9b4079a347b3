"""What a large HTML report costs its reader: its size, the time until something is seen, the frames while scrolling.

    python benchmarks/report.py [FINDINGS]

Claims, for 40,000 findings: the page is smaller than 6 MB; the first paint comes within a second; no frame takes more
than 100 ms while the page scrolls from its top to its end. Needs Playwright and a Chromium. Of several loads the least
counts: other load on the machine can only add to the time.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl
from playwright.sync_api import sync_playwright

from datalint.report.pictures import make
from tests.report import factory

LOADS = 5
PICTURED = 400
VIEWPORTS = {"wide": (1400, 900), "narrow": (390, 844)}

#: Milliseconds from the start of the navigation until something is seen, and until the script has run.
PAINT = """() => new Promise((done) => {
  const told = () => {
    const first = performance.getEntriesByName("first-contentful-paint")[0];
    const ready = performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd;
    if (first && ready) done([first.startTime, ready]); else setTimeout(told, 20);
  };
  told();
})"""

#: Milliseconds of every frame while the page scrolls down by a quarter of a window a frame.
SCROLL = """() => new Promise((done) => {
  const frames = [];
  let last = performance.now();
  const step = (now) => {
    frames.push(now - last);
    last = now;
    const before = scrollY;
    scrollBy(0, innerHeight / 4);
    if (scrollY === before && frames.length > 3) done(frames.slice(1)); else requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""


def written(findings: int, folder: Path) -> Path:
    """A report of that many findings of four rules; the worst of each are about images that have a picture."""
    report = factory.many(folder / "data", findings)
    report.dataset = factory.dataset(folder / "data", PICTURED)
    paths = report.dataset.table("images")["path"]
    rows = report.findings.sort("score", descending=True).with_row_index("place")
    there = pl.col("place").replace_strict(range(PICTURED), paths, default=None, return_dtype=pl.String)
    report.findings = rows.with_columns(path=pl.coalesce(there, "path")).drop("place")
    report.pictures = make(report)
    file = folder / "report.html"
    start = time.perf_counter()
    report.write("html", file)
    seconds = time.perf_counter() - start
    size = file.stat().st_size / 1e6
    print(f"{findings:,} findings, {len(report.pictures)} pictures: {size:.2f} MB, written in {seconds:.2f} s")
    return file


def measured(browser: Any, file: Path, size: tuple[int, int]) -> tuple[list[list[float]], list[list[float]]]:
    """The paints of several loads, and the frames while each page scrolls, all rules unfolded."""
    paints, frames = [], []
    for _ in range(LOADS):
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        page.goto(file.as_uri())
        paints.append(page.evaluate(PAINT))
        page.evaluate("document.querySelectorAll('.fold[aria-expanded=false]').forEach((fold) => fold.click())")
        page.wait_for_timeout(500)
        frames.append(page.evaluate(SCROLL))
        page.close()
    return paints, frames


def main() -> None:
    """Measure, and say so."""
    findings = int(sys.argv[1]) if len(sys.argv) > 1 else 40_000
    chromium = next((found for name in ("chromium", "google-chrome") if (found := shutil.which(name))), None)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = written(findings, Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        print(f"Chromium {browser.version}, headless, n = {LOADS} loads each")
        for name, size in VIEWPORTS.items():
            paints, frames = measured(browser, file, size)
            first, ready = (min(values) for values in zip(*paints, strict=True))
            best = min(frames, key=max)
            print(
                f"{name} {size[0]}x{size[1]}: first paint {first:.0f} ms, script done {ready:.0f} ms; "
                f"{len(best):,} frames while scrolling, median {statistics.median(best):.0f} ms, "
                f"longest {max(best):.0f} ms"
            )
        browser.close()


if __name__ == "__main__":
    main()
