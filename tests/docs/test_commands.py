"""Every command of the README and the pages runs, and what is shown below it is what it prints."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from datalint.cli import cli
from tests.repair import made

ROOT = Path(__file__).resolve().parent.parent.parent
FIXTURES = ROOT / "fixtures"
PAGES = sorted(
    page for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")] if "```console" in page.read_text()
)

#: Commands that this file leaves to others, and who runs them.
ELSEWHERE = {
    r"pip install": "CI does, on a clean clone",
    r"(s3|gs|az|hf)://": "tests/sources/stores",
    r"plain_text|\bsaved\b": "tests/dataset/formats/test_picture_tables.py",
    r"(tcp|ray)://|^dask ": "tests/executors",
    r"\bgit\b|\bdvc\b|--settings-from|^datalint diff": "tests/diff, tests/cli/test_settings_from.py",
}


@dataclass(frozen=True)
class Step:
    """A command of a page, and the lines that the page shows below it."""

    line: int
    command: str
    shown: tuple[str, ...]


def steps(page: Path) -> Iterator[Step]:
    text = page.read_text("utf-8")
    for block in re.finditer(r"^ *```console\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL):
        start = text.count("\n", 0, block.start(1)) + 1
        lines = textwrap.dedent(block[1]).splitlines()
        commands = [number for number, line in enumerate(lines) if line.startswith("$ ")]
        for number, end in pairwise([*commands, len(lines)]):
            yield Step(
                start + number, lines[number][2:], tuple(line.strip() for line in lines[number + 1 : end] if line)
            )


def demo(root: Path) -> None:
    shutil.copytree(FIXTURES / "datasets" / "demo", root / "data")


def fixture(name: str) -> Callable[[Path], None]:
    def draw(root: Path) -> None:
        shutil.copytree(FIXTURES / name, root / "data")

    return draw


def leaky_lists(root: Path) -> None:
    """YOLO with lists, boxes outside and without area, and an image in both splits."""
    data = made.write("yolo", root / "data", {**made.GOOD, "a.png": [(30, 6, 30, 40), (4, 5, 24, 30), (50, 6, 70, 40)]})
    (data / "data.yaml").write_text("path: .\ntrain: train.txt\nval: val.txt\nnames:\n  0: cat\n")
    (data / "train.txt").write_text("./images/a.png\n./images/b.png\n")
    (data / "val.txt").write_text("./images/c.png\n./images/b.png\n")


def coco(root: Path) -> None:
    made.write("coco", root / "data", {**made.GOOD, "a.png": [(30, 6, 30, 40), (4, 5, 24, 30)]})


def masks(root: Path) -> None:
    made.pictures(root / "data" / "images", [f"{number}.png" for number in range(4)])
    (root / "data" / "masks").mkdir()
    for number in range(4):
        mask = Image.new("L", (made.WIDTH, made.HEIGHT))
        mask.paste(1, (4, 4, 20 + number, 20))
        mask.save(root / "data" / "masks" / f"{number}.png")
    (root / "data" / "classes.txt").write_text("background\ncell\n")


def archives(root: Path) -> None:
    """What docs/sources.md scans: a folder, the same in an archive, and shards."""
    fixture("truncated-image/bad")(root)
    shutil.make_archive(str(root / "data"), "zip", root / "data")
    shutil.copytree(FIXTURES / "datasets" / "shards", root / "shards")


def nothing(root: Path) -> None:
    """The page makes its own."""


#: Page -> what its `data` is. Elsewhere it is the demo.
DATA: dict[str, Callable[[Path], None]] = {
    "recipes/yolo.md": leaky_lists,
    "recipes/coco.md": coco,
    "recipes/segmentation.md": masks,
    "recipes/medical-scans.md": fixture("group-leak/bad"),
    "recipes/video-frames.md": fixture("group-leak/bad"),
    "recipes/wrong-labels.md": fixture("suspicious-label/bad"),
    "advise.md": coco,
    "fix.md": leaky_lists,
    "start.md": nothing,
    "sources.md": archives,
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_page(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = page.relative_to(ROOT).as_posix().removeprefix("docs/")
    todo = [step for step in steps(page) if not any(re.search(pattern, step.command) for pattern in ELSEWHERE)]
    if not todo:
        pytest.skip("its commands are run by other tests")
    DATA.get(name, demo)(tmp_path)
    (tmp_path / "fixtures").symlink_to(FIXTURES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATALINT_NO_CACHE")
    monkeypatch.setenv("DATALINT_CACHE_DIR", str(tmp_path / "cache"))
    if "DL9" not in page.read_text("utf-8"):
        monkeypatch.setenv("DATALINT_IGNORE", "DL9")  # the probe takes its time, and has tests of its own
    for step in todo:
        code, printed = run(step.command)
        assert code == 0 or (code == 1 and "datalint fix" not in step.command), (
            f"{name}:{step.line}: exit code {code}\n{printed}"
        )
        missing = [line for line in step.shown if line != "..." and alike(line) not in alike(printed)]
        assert missing == [], f"{name}:{step.line}: not printed by {step.command}\n{printed}"


def run(command: str) -> tuple[int, str]:
    """The exit code of a command, and what it prints."""
    words = shlex.split(command, comments=True)
    if words[0] != "datalint":
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr
    result = CliRunner().invoke(cli, words[1:], prog_name="datalint")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def alike(text: str) -> str:
    """Without what may differ from scan to scan and from machine to machine: places, numbers, plurals and blanks."""
    text = text.replace(f"{Path.cwd()}/", "")
    text = re.sub(r"\d[\d,.]*", "0", text)
    return re.sub(r"(?<=\w)s\b", "", re.sub(r"\s+", " ", text))


def test_every_page_of_recipes_is_run() -> None:
    assert {page.name for page in PAGES if page.parent.name == "recipes"} == {
        page.name for page in (ROOT / "docs" / "recipes").glob("*.md")
    }
