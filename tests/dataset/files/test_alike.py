"""Many files of one name: what a path means is found without looking at each of them."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.files import label_pairs, matching
from datalint.dataset.files.alike import FEW, Alike
from datalint.dataset.files.image_names import LONGEST, ImageNames
from datalint.dataset.files.matching import Known

MANY = 30_000
PARTS = st.lists(st.sampled_from(["a", "b", "a.b", "c"]), max_size=4)


def files(paths: list[str]) -> pl.DataFrame:
    """As `Tree.files`, all of them candidates."""
    path = pl.Series("path", paths)
    name = pl.col("name")
    return (
        pl.DataFrame({"path": path})
        .with_row_index("file_row")
        .with_columns(
            pl.col("path").str.replace(r"/?[^/]*$", "").alias("folder"),
            pl.col("path").str.replace(r"^.*/", "").alias("name"),
            pl.lit(value=True).alias("candidate"),
            pl.col("path").str.extract(r"\.([^./]*)$").alias("extension"),
        )
        .with_columns(name.str.replace(r"\.[^.]*$", "").alias("stem"))
    )


@given(st.lists(PARTS, min_size=1, max_size=6, unique_by=tuple), PARTS, st.sampled_from(["", "a", "b", "a/b"]))
def test_the_longest_ending_wins_as_if_each_were_looked_at(
    folders: list[list[str]], asked: list[str], folder: str
) -> None:
    paths = {row: "/".join([*parts, "x.jpg"]) for row, parts in enumerate(folders)}
    name = "/".join([*asked, "x.jpg"])
    expected = None
    for start in range(len(asked) + 1):
        tail = "/" + "/".join([*asked, "x.jpg"][start:])
        ends = [row for row, path in paths.items() if f"/{path}".endswith(tail)]
        near = [row for row in ends if not folder or paths[row].startswith(f"{folder}/")]
        if ends:
            expected = next((some[0] for some in (near, ends) if len(some) == 1), None)
            break
    alike = Alike(paths)
    assert alike.nearest(name, (folder,)) == expected
    whole = [path for path in paths.values() if f"/{path}".endswith(f"/{name}")]
    assert sorted(alike.ending(name, 100)) == sorted(whole)
    assert alike.ending(name, 1) == alike.ending(name, 100)[:1]


def test_as_many_lookups_as_files_of_one_name() -> None:
    """Each with each would be a thousand million comparisons."""
    names = ImageNames(files([f"s{n:06}/rgb.png" for n in range(MANY)]))
    for n in range(MANY):
        assert names.by_stem("rgb", [f"s{n:06}"]).row == n
        assert names.find("rgb.png", [f"s{n:06}"]).row == n
        assert names.find(f"x/s{n:06}/rgb.png", ["labels"]).row == n
        assert names.find(f"x{n}/rgb.png", ["labels"]).row is None


def test_a_name_longer_than_any_path_is_not_looked_for() -> None:
    names = ImageNames(files(["a/x.png"]))
    assert names.find("a/" * LONGEST + "x.png", [""]).fault == f"a name of {2 * LONGEST + 5:,} characters"
    assert names.by_stem("a/" * LONGEST + "x", [""]).fault == f"a name of {2 * LONGEST + 1:,} characters"
    deep = "b/" * (LONGEST // 2 - 5) + "x.png"
    assert names.find(deep, [""]).row == 0


def test_how_many_files_of_one_name_are_sorted_is_kept_for_the_next_table() -> None:
    known = Known(files([f"s{n:04}/rgb.png" for n in range(FEW + 1)]))
    first = known.alike(["rgb.png"], extension=True)["rgb.png"]
    assert known.alike(["rgb.png"], extension=True)["rgb.png"] is first
    for n in range(FEW + 1):
        how = matching.naming(["rgb.png"], known, f"s{n:04}", extension=True)
        assert (how.bases, how.share) == ((f"s{n:04}",), 1.0)


def test_the_own_folder_is_a_base_however_many_others_there_are() -> None:
    known = Known(files([f"s{n:04}/rgb.png" for n in range(1000)]))
    for cells, extension in ((["rgb.png"], True), (["rgb"], False)):
        how = matching.naming(cells, known, "s0999", extension)
        assert how.bases == ("s0999",)
        assert matching.locate(pl.Series(cells), known, how).to_list() == [999]


def test_label_folders_beside_as_many_image_folders() -> None:
    """All of their files have one name: a pair of each with each would fill the memory."""
    count = 20_000
    tree = files([f"a{n:05}/0.png" for n in range(count)] + [f"b{n:05}/0.txt" for n in range(count)])
    texts = label_pairs.text_files(tree.filter(pl.col("extension") == "txt").with_columns(bytes=pl.lit(1)))
    images = (
        tree.with_columns(pl.col("extension") == "png")
        .drop("candidate")
        .with_columns((pl.col("name") == "0.png").alias("candidate"), pl.lit("png").alias("extension"))
    )
    assert label_pairs.pairs(images, texts).height == count
