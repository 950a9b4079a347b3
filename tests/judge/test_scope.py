"""What is true of a group is one finding about it, and no image or record is lost or said twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint import Confidence, Dataset, Need, Rule, Severity
from datalint.config.settings import Accept, Config
from datalint.dataset.schema import conform
from datalint.judge.accept import Acceptances
from datalint.judge.collect import Collected, collect
from datalint.judge.run import Hits, judge
from datalint.judge.scope import LEAST, Groups
from datalint.rule import Scope

SETTINGS = Config(isolated=True)


class Bare(Rule):
    """Says of some images what is wrong with them."""

    code, name, since = "TEST010", "bare", "1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs: ClassVar[tuple[Need, ...]] = (Need.FILES,)
    message = "{fact}"
    hint = "look at it"
    fact: ClassVar[tuple[str, ...]] = ("fact",)

    def check(self, data: Dataset) -> pl.LazyFrame:
        return pl.LazyFrame()


class Once(Bare):
    """The same, about how the dataset was made."""

    code, name = "TEST011", "once"
    said_once = True


class Single(Bare):
    """The same, to be decided one by one."""

    code, name = "TEST012", "single"
    groups = False


class Boxes(Bare):
    """The same of boxes."""

    code, name = "TEST013", "boxes"
    unit = "box"


class Quieter(Bare):
    """Silent where `once` speaks."""

    code, name = "TEST014", "quieter"
    yields_to = ("once",)


def dataset(paths: list[str], splits: dict[str, str] | None = None) -> Dataset:
    """Images at `paths`, of the class that their last folder names; `splits` by path."""
    numbers = range(len(paths))
    classes = [path.split("/")[-2] if "/" in path else None for path in paths]
    tables = {
        "images": pl.DataFrame({"image": numbers, "path": paths, "sha256": [f"{number:064x}" for number in numbers]}),
        "labels": pl.DataFrame(
            {"image": numbers, "path": paths, "class": classes}, schema_overrides={"class": pl.String}
        ),
        "splits": pl.DataFrame(
            [{"image": number, "split": (splits or {}).get(path)} for number, path in enumerate(paths)],
            schema={"image": pl.UInt32, "split": pl.String},
        ).drop_nulls(),
    }
    return Dataset(Path(), tables={name: conform(name, table) for name, table in tables.items()})


def named(folder: str, number: int) -> list[str]:
    return [f"{folder}/{n:03}.jpg" for n in range(number)]


def rows(paths: list[str], **columns: Any) -> pl.DataFrame:
    return pl.DataFrame({"path": paths}, schema={"path": pl.String}).with_columns(
        fact=pl.lit("too blue"), **{name: pl.lit(value) for name, value in columns.items()}
    )


def collected(data: Dataset, *hits: tuple[Rule, pl.DataFrame], settings: Config = SETTINGS) -> Collected:
    return collect([Hits(rule, None, frame) for rule, frame in hits], data, Acceptances(settings, data))


def said(data: Dataset, rule: Rule, frame: pl.DataFrame) -> list[tuple[str, str | None, int]]:
    found = collected(data, (rule, frame)).findings
    return sorted(found.select("scope", pl.coalesce("subject", "file"), "count").unique().rows(), key=str)


# -- laws ------------------------------------------------------------------------------------------------------------

FOLDERS = ("a", "a/x", "a/y", "b", "b/x/deep", "c")
IMAGES = [f"{folder}/{number}.jpg" for folder in FOLDERS for number in range(12)]
SPLITS = {path: "train" if number % 3 else "val" for number, path in enumerate(IMAGES)}
DATA = dataset(IMAGES, SPLITS)
FRAMES = st.lists(
    st.tuples(st.sampled_from(IMAGES), st.sampled_from(["dark 1", "dark 22", "blue"]), st.sampled_from(["note", None])),
    max_size=120,
    unique_by=lambda row: row[0],
) | st.sets(st.sampled_from(FOLDERS)).map(
    lambda chosen: [(path, "blue", None) for path in IMAGES if path.rpartition("/")[0] in chosen]
)


def frame(found: list[tuple[str, str, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(found, schema={"path": pl.String, "fact": pl.String, "severity": pl.String}, orient="row")


@pytest.mark.parametrize("rule", [Bare(), Once(), Single()], ids=lambda rule: str(rule.name))
@given(found=FRAMES)
def test_every_row_is_a_member_of_one_finding(rule: Rule, found: list[tuple[str, str, str | None]]) -> None:
    made = collected(DATA, (rule, frame(found)))
    assert sorted(made.members["path"]) == sorted(path for path, *_ in found)
    assert made.findings["count"].sum() == len(found)
    counts = dict(made.members.group_by("finding").len().iter_rows())
    assert counts == dict(made.findings.group_by("id").agg(pl.col("count").sum()).iter_rows())
    assert made.members["image"].null_count() == 0


@pytest.mark.parametrize("rule", [Bare(), Once()], ids=lambda rule: str(rule.name))
@given(found=FRAMES, chance=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rule: Rule, found: list[tuple[str, str, str | None]], chance: Any) -> None:
    other = list(found)
    chance.shuffle(other)
    first, second = (collected(DATA, (rule, frame(each))) for each in (found, other))
    assert first.findings.equals(second.findings)
    assert first.members.equals(second.members)


@given(found=FRAMES)
def test_a_group_is_as_large_as_it_must_be(found: list[tuple[str, str, str | None]]) -> None:
    for group in Groups(DATA).of(Bare(), frame(found)):
        assert group.count >= LEAST
        assert group.total is not None
        assert 2 * group.count >= group.total


@given(found=FRAMES)
def test_what_is_decided_one_by_one_stays_so(found: list[tuple[str, str, str | None]]) -> None:
    assert set(collected(DATA, (Single(), frame(found))).findings["scope"]) <= {"image"}


# -- which group -----------------------------------------------------------------------------------------------------


def test_the_whole_dataset() -> None:
    data = dataset([*named("cat", 10), *named("dog", 10)])
    assert said(data, Bare(), rows(named("cat", 10) + named("dog", 4))) == [("dataset", None, 14)]


def test_a_class_that_is_all_hit_says_more_than_half_of_the_dataset() -> None:
    data = dataset([*named("cat", 12), *named("dog", 8)])
    assert said(data, Bare(), rows(named("cat", 12))) == [("class", "cat", 12)]


def test_two_classes_of_many() -> None:
    data = dataset([path for name in "abcdefgh" for path in named(name, 10)])
    assert said(data, Bare(), rows(named("b", 10) + named("e", 9))) == [("class", "b", 10), ("class", "e", 9)]


def test_a_folder_above_explains_what_lies_in_several() -> None:
    paths = [*named("old/cat", 9), *named("old/dog", 9), *named("new/cat", 20), *named("new/dog", 20)]
    assert said(dataset(paths), Bare(), rows(paths[:18])) == [("folder", "old", 18)]


def test_a_split() -> None:
    paths = [f"img/{number}.jpg" for number in range(40)]
    val = dict.fromkeys(paths[::4], "val")
    data = dataset(paths, dict.fromkeys(paths, "train") | val)
    assert said(data, Bare(), rows(list(val))) == [("split", "val", 10)]


def test_few_or_thin_rows_stay_single() -> None:
    data = dataset([*named("cat", 7), *named("dog", 40)])
    assert said(data, Bare(), rows(named("cat", 7))) == [("image", None, 1)]
    assert said(data, Bare(), rows(named("dog", 19))) == [("image", None, 1)]
    assert said(data, Once(), rows(named("dog", 19))) == [("dataset", None, 19)]


def test_other_facts_are_other_groups() -> None:
    paths = named("cat", 20)
    facts = ["grey among 300 images", "grey among 299 images", "the name 'x'", "the name 'y'"]
    found = rows(paths).with_columns(fact=pl.Series([facts[number // 5] for number in range(20)]))
    assert said(dataset(paths), Once(), found) == [("dataset", None, 10)]
    assert collected(dataset(paths), (Once(), found)).findings["message"].to_list() == [
        "10 of 20 images: grey among 299 images (for example)",
        "10 of 20 images: the name 'x' (for example)",
    ]


def test_severities_are_told_apart_unless_the_config_sets_one() -> None:
    paths = named("cat", 20)
    found = rows(paths).with_columns(severity=pl.Series(["error", "note"] * 10))
    data = dataset(paths)
    assert sorted(collected(data, (Bare(), found)).findings["severity"]) == ["error", "note"]
    (group,) = Groups(data).of(Bare(), found, Severity.NOTE)
    assert group.count == 20


def test_rows_about_several_images_stay_as_they_are() -> None:
    paths = named("cat", 20)
    found = rows(paths).with_columns(related=pl.Series([[path] for path in reversed(paths)]))
    assert collected(dataset(paths), (Once(), found)).findings.height == 20


# -- records ---------------------------------------------------------------------------------------------------------


def boxes(per_file: dict[str, int]) -> pl.DataFrame:
    places = [(file, line) for file, number in per_file.items() for line in range(1, number + 1)]
    files = [file for file, _ in places]
    columns = {"path": [f"{file}.jpg" for file in files], "file": files, "line": [line for _, line in places]}
    return pl.DataFrame(columns, schema_overrides={"line": pl.UInt32})


def test_boxes_are_counted_as_boxes() -> None:
    """96 boxes in 24 images are not 96 of 24 images."""
    all_boxes = boxes({f"labels/{number:02}.txt": 4 for number in range(24)})
    data = dataset([f"labels/{number:02}.txt.jpg" for number in range(24)])
    data.tables["boxes"] = conform("boxes", all_boxes)
    found = all_boxes.with_columns(fact=pl.lit("outside"))
    made = collected(data, (Boxes(), found))
    (finding,) = made.findings.to_dicts()
    assert (finding["scope"], finding["count"]) == ("dataset", 96)
    assert finding["message"] == "all 96 boxes (in 24 of 24 images): outside"
    assert made.members.height == 96
    assert made.members.select("file", "line").rows() == found.select("file", "line").rows()


def test_one_label_file() -> None:
    all_boxes = boxes({"a.csv": 20, "b.csv": 50})
    data = dataset(["a.csv.jpg", "b.csv.jpg"])
    data.tables["boxes"] = conform("boxes", all_boxes)
    found = all_boxes.filter(pl.col("file") == "a.csv").with_columns(fact=pl.lit("outside"))
    (finding,) = collected(data, (Boxes(), found)).findings.to_dicts()
    assert (finding["scope"], finding["file"], finding["line"], finding["count"]) == ("file", "a.csv", None, 20)
    assert '"places": ["a.csv:1", "a.csv:2"' in finding["data"]


def test_how_many_there_are_may_not_be_known() -> None:
    found = boxes({"a.csv": 20}).with_columns(fact=pl.lit("outside"))
    (group,) = Groups(dataset(["a.csv.jpg"])).of(Boxes(), found)
    assert (group.who, group.total, group.share) == ("20 boxes of a.csv", None, None)


# -- words and identity ----------------------------------------------------------------------------------------------


class Worded(Bare):
    """With words of its own for groups."""

    code, name = "TEST015", "worded"
    message = "{width} pixels wide, {share:.0%} of it {colour}"
    fact: ClassVar[tuple[str, ...]] = ()
    group_message = "{who} are {width} wide and {share:.0%} {colour}"
    group_hint = "change all {count}"
    group_severity = Severity.NOTE

    def check(self, data: Dataset) -> pl.LazyFrame:
        images = data.images.with_row_index("row")
        colour = pl.concat_str(pl.lit("c"), (pl.col("row") % 5).cast(pl.String))
        return images.select("path", width=10 + pl.col("row"), share=pl.lit(0.25), colour=colour)


def test_words_of_a_group() -> None:
    hits, crashed = judge([Worded()], dataset(named("cat", 20)), SETTINGS, None)
    assert not crashed
    (finding,) = collect(hits, dataset(named("cat", 20)), Acceptances(SETTINGS, DATA)).findings.to_dicts()
    assert finding["message"] == "all 20 images are 10 to 29 wide and 25 % c0, c1 and 3 others"
    assert (finding["hint"], finding["severity"]) == ("change all 20", "note")
    assert (finding["path"], finding["subject"]) == (None, None)


def test_a_wrong_template_of_a_group_is_the_rules_fault() -> None:
    class Typo(Worded):
        code, name = "TEST016", "typo"
        group_message = "{whom} are {width} wide"

    _, (crashed,) = judge([Typo()], dataset(named("cat", 20)), SETTINGS, None)
    assert "'whom'" in crashed.reason


def test_the_id_is_the_rule_and_the_group() -> None:
    data = dataset([*named("a/cat", 20), *named("b/dog", 30)])
    other = dataset([*named("a/cat", 33), *named("b/dog", 60)])
    ids = [
        collected(where, (Bare(), found)).findings["id"].to_list()
        for where, found in (
            (data, rows(named("a/cat", 20))),
            (data, rows(named("a/cat", 20)[4:], score=0.5)),
            (other, rows(named("a/cat", 33))),
        )
    ]
    assert len(ids[0]) == 1
    assert ids[0] == ids[1] == ids[2]
    assert collected(data, (Bare(), rows(named("b/dog", 30)))).findings["id"].to_list() != ids[0]


# -- what else knows groups ------------------------------------------------------------------------------------------


def test_a_quieter_rule_yields_to_all_members() -> None:
    paths = named("cat", 60)
    louder, quieter = (Once(), rows(paths)), (Quieter(), rows(paths[30:]))
    found = collected(dataset(paths), louder, quieter).findings
    assert found["name"].to_list() == ["once"]


def test_a_rule_may_name_all_members_itself() -> None:
    paths = named("cat", 60)
    whole = pl.DataFrame({"path": [None], "examples": [paths[:3]], "members": [paths], "fact": ["60 are grey"]})
    made = collected(dataset(paths), (Once(), whole), (Quieter(), rows(paths[30:])))
    (finding,) = made.findings.to_dicts()
    assert (finding["scope"], finding["count"], finding["related"]) == ("dataset", 60, paths[:3])
    assert made.members["path"].to_list() == paths


def test_accepted_members_leave_the_group() -> None:
    paths = [*named("old/cat", 20), *named("new/cat", 20)]
    data = dataset(paths)

    def left(**entry: Any) -> tuple[list[tuple[str, str | None, int]], int]:
        accept = (Accept(rule="bare", reason="known", **entry),)
        made = collected(data, (Bare(), rows(paths)), settings=Config(isolated=True, accept=accept))
        return made.findings.select("scope", "subject", "count").rows(), sum(each.count for each in made.accepted)

    assert left(path="old/**") == ([("folder", "new", 20)], 20)
    (identity,) = collected(data, (Bare(), rows(paths))).findings["id"]
    assert left(content=identity) == ([], 1)


def test_every_scope_has_a_name() -> None:
    assert [str(scope) for scope in Scope] == ["record", "image", "file", "folder", "class", "split", "dataset"]


def test_a_frame_of_any_size() -> None:
    """Polars evaluates large frames in parts, which a predicate of literals alone does not survive."""
    paths = [f"c{number % 1000}/{number}.jpg" for number in range(300_000)]
    (group,) = Groups(dataset(paths)).of(Bare(), rows(paths))
    assert (group.scope, group.count, group.total) == ("dataset", 300_000, 300_000)
