"""A rule's page, as the command line and docs/ have it."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalint.catalogue import page as module
from datalint.catalogue.page import page
from datalint.rules.files.empty_file import EmptyFile


def test_files_that_an_installed_package_does_not_have_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "`fixtures/" in page(EmptyFile)
    assert "folder of datalint's source" not in page(EmptyFile)
    monkeypatch.setattr(module, "__file__", str(Path("/nowhere/site-packages/datalint/catalogue/page.py")))
    assert "`fixtures/` is a folder of datalint's source." in page(EmptyFile)
