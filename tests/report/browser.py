"""A report in a headless Chromium, and what went wrong in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datalint.report import Report
from datalint.report.samples import illustrate
from tests.report import factory

#: Where screenshots are left.
ARTEFACTS = Path(__file__).resolve().parent.parent.parent / "artefacts"


class Opened:
    """A report in a page, and everything that went wrong in it."""

    def __init__(self, browser: Any, report: Report, file: Path, **options: Any) -> None:
        report.write("html", file)
        self.wrong: list[str] = []
        self.page = browser.new_page(**options)
        self.page.on("console", lambda message: self.wrong.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)
        self.page.goto(file.as_uri())
        self.page.wait_for_selector("#matches, .empty")

    def _dialog(self, dialog: Any) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Any) -> None:
        if not request.url.startswith("data:") and request.resource_type != "document":
            self.wrong.append(f"request: {request.url}")

    def __enter__(self) -> Any:
        return self.page

    def __exit__(self, kind: object, *_: object) -> None:
        self.page.close()
        if kind is None:
            assert self.wrong == [], self.wrong


def pictured(root: Path, **options: Any) -> Report:
    report = factory.report(root, **options)
    illustrate(report)
    return report


def matches(page: Any, text: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator("#matches")).to_have_text(text)


def visible(page: Any, selector: str) -> int:
    return int(page.locator(selector).evaluate_all("(found) => found.filter((one) => one.checkVisibility()).length"))
