"""What a maintainer would say to the findings about a folder of datasets.

    python benchmarks/panel.py DIR [--verdicts benchmarks/verdicts.json]

Each folder in DIR is scanned as one dataset, without the probe. For each dataset and rule it prints the findings, how
many images or records they are about, their scope, the verdict and the first message. The verdicts are a person's, who
opened the pictures: true, false or debatable, by dataset and rule. Claim: of the errors and warnings, counted once a
dataset and rule, 95 % are true.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

VERDICTS = Path(__file__).with_name("verdicts.json")
UNKNOWN = "?"


class Row(NamedTuple):
    """What one rule says of one dataset, at its worst severity."""

    dataset: str
    code: str
    severity: str
    findings: int
    about: int
    scopes: tuple[str, ...]
    message: str
    verdict: str


def scanned(folder: Path) -> list[dict[str, Any]]:
    """The findings about a folder."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "report.json"
        command = [
            sys.executable,
            "-m",
            "datalint",
            "scan",
            str(folder),
            "--isolated",
            "--ignore",
            "DL9",
            "--exit-zero",
        ]
        done = subprocess.run([*command, "--format", f"json={out}"], capture_output=True, text=True, check=False)
        if not out.exists():
            raise RuntimeError(done.stderr)
        findings: list[dict[str, Any]] = json.loads(out.read_bytes())["findings"]
        return findings


def rows(folder: Path, verdicts: dict[str, dict[str, str]]) -> list[Row]:
    """One row for each rule that says something of a dataset, the worst first."""
    by_rule: dict[str, list[dict[str, Any]]] = {}
    for finding in scanned(folder):
        by_rule.setdefault(finding["code"], []).append(finding)
    known = verdicts.get(folder.name, {})
    return [
        Row(
            folder.name,
            code,
            found[0]["severity"],
            len(found),
            sum(finding["count"] for finding in found),
            tuple(sorted({finding["scope"] for finding in found})),
            found[0]["message"],
            known.get(code, UNKNOWN),
        )
        for code, found in by_rule.items()
    ]


def agreed(panel: list[Row]) -> tuple[float, Counter[str]]:
    """The share of true verdicts among the errors and warnings that were judged, and how many of each there are."""
    counted = Counter(row.verdict for row in panel if row.severity != "note")
    judged = counted.total() - counted[UNKNOWN]
    return (counted["true"] / judged if judged else 0.0), counted


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--verdicts", type=Path, default=VERDICTS)
    arguments = parser.parse_args()
    verdicts = json.loads(arguments.verdicts.read_text("utf-8"))
    panel: list[Row] = []
    for folder in sorted(path for path in arguments.folder.iterdir() if path.is_dir()):
        for row in rows(folder, verdicts):
            panel.append(row)
            print(
                f"{row.dataset:20} {row.code} {row.severity:8} {row.findings:5,} findings about {row.about:6,}"
                f"  {'/'.join(row.scopes):22} {row.verdict:10} {row.message[:100]}"
            )
    share, counted = agreed(panel)
    print(f"\n{share:.0%} true of the errors and warnings by dataset and rule: {dict(counted)}; {platform.machine()}")


if __name__ == "__main__":
    main()
