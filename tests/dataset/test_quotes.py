"""No report quotes more of a label file than the beginning of the word that is wrong."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint import scan
from datalint.config.settings import Config
from datalint.dataset import Dataset
from datalint.dataset.containers.records import LONGEST_NAME, LONGEST_WORD, cited, quoted, shortened
from datalint.dataset.discover import discover
from datalint.judge.entry import LONGEST_PATH
from datalint.report import FORMATS
from tests.dataset.formats.test_registry import example
from tests.dataset.test_discover import one_of_each
from tests.dataset.test_linked_labels import MORE

#: No message, name or key of this program has these two letters one after the other.
LONG = "Zq" * 5000
#: Kinds of problems that name a file.
_ABOUT_PATHS = ("path", "data-path", "mask", "unused-file", "encoding")
#: It is put in place of each of these: something between quotes, brackets, commas and spaces.
_WORD = re.compile(r"""[^\s,;:"'<>{}\[\]=/]+""")


def quotes(text: str) -> int:
    """The longest piece of the long word in a text."""
    return max((len(found[0]) for found in re.finditer(r"(?:Zq)+Z?", text)), default=0)


def told(data: Dataset) -> Iterator[tuple[str, int]]:
    """What a report says of label files in words, and how much of the long word it may hold."""
    problems = data.table("problems")
    for kind, reason, expected, pointer in problems.select("kind", "reason", "expected", "pointer").iter_rows():
        yield f"{reason}; {expected}", LONGEST_NAME if kind in _ABOUT_PATHS else LONGEST_WORD
        yield pointer or "", LONGEST_NAME
    for sentence in (*data.evidence, *data.table("skipped")["reason"]):
        yield sentence, LONGEST_NAME


def mutants(text: str) -> Iterator[str]:
    """The text with the long word in each place, and in place of each kind of word once."""
    seen = set()
    for found in _WORD.finditer(text):
        if found[0] not in seen:
            seen.add(found[0])
            yield text[: found.start()] + LONG + text[found.end() :]
    yield LONG + text
    yield text + LONG
    yield text.replace("\n", f"\n{LONG}\n", 1)


def datasets(root: Path) -> dict[str, list[Path]]:
    """The label files of a small dataset of each format."""
    found: dict[str, list[Path]] = {}
    one_of_each(root, 0)
    example(root / "dota", "dota")
    for name, content in MORE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    for folder in sorted(root.iterdir()):
        files = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".png", ".parquet")]
        by_kind = {(path.parent, path.suffix): path for path in sorted(files, reverse=True)}
        found[folder.name] = list(by_kind.values())
    return found


def mutated(root: Path) -> Iterator[tuple[Path, str]]:
    """One dataset after the other with the long word in one place of one label file, and which that is."""
    for name, files in datasets(root).items():
        for file in files:
            text = file.read_text("utf-8")
            for mutant in mutants(text):
                file.write_text(mutant, "utf-8")
                yield root / name, f"{file.relative_to(root)}: {mutant[:200]}"
            file.write_text(text, "utf-8")


def test_no_word_of_a_label_file_is_quoted_whole(tmp_path: Path) -> None:
    shown = 0
    for folder, where in mutated(tmp_path):
        for said, most in told(discover([folder], Config())):
            assert quotes(said) <= most, (where, said[:500])
            shown += bool(quotes(said))
    assert shown > 50


def test_nor_in_any_report(tmp_path: Path) -> None:
    """Names of classes and images are facts: they may be longer, but not where anybody reads them."""
    for number, (folder, _) in enumerate(mutated(tmp_path / "made")):
        if number % 7 == 0:
            shutil.copytree(folder, tmp_path / "all" / str(number))
    report = scan(tmp_path / "all", isolated=True, jobs=0, ignore=["DL9"], pictures=True, preview=True)
    assert report.findings.height > 100
    assert max(quotes(said) for finding in report for said in (finding.message, finding.hint)) == LONGEST_NAME
    classes = [name for name in report.overview["classes"] if quotes(name)]
    for form in FORMATS:
        said = report.render(form)
        for name in classes:
            said = said.replace(name, "")
        assert quotes(said) <= LONGEST_PATH, form


@settings(deadline=None)
@given(text=st.text())
def test_what_is_quoted_is_short_and_printable(text: str) -> None:
    assert quoted(text).isprintable()
    assert len(shortened(text)) <= LONGEST_WORD + 1
    assert quoted(text) == repr(text) or (len(text) > LONGEST_WORD and quoted(text).endswith(("…'", '…"')))
    assert all(len(word) <= LONGEST_WORD + 1 for word in cited(text).split())
    assert len(cited(text)) <= LONGEST_NAME + 1


def test_columns_and_cells_of_parquet(tmp_path: Path) -> None:
    one_of_each(tmp_path, 0)
    frame = pl.read_parquet(tmp_path / "columnar" / "labels.parquet")
    for changed in (
        frame.rename({"label": LONG}),
        frame.rename({"file_name": LONG}),
        frame.with_columns(pl.lit(LONG).alias("file_name")),
        frame.with_columns(pl.lit(b"\x00" * 9).alias(LONG)),
    ):
        changed.write_parquet(tmp_path / "columnar" / "labels.parquet")
        assert all(quotes(said) <= most for said, most in told(discover([tmp_path / "columnar"], Config())))
