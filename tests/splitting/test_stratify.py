"""Groups are dealt out by class."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from datalint.splitting.stratify import Group, dealt

SHARES = {"train": 0.8, "val": 0.1, "test": 0.1}


def held(groups: list[Group], splits: list[str], split: str, name: str | None = None) -> int:
    chosen = [group for group, own in zip(groups, splits, strict=True) if own == split]
    return sum(group.size if name is None else group.classes.get(name, 0) for group in chosen)


def test_one_class_a_picture() -> None:
    groups = [Group(1, {"cat": 1})] * 50 + [Group(1, {"dog": 1})] * 30 + [Group(1, {"fox": 1})] * 10
    splits = dealt(groups, SHARES)
    for name, count in (("cat", 50), ("dog", 30), ("fox", 10)):
        assert [held(groups, splits, split, name) for split in SHARES] == [count * 0.8, count * 0.1, count * 0.1]


def test_the_rarest_of_several_classes_is_dealt_first() -> None:
    """The rare class is in every split, though nine in ten pictures have the frequent one too."""
    groups = [Group(1, {"cat": 1, "fox": 1})] * 10 + [Group(1, {"cat": 1})] * 90
    splits = dealt(groups, SHARES)
    assert [held(groups, splits, split, "fox") for split in SHARES] == [8, 1, 1]
    assert [held(groups, splits, split, "cat") for split in SHARES] == [80, 10, 10]


def test_large_groups_go_where_they_fit() -> None:
    groups = [Group(30, {"cat": 30}), Group(40, {"cat": 40}), *[Group(10, {"cat": 10})] * 3]
    assert dealt(groups, SHARES) == ["train", "train", "train", "val", "test"]


def test_what_has_no_class_fills_up() -> None:
    groups = [Group(1, {})] * 20
    splits = dealt(groups, SHARES)
    assert [held(groups, splits, split) for split in SHARES] == [16, 2, 2]


@given(
    st.lists(
        st.builds(
            lambda size, names: Group(size, {name: size for name in names}),  # noqa: C420 - for the type checker
            st.integers(1, 5),
            st.sets(st.sampled_from("abcd")),
        ),
        max_size=60,
    )
)
def test_each_group_is_dealt_once_and_alike_each_time(groups: list[Group]) -> None:
    splits = dealt(groups, SHARES)
    assert len(splits) == len(groups)
    assert set(splits) <= SHARES.keys()
    assert dealt(groups, SHARES) == splits
    if groups:
        total, largest = sum(group.size for group in groups), max(group.size for group in groups)
        for split, share in SHARES.items():
            # A class more of which is elsewhere may take some pictures; a few a class.
            assert abs(held(groups, splits, split) - share * total) <= 4 * largest + 4
