"""Every rule: its metadata, its page, and its good and bad fixtures. A new rule is tested by being there.

`python -m pytest tests/test_rules.py -k words --update-golden` writes the words of one finding of each rule anew; read
the diff.
"""

from __future__ import annotations

import re
import string
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from datalint import Report, Rule, scan
from datalint.catalogue.registry import load
from datalint.config.settings import Config
from datalint.judge import scope
from datalint.judge.words import group_message
from datalint.report.place import place
from datalint.rule import Need

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
#: One finding of every rule on its bad fixture, word for word: a block a rule, its code first.
WORDS = Path(__file__).parent / "rules" / "golden" / "words.txt"
RULES = [entry.rule for entry in load(Config(isolated=True))]
SECTIONS = ["What it does", "Why is this bad?", "Example", "When not to use it"]

#: What breaks a clone (names differing in case, link loops) is made at test time, in tests/rules/.
MADE_AT_TEST_TIME = {"unportable-name", "broken-link"}
#: Families about the dataset as a whole: a handful of pictures is always out of balance.
DATASET_LEVEL = ("DL5", "DL7")
#: (rule that fires, fixture it fires on): each is right, and has its reason.
ALLOWED: set[tuple[str, str]] = {
    ("near-duplicate", "contradictory-copy"),  # it holds a copy, with the same boxes
}
#: Rules whose findings have no score, and why: nothing tells a bad one from a worse one. What does differ in degree is
#: scored, so that the worst stands first and not what comes first by path.
UNSCORED = {
    **dict.fromkeys(
        (
            "unreadable-image", "truncated-image", "empty-file", "not-an-image", "oversized-image", "unsupported-image",
            "refused-text", "broken-link", "lfs-pointer", "missing-dvc-data",
        ),
        "a file is read or it is not",
    ),
    **dict.fromkeys(
        ("wrong-extension", "unknown-extension", "unportable-name", "stray-file", "apple-double",
         "hidden-class-folder"),
        "a name is right or it is not",
    ),
    **dict.fromkeys(
        ("mixed-format", "mixed-mode", "mixed-bit-depth", "exif-rotated", "multi-frame", "grey-as-colour",
         "dead-channel", "unnormalized-range"),
        "kinds differ, they are not more or less of one thing",
    ),
    **dict.fromkeys(
        ("label-syntax", "missing-image", "unlabeled-image", "repeated-label", "conflicting-labels", "label-encoding",
         "inconsistent-classes", "missing-data-path", "unused-label-file", "unread-labels", "unusable-id",
         "repeated-id", "unknown-category-id", "mask-mismatch"),
        "a record, or a file of labels, can be used or it cannot",
    ),
    **dict.fromkeys(("similar-class-names", "unused-class", "empty-class"), "a name is used or it is not"),
    **dict.fromkeys(
        ("empty-dataset", "class-imbalance", "normalization-mismatch", "all-crowd", "coordinate-units",
         "coordinate-order", "coordinate-scale", "weak-probe", "copied-folder", "shared-split"),
        "it is one finding about a whole dataset, folder, file or split",
    ),
    **dict.fromkeys(("split-leak", "near-split-leak"), "an image is in two splits or it is not"),
    **dict.fromkeys(("contradictory-copy", "two-classes-one-box"), "two labels agree or they do not"),
    **dict.fromkeys(("degenerate-box", "non-finite-box"), "a box has an area or it has none"),
}  # fmt: skip


def everyone(*needs: Need) -> list[Rule]:
    return [rule() for rule in RULES if Need.PROBE not in rule.needs or Need.PROBE in needs]


@cache
def scanned(folder: Path, *, probe: bool = False) -> Report:
    config = folder / "datalint.toml"
    chosen = [rule.code for rule in RULES if probe or Need.PROBE not in rule.needs]
    return scan(folder, config=config if config.exists() else Config(), jobs=0, select=chosen)


def by_name(rule: type[Rule]) -> str:
    return rule.name


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_metadata(rule: type[Rule]) -> None:
    assert re.fullmatch(r"DL\d{3}", rule.code)
    assert rule.__name__ == "".join(rule.name.title().split("-"))
    assert rule.__module__.rsplit(".", 1)[1] == rule.name.replace("-", "_")
    assert rule.needs
    assert all(isinstance(need, Need) for need in rule.needs)
    assert rule.hint, "say what to do"
    for template in (rule.message, rule.record_message, rule.hint, rule.group_message, rule.group_hint):
        assert all(name is None or name.isidentifier() for _, name, _, _ in string.Formatter().parse(template))
    assert not rule.message.endswith("."), "no trailing period"
    assert not rule.record_message.endswith("."), "no trailing period"
    assert not rule.group_message.endswith("."), "no trailing period"
    assert set(rule.yields_to) <= {other.name for other in RULES}
    for option in rule.options.values():
        assert option.validated(option.default) == option.default
        assert option.doc


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_page(rule: type[Rule]) -> None:
    assert rule.summary().endswith(".")
    assert len(rule.summary()) <= 120
    headings = re.findall(r"^## (.+)$", rule.page(), re.MULTILINE)
    assert headings in (SECTIONS, [*SECTIONS, "References"])
    for mentioned in re.findall(r"`(fixtures/[^`]+)`", rule.page()):
        if rule.name not in MADE_AT_TEST_TIME:
            assert (ROOT / mentioned).exists(), f"the page names {mentioned}, which is not there"


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_fires_on_bad(rule: type[Rule]) -> None:
    if rule.name in MADE_AT_TEST_TIME:
        pytest.skip("its fixtures would break a clone: made in tests/rules")
    probe = Need.PROBE in rule.needs
    if probe:
        pytest.importorskip("torch")
    report = scanned(FIXTURES / rule.name / "bad", probe=probe)
    assert not [entry for entry in report.rules_not_run if entry.crashed]
    found = [finding for finding in report if finding.code == rule.code]
    assert found, [str(entry) for entry in report.rules_not_run if entry.code == rule.code]


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_what_differs_in_degree_is_scored(rule: type[Rule]) -> None:
    if rule.name in MADE_AT_TEST_TIME:
        assert rule.name in UNSCORED
        return
    probe = Need.PROBE in rule.needs
    if probe:
        pytest.importorskip("torch")
    scores = [found.score for found in scanned(FIXTURES / rule.name / "bad", probe=probe) if found.code == rule.code]
    if rule.name in UNSCORED:
        assert scores == [None] * len(scores), "it has a score: take it out of UNSCORED"
    else:
        assert all(score is not None and 0 <= score <= 1 for score in scores), (
            "give a score, or say why not in UNSCORED"
        )


def words(rule: type[Rule], report: Report) -> str:
    """The first finding of a rule: code and name, severity and place, message, hint.

    The probe's answers differ from machine to machine and between versions of torch: which label is the first, and all
    numbers. Of its findings the template of the message is held, but for the reason why it abstains.
    """
    first = next(finding for finding in report if finding.code == rule.code)
    probed = Need.PROBE in rule.needs and rule.name != "weak-probe"
    where, message = (rule.needs[0].value, rule.message) if probed else (place(first), first.message)
    return f"{rule.code} {rule.name}\n{first.severity} {where}\n{message}\n-> {first.hint}\n" + many(rule, report)


def many(rule: type[Rule], report: Report) -> str:
    """How the rule's rows read as one finding about a group, if it says so."""
    if not rule.group_message:
        return ""
    found = rule().check(report.dataset)
    rows = found.collect() if isinstance(found, pl.LazyFrame) else found
    who = f"all 9 {scope.UNITS[rule.unit].plural}"
    said, hint = group_message(rule(), rows, {"who": who, "of": " of cat/", "count": 9, "total": 9, "part": 1.0})
    return f"of many: {said}\n-> {hint}\n"


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_words(rule: type[Rule], request: pytest.FixtureRequest) -> None:
    """What a person reads, exactly: a change of words is a change to be looked at."""
    if rule.name in MADE_AT_TEST_TIME:
        pytest.skip("its fixtures would break a clone: made in tests/rules")
    probe = Need.PROBE in rule.needs
    if probe:
        pytest.importorskip("torch")
    said = words(rule, scanned(FIXTURES / rule.name / "bad", probe=probe))
    blocks = WORDS.read_text("utf-8").split("\n\n") if WORDS.exists() else []
    known = {block.split(" ")[0]: block.rstrip("\n") + "\n" for block in blocks}
    if request.config.getoption("--update-golden"):
        known[rule.code] = said
        WORDS.parent.mkdir(exist_ok=True)
        WORDS.write_text("\n".join(known[code] for code in sorted(known)), "utf-8")
    assert said == known.get(rule.code), "after an intended change: --update-golden, and read the diff"


def test_every_block_of_words_is_of_a_rule() -> None:
    codes = [block.split(" ")[0] for block in WORDS.read_text("utf-8").split("\n\n")]
    assert codes == sorted({rule.code for rule in RULES if rule.name not in MADE_AT_TEST_TIME})


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_good_is_silent(rule: type[Rule]) -> None:
    """On a rule's good fixture that rule and all others are silent, unless listed."""
    if rule.name in MADE_AT_TEST_TIME:
        pytest.skip("its fixtures would break a clone: made in tests/rules")
    probe = Need.PROBE in rule.needs
    if probe:
        pytest.importorskip("torch")
    report = scanned(FIXTURES / rule.name / "good", probe=probe)
    assert not [entry for entry in report.rules_not_run if entry.crashed]
    loud = [
        f"{finding.code} {finding.path or finding.subject}: {finding.message}"
        for finding in report
        if (finding.code == rule.code or not finding.code.startswith(DATASET_LEVEL))
        and (finding.name, rule.name) not in ALLOWED
    ]
    assert not loud


def test_every_fixture_belongs_to_a_rule() -> None:
    names = {rule.name for rule in RULES}
    folders = {folder.name for folder in FIXTURES.iterdir() if folder.is_dir()} - {"draw", "datasets", "__pycache__"}
    assert folders <= names


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_when_not_to_use_it_is_not_answered_with_never(rule: type[Rule]) -> None:
    """`When not to use it: never for training data` reads as the opposite of what is meant."""
    answer = rule.page().partition("## When not to use it\n")[2].split("\n## ")[0].strip()
    assert answer
    assert not answer.startswith("Never")
