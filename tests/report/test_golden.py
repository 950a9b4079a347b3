"""Every text format against its golden file: the whole output, and the exit code.

`python -m pytest tests/report/test_golden.py --update-golden` writes them anew; read the diff.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from datalint import __version__, scan
from datalint.config.settings import Config

ROOT = Path(__file__).resolve().parent.parent.parent
GOLDEN = Path(__file__).parent / "golden"
CASES = {
    "leak": ("fixtures/split-leak/bad", ["DL1", "DL2", "DL6", "DL7"]),
    "labels": ("fixtures/label-syntax/bad", ["DL1", "DL4"]),
    "clean": ("fixtures/empty-file/good", ["DL1", "DL2"]),
}
FORMATS = ("text", "concise", "json", "jsonl", "markdown", "sarif", "github", "gitlab", "junit")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, format: str, request: pytest.FixtureRequest) -> None:
    folder, select = CASES[case]
    report = scan(ROOT / folder, select=select, config=Config(isolated=True), jobs=0)
    text = report.render(format)
    if format == "sarif":
        # The rules' pages are golden nowhere: they may change without any report changing.
        log = json.loads(text)
        for rule in log["runs"][0]["tool"]["driver"]["rules"]:
            rule["help"] = dict.fromkeys(rule["help"], "@@PAGE@@")
        text = json.dumps(log, ensure_ascii=False, indent=1) + "\n"
    text = text.replace(str(ROOT), "@@ROOT@@").replace(f'"{__version__}"', '"@@VERSION@@"')
    text = re.sub(r"\d+\.\d s\)", "@@SECONDS@@ s)", text)
    text += f"\nexit code {report.exit_code}\n"
    golden = GOLDEN / f"{case}.{format}"
    if request.config.getoption("--update-golden"):
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")
