"""Make the files of a new rule: its module, its fixtures' drawing function to fill in, and the index.

python tools/new_rule.py DL315 moire-pattern pixels
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

MODULE = '''"""The rule `{name}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class {title}(Rule):
    """One line: what is flagged.

    ## What it does
    ...

    ## Why is this bad?
    ...

    ## Example
    `fixtures/{name}/bad/...`

    ## When not to use it
    ...
    """

    code, name, since = "{code}", "{name}", "{version}"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.PIXELS,)
    preview = True
    message = "..."
    hint = "..."

    def check(self, data: Dataset) -> LazyFrame:
        """..."""
        return data.readable.filter(pl.lit(value=False)).select("path")
'''


def main() -> None:
    """Write the module and refresh the index; refuses to overwrite."""
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    code, name, family = sys.argv[1:]
    sys.path.insert(0, str(ROOT))
    from datalint import __version__
    from datalint.catalogue.rule_index import RULES

    if not re.fullmatch(r"DL\d{3}", code) or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise SystemExit("the code is DL and three digits, the name is kebab-case")
    if any(code == taken or name == kebab for taken, kebab, _ in RULES):
        raise SystemExit(f"{code} or {name} is taken")
    folder = ROOT / "rules" / family
    if not folder.is_dir():
        raise SystemExit(
            f"no family {family}; there are {', '.join(sorted({module.split('.')[0] for *_, module in RULES}))}"
        )
    module = folder / f"{name.replace('-', '_')}.py"
    if module.exists():
        raise SystemExit(f"{module} exists")
    title = "".join(name.title().split("-"))
    module.write_text(MODULE.format(code=code, name=name, title=title, version=__version__), "utf-8")
    for part in ("good", "bad"):
        (ROOT / "fixtures" / name / part).mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, str(ROOT / "tools" / "make_index.py")], check=True)
    print(f"wrote {module.relative_to(ROOT)}; next: draw fixtures/{name}/good and bad in fixtures/draw/{family}.py")


if __name__ == "__main__":
    main()
