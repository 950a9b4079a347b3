"""The dataset at a glance: every number in it is right, and none of it grows with the dataset."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset import Dataset
from datalint.dataset.schema import conform
from datalint.report import samples
from datalint.report.html import classes, distributions, glance, groups, objects, svg
from tests.report import factory


def detection(root: Path, images: int = 40) -> Dataset:
    """The images of the factory with boxes instead of labels: of a every image, of b every second one."""
    data = factory.dataset(root, images)
    paths = data.table("images")["path"].to_list()
    rows = [
        {"image": number, "path": path, "class": name, "x": 10.0 + 40 * place, "y": 20.0, "w": 16.0, "h": 16.0}
        for number, path in enumerate(paths)
        for place, name in enumerate("ab")
        if name == "a" or number % 2
    ]
    data.tables |= {"labels": data.table("labels").clear(), "boxes": conform("boxes", pl.DataFrame(rows))}
    return data


def masks(root: Path, values: list[list[int]], mode: str) -> Dataset:
    """Images without labels and their masks, which hold these values; a list names two of them."""
    data = factory.dataset(root, len(values))
    listed = {"declared_in": "labelmap.txt", "indices": [0, 1], "colours": [0xFF0000, 0x00FF00]}
    rows = [
        {"mask": number, "path": f"masks/{number}.png", "of": path, "mode": mode} | listed
        | {"values": some, "different": len(some)}
        for number, (path, some) in enumerate(zip(data.table("images")["path"], values, strict=True))
    ]  # fmt: skip
    names = [
        {"class": name, "class_id": number, "source": "labelmap.txt"} for number, name in enumerate(("road", "sky"))
    ]
    data.masks = conform("masks", pl.DataFrame(rows))
    data.tables |= {"labels": data.table("labels").clear(), "classes": conform("classes", pl.DataFrame(names))}
    return data


def figure(data: Dataset, name: str) -> distributions.Figure:
    return next(one for one in distributions.figures(data) if one.name == name)


class TestClasses:
    def test_every_image_is_counted_in_its_class_and_split(self, tmp_path: Path) -> None:
        found = classes.counted(factory.dataset(tmp_path))
        assert found is not None
        assert found.noun == "images"
        assert [(split.name, split.kind, split.images) for split in found.splits] == [
            ("train", "s1", 45), ("test", "s3", 15),
        ]  # fmt: skip
        assert [(row.name, row.total, row.parts) for row in found.rows] == [
            (name, 20, [15, 5]) for name in ("cat", "dog", "hare")
        ]

    def test_an_image_in_two_splits_is_counted_once(self, tmp_path: Path) -> None:
        data = factory.dataset(tmp_path)
        splits = data.table("splits")
        data.tables["splits"] = pl.concat([splits, splits.head(9).with_columns(split=pl.lit("val"))])
        found = classes.counted(data)
        assert found is not None
        assert sum(split.images for split in found.splits) == sum(row.total for row in found.rows) == 60
        assert {split.name for split in found.splits} == {"train", "test", "test and val"}

    def test_objects_are_counted_and_so_are_their_images(self, tmp_path: Path) -> None:
        data = detection(tmp_path)
        boxes = data.table("boxes")
        data.tables["boxes"] = pl.concat([boxes, boxes.head(1), boxes.tail(1).with_columns(repeats=pl.lit(True))])
        found = classes.counted(data)
        assert found is not None
        assert [(row.name, row.total, row.images) for row in found.rows] == [("a", 41, 40), ("b", 20, 20)]

    def test_masks_are_counted_by_the_classes_in_them(self, tmp_path: Path) -> None:
        """By index and by colour, named where a list names them; not where values number objects."""
        data = masks(tmp_path, [[0, 1], [0, 1, 7], [0]], "L")
        found = classes.counted(data)
        assert found is not None
        assert found.noun == "masks"
        assert [(row.name, row.total) for row in found.rows] == [("road", 3), ("sky", 2), ("value 7", 1)]
        found = classes.counted(masks(tmp_path, [[0xFF0000], [0x00FF00, 0x0A0B0C], [0xFF0000]], "RGB"))
        assert found is not None
        assert [(row.name, row.total) for row in found.rows] == [("road", 2), ("colour #0a0b0c", 1), ("sky", 1)]
        data = masks(tmp_path, [[0, 1], [0, 1, 7], [0]], "L")
        data.masks = data.masks.with_columns(colours=pl.lit([], pl.List(pl.Int64)))  # a list without colours
        found = classes.counted(data)
        assert found is not None
        assert [(row.name, row.total) for row in found.rows] == [("road", 3), ("sky", 2), ("value 7", 1)]
        found = classes.counted(masks(tmp_path, [[0x010101], [0]], "LA"))
        assert found is not None
        assert {row.name for row in found.rows} == {"colour #010101", "colour #000000"}
        data = masks(tmp_path, [[0, 1], [0]], "P")
        for palette, named in (([0xFF0000, 0x00FF00], "road"), ([0, 0xFF0000], "value 0")):
            data.masks = data.masks.with_columns(palette=pl.lit(palette, pl.List(pl.Int64))).head(1)
            found = classes.counted(data)
            assert found is not None
            assert named in {row.name for row in found.rows}
        objects = classes.counted(masks(tmp_path, [[*range(40)], [*range(40, 90)], [0]], "L"))
        assert objects is not None
        assert objects.rows == []

    def test_many_classes_and_splits_are_summed_up(self, tmp_path: Path) -> None:
        data = factory.dataset(tmp_path)
        number = pl.int_range(60)
        data.tables["labels"] = data.table("labels").with_columns(pl.format("class {}", number).alias("class"))
        data.tables["splits"] = data.table("splits").with_columns(pl.format("fold {}", number % 30).alias("split"))
        found = classes.counted(data)
        assert found is not None
        assert (len(found.rows), found.more, found.rest) == (classes.CLASSES, 20, 20)
        assert len(found.splits) == classes.SPLITS + 1
        assert sum(split.images for split in found.splits) == 60
        assert found.splits[-1][:3] == ("other splits", "s0", 50)
        assert all(sum(row.parts) == row.total for row in found.rows)

    def test_images_outside_of_all_splits_have_a_part(self, tmp_path: Path) -> None:
        data = factory.dataset(tmp_path)
        data.tables["splits"] = data.table("splits").head(50)
        found = classes.counted(data)
        assert found is not None
        assert found.splits[-1][:3] == ("no split", "s0", 10)

    def test_labels_of_images_that_are_not_there_count(self, tmp_path: Path) -> None:
        data = factory.dataset(tmp_path)
        data.tables |= {
            "labels": data.table("labels").with_columns(image=pl.lit(None, pl.UInt32)),
            "images": data.table("images").clear(),
            "splits": data.table("splits").clear(),
        }
        found = classes.counted(data)
        assert found is not None
        assert [row.total for row in found.rows] == [20, 20, 20]
        assert not found.splits


class TestImages:
    def test_all_are_there(self, tmp_path: Path) -> None:
        data = factory.dataset(tmp_path)
        assert [one.name for one in distributions.figures(data)] == ["sizes", "aspect", "brightness", "channels"]
        data.tables.clear()
        assert distributions.figures(data) == []

    def test_words_say_what_is_drawn(self, tmp_path: Path) -> None:
        data = factory.dataset(tmp_path)
        sides = data.table("images").select("width", "height")
        wide = sides.filter(pl.col("width") > pl.col("height")).height
        assert figure(data, "aspect").words == f"{wide} wider than tall, {60 - wide} taller than wide, 0 square"
        assert figure(data, "sizes").words == "2 sizes; the commonest, 96 × 72, is that of 80 % of the images"
        median = float(np.median(data.table("images")["brightness"].to_numpy()))
        assert figure(data, "brightness").words.startswith(f"Median {median:.3g}, half lie between")

    def test_grey_images_have_no_chart_of_colour(self, tmp_path: Path) -> None:
        data = factory.dataset(tmp_path)
        data.tables["images"] = data.table("images").with_columns(mean_g=pl.col("mean_r"), mean_b=pl.col("mean_r"))
        assert "channels" not in {one.name for one in distributions.figures(data)}

    def test_declared_sizes_are_shown_where_no_image_is_there(self, tmp_path: Path) -> None:
        data = Dataset(tmp_path)
        named = pl.DataFrame({"path": ["a.jpg", "b.jpg"], "width": [640.0, 0.0], "height": [480.0, 9.0]})
        data.tables["named"] = conform(
            "named", pl.concat([named, named.with_columns(path="c" + pl.col("path"), width=99.0)])
        )
        assert figure(data, "sizes").words.startswith("3 sizes")


class TestObjects:
    def test_counts_include_images_without_an_object(self, tmp_path: Path) -> None:
        data = detection(tmp_path)
        data.tables["boxes"] = data.table("boxes").filter(pl.col("image") >= 4)
        counts = objects.figures(data, objects.placed(data))[0]
        assert counts.words == "1.4 an image on average, at most 2; 4 images without one"

    def test_a_crowd_does_not_squeeze_the_others(self, tmp_path: Path) -> None:
        data = detection(tmp_path)
        crowd = pl.concat([data.table("boxes").head(1)] * 500)
        data.tables["boxes"] = pl.concat([data.table("boxes"), crowd])
        counts = objects.figures(data, objects.placed(data))[0]
        assert "at most 501" in counts.words
        assert ">24+<" in counts.chart

    def test_sizes_are_by_the_root_of_the_area(self, tmp_path: Path) -> None:
        data = detection(tmp_path)
        sizes = objects.figures(data, objects.placed(data))[1]
        assert sizes.words == "Median 16 px; by COCO's bounds 100 % are small (under 32 px), 0 % large (from 96 px)"

    def test_centres_are_where_they_are(self, tmp_path: Path) -> None:
        """Of a at 18, 28 in images of 96 x 72 or 72 x 96; of b 40 pixels further to the right."""
        data = detection(tmp_path)
        data.tables["images"] = data.table("images").with_columns(width=pl.lit(100), height=pl.lit(100))
        every, a, b = objects.maps(data, objects.placed(data))
        assert [(each.name, each.objects) for each in (every, a, b)] == [("", 60), ("a", 40), ("b", 20)]
        assert re.findall(r'd="([^"]*)"', str(a.chart)) == ["M3 5h1v1h-1z"]
        assert re.findall(r'd="([^"]*)"', str(b.chart)) == ["M11 5h1v1h-1z"]

    def test_polygons_without_a_box_have_the_box_around_them(self, tmp_path: Path) -> None:
        data = factory.dataset(tmp_path, 4)
        path = data.table("images")["path"][0]
        rows = [
            {"path": path, "class": "a", "part": 0, "points": [10.0, 20.0, 30.0, 60.0, 10.0, 60.0], "unit": "pixels"},
            {"path": path, "class": "a", "part": 0, "points": [0.5, 0.5, 1.0, 1.0, 0.5, 1.0], "unit": "share"},
            {
                "path": path,
                "class": "a",
                "part": 0,
                "box": 3,
                "points": [1.0, 2.0, 3.0, 4.0, 0.0, 0.0],
                "unit": "pixels",
            },
        ]
        data.tables["polygons"] = conform("polygons", pl.DataFrame(rows))
        width, height = data.table("images").select("width", "height").row(0)
        assert objects.placed(data).select(*"xywh").rows() == [
            (10, 20, 20, 40), (width / 2, height / 2, width / 2, height / 2),
        ]  # fmt: skip

    def test_which_classes_stand_together(self, tmp_path: Path) -> None:
        a, b = objects.together(detection(tmp_path))
        assert (a.name, a.images, [share for _, share in a.shares]) == ("a", 40, ["100 %", "50 %"])
        assert (b.name, b.images, [share for _, share in b.shares]) == ("b", 20, ["100 %", "100 %"])
        assert objects.together(factory.dataset(tmp_path)) == []

    @given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abcdefghijklmno")), max_size=40))
    def test_together_counts_as_sets_do(self, labels: list[tuple[int, str]]) -> None:
        rows = [{"path": str(image), "class": name} for image, name in labels]
        data = Dataset(Path(), tables={"labels": conform("labels", pl.DataFrame(rows))})
        holding = {name: {image for image, other in labels if other == name} for _, name in labels}
        for row in objects.together(data):
            assert row.images == len(holding[row.name])
        made = {row.name: row for row in objects.together(data)}
        for one in made.values():
            for (level, _), other in zip(one.shares, made, strict=True):
                share = len(holding[one.name] & holding[other]) / len(holding[one.name])
                assert level == int(np.ceil(svg.LEVELS * share))

    def test_boxes_of_no_sense_are_left_out(self, tmp_path: Path) -> None:
        data = detection(tmp_path)
        bad = data.table("boxes").head(3).with_columns(x=pl.Series([float("nan"), float("inf"), 0.0]), w=pl.lit(0.0))
        data.tables["boxes"] = pl.concat([data.table("boxes"), bad])
        assert objects.placed(data).height == 60

    @given(st.lists(st.tuples(*[st.floats()] * 4), min_size=1, max_size=4))
    def test_whatever_numbers_label_files_hold(self, boxes: list[tuple[float, ...]]) -> None:
        images = [{"image": 0, "path": "a.png", "status": "ok", "width": 40, "height": 30}]
        rows = [dict(zip("xywh", sides, strict=True)) | {"image": 0, "path": "a.png", "class": "a"} for sides in boxes]
        tables = {"images": conform("images", pl.DataFrame(images)), "boxes": conform("boxes", pl.DataFrame(rows))}
        data = Dataset(Path(), tables=tables)
        placed = objects.placed(data)
        assert len(objects.figures(data, placed)) == (2 if placed.height else 0)
        assert sum(found.objects for found in objects.maps(data, placed)) == placed.height


class TestSamples:
    def test_they_are_spread_over_classes_and_splits(self, tmp_path: Path) -> None:
        found = samples.chosen(factory.dataset(tmp_path), seed=0)
        counts = pl.DataFrame(found, orient="row", schema=list(samples.Sample._fields))
        assert counts.group_by("label", "split").len().sort("label", "split").rows() == [
            (name, split, 3) for name in ("cat", "dog", "hare") for split in ("test", "train")
        ]
        assert len({sample.path for sample in found}) == len(found)
        assert [sample.split for sample in found[:6]] == ["train"] * 3 + ["test"] * 3

    def test_only_the_seed_decides(self, tmp_path: Path) -> None:
        data = factory.dataset(tmp_path)
        assert samples.chosen(data, 1) == samples.chosen(data, 1) != samples.chosen(data, 2)

    def test_they_are_few_however_many_classes_there_are(self, tmp_path: Path) -> None:
        data = factory.dataset(tmp_path)
        data.tables["labels"] = data.table("labels").with_columns(
            pl.format("class {}", pl.int_range(60)).alias("class")
        )
        assert len({sample.label for sample in samples.chosen(data, 0)}) == samples.CLASSES

    def test_objects_are_cut_out_within_their_image(self, tmp_path: Path) -> None:
        data = detection(tmp_path)
        edge = pl.col("image") % 3 == 0
        data.tables["boxes"] = data.table("boxes").with_columns(x=pl.when(edge).then(-4.0).otherwise("x"))
        found = samples.chosen(data, 0)
        sides = {path: size for path, *size in data.table("images").select("path", "width", "height").iter_rows()}
        of_objects = [sample for sample in found if sample.label]
        assert {sample.label for sample in of_objects} == {"a", "b"}
        for sample in of_objects:
            assert sample.part is not None
            left, top, right, bottom = sample.part
            width, height = sides[sample.path]
            assert 0 <= left < right <= width
            assert 0 <= top < bottom <= height
        assert sum(not sample.label for sample in found) == samples.WHOLE

    def test_broken_images_are_left_out(self, tmp_path: Path) -> None:
        report = factory.report(tmp_path)
        images = report.dataset.table("images")
        report.dataset.tables["images"] = images.with_columns(status=pl.lit("truncated"))
        assert samples.chosen(report.dataset, 0) == []
        assert samples.make(report.dataset, report.config) == ()

    def test_the_page_shows_them(self, tmp_path: Path) -> None:
        report = factory.report(tmp_path)
        samples.illustrate(report)
        page = report.render("html")
        assert page.count('alt="cat: ') == samples.PICTURES
        assert page.count("data:image/jpeg") >= 18


class TestGroups:
    def test_a_shift_is_drawn_by_split(self, tmp_path: Path) -> None:
        data = factory.dataset(tmp_path)
        brighter = pl.when(pl.col("path").str.starts_with("test/")).then(0.9).otherwise(0.2)
        noise = pl.int_range(60) / 1000
        data.tables["images"] = data.table("images").with_columns(brightness=(brighter + noise).cast(pl.Float32))
        (drawn,) = self.charts(data, "DL312", {"property": "brightness", "split": "train", "other": "test"})
        assert [name for _, name in drawn.legend] == ["train", "test"]
        assert drawn.words == "Medians: train 0.237, test 0.907"

    def test_a_shortcut_is_drawn_by_class(self, tmp_path: Path) -> None:
        data = factory.dataset(tmp_path)
        png = pl.when(pl.col("path").str.contains("/cat/")).then(pl.lit("PNG")).otherwise(pl.lit("JPEG"))
        data.tables["images"] = data.table("images").with_columns(format=png)
        (drawn,) = self.charts(data, "DL505", {"property": "format"}, subject="cat")
        assert drawn.words == "JPEG: cat 0 %, the others 100 %; PNG: cat 100 %, the others 0 %"

    def test_a_class_may_have_a_comma_in_its_name(self, tmp_path: Path) -> None:
        data = factory.dataset(tmp_path)
        data.tables["labels"] = data.table("labels").with_columns(pl.col("class").replace("cat", "cat, wild"))
        (drawn,) = self.charts(data, "DL505", {"property": "width"}, subject="cat, wild")
        assert drawn.legend[0][1] == "cat, wild"

    def test_drift_is_drawn_by_class(self, tmp_path: Path) -> None:
        (drawn,) = self.charts(factory.dataset(tmp_path), "DL704", {"one": "train", "other": "test"})
        assert "cat: train 33 %, test 33 %" in drawn.words

    def test_what_two_splits_share(self, tmp_path: Path) -> None:
        data = factory.dataset(tmp_path)
        both = data.table("splits").filter(pl.col("split") == "test").with_columns(split=pl.lit("train"))
        data.tables["splits"] = pl.concat([data.table("splits"), both])
        (drawn,) = self.charts(data, "DL705", {"one": "train", "other": "test"})
        assert drawn.words == "only train 45, both 15, only test 0"

    @pytest.mark.parametrize("data", [{}, {"property": "weight"}, {"property": 3, "one": [], "other": None}])
    @pytest.mark.parametrize("code", ["DL312", "DL505", "DL704", "DL705", "DL101"])
    def test_data_of_no_sense_draws_nothing(self, tmp_path: Path, code: str, data: dict[str, Any]) -> None:
        assert self.charts(factory.dataset(tmp_path, 8), code, data) == []

    @staticmethod
    def charts(data: Dataset, code: str, values: dict[str, Any], subject: str | None = None) -> list[Any]:
        import json

        return groups.charts(data, code, pl.DataFrame({"data": [json.dumps(values)], "subject": [subject]}))


def test_folders_that_are_alike_are_one_line(tmp_path: Path) -> None:
    data = factory.dataset(tmp_path)
    rows = [
        {"path": f"train/{n:04d}", "role": "class", "of": str(n), "images": 2, "evidence": "x"} for n in range(1000)
    ]
    rows += [{"path": "train", "role": "split", "of": "train", "images": 2000, "evidence": "its name"}]
    rows += [{"path": "copy", "role": "copy", "of": "train", "images": 2, "evidence": "same files"}]
    data.tables["folders"] = conform("folders", pl.DataFrame(rows))
    assert glance.folders(data) == [
        ("train", "split train", 1, 2000, "its name"),
        ("train/*", "1,000 class folders", 1000, 2000, ""),
        ("copy", "copy of train", 1, 2, "same files"),
    ]


@pytest.mark.parametrize("hostile", [factory.HOSTILE, '"><svg onload=alert(1)>', "a\u202eb", "x" * 5000])
def test_names_of_classes_splits_and_folders_are_inert(tmp_path: Path, hostile: str) -> None:
    pages = []
    for name in ("x", hostile):
        report = factory.report(tmp_path, rows=[])
        data = report.dataset = detection(tmp_path)
        rows = [{"path": name, "role": "class", "of": name, "images": 3, "evidence": name}]
        data.tables |= {
            "boxes": data.table("boxes").with_columns(pl.col("class").replace("a", name)),
            "splits": data.table("splits").with_columns(pl.col("split").replace("train", name)),
            "folders": conform("folders", pl.DataFrame(rows)),
        }
        report.command = name
        samples.illustrate(report)
        pages.append(report.render("html"))
    tags = [re.findall(r"<(\w+)", page.split("<script", 1)[0]) for page in pages]
    assert sorted(tags[0]) == sorted(tags[1])
    assert "\u202e" not in pages[1]
    assert "onload=alert(1)>" not in pages[1].split("<script", 1)[0]


def test_how_the_report_was_made(tmp_path: Path) -> None:
    report = factory.report(tmp_path)
    assert [name for name, _ in glance.scan(report)] == ["Version", "Settings"]
    report.command, report.made = "datalint scan '<b>'", datetime(2026, 1, 31, 12, 5, tzinfo=UTC)
    page = report.render("html")
    assert "datalint scan &#39;&lt;b&gt;&#39;" in page
    assert "2026-01-31 12:05 UTC" in page
    for form in ("json", "jsonl", "sarif", "markdown", "text"):
        assert "12:05" not in report.render(form)


def test_the_page_of_a_large_dataset_is_small(tmp_path: Path) -> None:
    """1,000 classes, 200 splits and 300,000 boxes."""
    data = factory.dataset(tmp_path)
    image = np.arange(300_000) % 60
    boxes = pl.DataFrame(
        {"image": image, "class": [f"class {n % 1000}" for n in range(300_000)], "x": image / 2, "y": image / 3}
    ).with_columns(w=pl.lit(9.0), h=pl.lit(9.0), path=data.table("images")["path"].gather(image))
    data.tables |= {
        "labels": data.table("labels").clear(),
        "boxes": conform("boxes", boxes),
        "splits": pl.concat(
            data.table("splits").with_columns(split=pl.lit(f"fold {n}")) for n in range(200)
        ),
    }  # fmt: skip
    report = factory.report(tmp_path / "other", rows=[])
    report.dataset = data
    page = report.render("html")
    assert "960 smaller classes" in page
    assert len(page.encode()) < 400_000


class TestDrawing:
    @given(st.floats(1e-3, 1e12))
    def test_axes_end_at_round_numbers_above(self, most: float) -> None:
        top, steps = svg.scale(most)
        assert top >= most * (1 - 1e-9)
        assert 2 <= len(steps) <= 6
        assert steps[-1] == pytest.approx(top)

    @given(st.integers(1, 10**9))
    def test_axes_of_counts_have_whole_steps(self, most: int) -> None:
        assert all(step == int(step) for step in svg.scale(most)[1])

    def test_names_are_escaped(self) -> None:
        hostile = "<script>\"'&"
        drawn = svg.grouped(hostile, hostile, [hostile], [[1.0]], ["s1"])
        assert "<script" not in drawn
        assert svg.histogram("a", "b", [1], [svg.Tick(0, hostile)]).count("<") == svg.histogram(
            "a", "b", [1], [svg.Tick(0, "x")]
        ).count("<")

    def test_nothing_to_draw_is_no_error(self) -> None:
        for chart in (svg.histogram("a", "b", [], []), svg.scatter("a", "b", [], [], []), svg.heat("a", "b", {}, 4, 4)):
            assert chart.startswith("<svg")
