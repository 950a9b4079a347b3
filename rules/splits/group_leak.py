"""The rule `group-leak`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules._degree import above
from datalint.rules.splits._likeness import closest, mirrored, standardised
from datalint.rules.splits._sequences import sequences
from datalint.rules.splits._shared import order
from datalint.rules.splits._sources import FOLDER, SIDES, sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from polars import DataFrame

    from datalint import Dataset

#: Sources of a pattern that must be spread over splits before it is believed.
_SOURCES = 3
#: Pictures of one source that are compared.
_COMPARED = 12
#: Share of a pattern's spread sources that must look alike.
_AGREE = 0.6
#: More sources of one pattern are one finding, which names the first few.
_MOST_SINGLE, _NAMED = 12, 3


class GroupLeak(Rule):
    """Pictures of one recording, patient, burst or source in several splits.

    ## What it does
    Reads sources from file names (`video_0001_frame_0123`, `patient12-slice-3`, `apple02 (3)`, `10_left`, Roboflow's
    `name.rf.<hash>`, `name_flip`), from folders below a class or split (`walk/v_g01_c02`), and bursts from EXIF times
    (one camera, within seconds). Where the numbers of tracks start again in each class, class and track together are
    the source. A name alone proves nothing, so the pixels must agree: pictures of one source in two splits have to
    look more alike than pictures of different sources do. Frames of one recording that were dealt out one by one are
    found by their numbers: neighbours in other splits have to be much closer to each other than frames far apart.
    Mere counters, and sources that are another word for the class, do not count. One finding per source; all its
    pictures are related paths. More than twelve sources of one kind are one finding, whose pictures are listed in the
    exported table `members`. `--export` writes a split that keeps sources together as `split_proposal.csv`.

    ## Why is this bad?
    Frames of one recording are nearly the same picture. A model that has seen some of them scores too high on the
    others, and the score says little about the next recording or patient.

    ## Example
    In `fixtures/group-leak/bad` the frames of each video are spread over train and test. In
    `fixtures/group-leak/good` each video is in one split.

    ## When not to use it
    Where the model will only ever see the recordings, patients or places that it was trained on.
    """

    code, name, since = "DL703", "group-leak", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.PIXELS, Need.SPLITS)
    fixable = True
    message = "{count} pictures of {pattern} ({subject}) are spread over {splits}"
    hint = "split by source: keep all pictures of a source in one split; --export proposes one in split_proposal.csv"
    yields_to = ("split-leak", "near-split-leak")
    said_once = True
    fact = ("pattern",)
    group_message = "{who} are pictures of {pattern} that is spread over {splits}"

    min_images = option(3, "The fewest pictures that a source needs.", low=2)
    min_alike = option(
        0.15,
        "By how much the correlation of thumbnails within a source must exceed that between sources. Our "
        "choice: it stays silent on datasets numbered at random.",
        low=0.0,
        high=1.0,
    )

    def check(self, data: Dataset) -> DataFrame:
        """Sources whose pictures are in several splits and look alike."""
        spread = self._spread(data)
        found = [
            alike
            for _, frame in spread.group_by("pattern", maintain_order=True)
            if (alike := self._alike(self._by_class(frame, data), data)) is not None
        ]
        found.append(self._dealt(data, spread.select("image", "split", "rank").clear()))
        rows = (
            pl.concat(found)
            .unique("image", keep="first", maintain_order=True)
            .join(data.table("images").select("image", "path"), on="image")
            .sort("rank", "path", descending=[True, False])
        )
        found_sources = (
            rows.group_by("pattern", "source")
            .agg(
                path=pl.col("path").first(),
                related=pl.col("path").slice(1),
                splits=pl.col("split").unique(maintain_order=True).reverse().str.join(" and "),
                count=pl.len(),
                several=pl.col("split").n_unique() > 1,
            )
            .filter("several")
            .drop("several")
            .rename({"source": "subject"})
            .with_columns(above(pl.col("count"), 1.0))
            .sort("path")
        )
        several = pl.len().over("pattern") > _MOST_SINGLE
        return pl.concat([found_sources.filter(~several), *_pictures(found_sources.filter(several))])

    def _once(self, data: Dataset) -> DataFrame:
        """(image, split, rank) of the images of one split; of two splits the later one has the higher rank."""
        splits = data.table("splits").unique()
        once = splits.filter(pl.col("split").n_unique().over("image") == 1)
        ranks = {split: rank for rank, split in enumerate(sorted(once["split"].unique().to_list(), key=order))}
        return once.with_columns(rank=pl.col("split").replace_strict(ranks, return_dtype=pl.Int32, default=0))

    def _spread(self, data: Dataset) -> DataFrame:
        """(pattern, source, image, split, rank, class): the pictures of sources that are in several splits."""
        classes = (
            data.table("labels").filter(pl.col("image").is_not_null()).group_by("image").agg(pl.col("class").min())
        )
        named: DataFrame = sources(data)
        rows = named.join(self._once(data), on="image").join(classes, on="image", how="left").sort("image")
        # A folder whose pictures have one class, and all of it, is the class.
        own = pl.col("class").n_unique().over("pattern", "source") == 1
        whole = pl.len().over("pattern", "source") == pl.len().over("pattern", "class")
        rows = rows.filter((pl.col("pattern") != FOLDER) | ~(own & whole & pl.col("class").is_not_null()))
        return rows.select("pattern", "source", "image", "split", "rank", "class")

    def _by_class(self, rows: DataFrame, data: Dataset) -> DataFrame:
        """The spread sources of one pattern: with the class in front where their names start again in each class."""
        again = rows.group_by("source").agg(pl.col("class").drop_nulls().n_unique())["class"]
        if (again > 1).mean() > 0.5 and not self._one(rows, data):  # type: ignore[operator]
            rows = rows.with_columns(source=pl.format("{}/{}", pl.col("class").fill_null("?"), "source"))
        sides = rows["pattern"][0] == SIDES if rows.height else False
        several = pl.col("split").n_unique().over("source") > 1
        # A source that is as coarse as the class is the class: n01440764_10026, digit3_17.
        finer = pl.col("source").n_unique() >= _SOURCES * pl.col("class").n_unique()
        enough = pl.len().over("source") >= (2 if sides else self.min_images)
        return rows.filter(finer | pl.col("class").is_null().all()).filter(enough & several)

    def _one(self, rows: DataFrame, data: Dataset) -> bool:
        """Whether pictures of one source in two classes look alike: a patient with several findings."""
        if data.thumbnails is None:
            return False
        # Compared as if the first class were one split and the others another.
        first = (pl.col("class") == pl.col("class").min().over("source")).fill_null(value=False)
        sides = rows.with_columns(rank=pl.when(first).then(0).otherwise(1))
        return self._alike(sides.filter(pl.col("rank").n_unique().over("source") > 1), data) is not None

    def _dealt(self, data: Dataset, nothing: DataFrame) -> DataFrame:
        """(pattern, source, image, split, rank): frames of recordings whose neighbours are in other splits."""
        once = self._once(data)
        found = nothing.with_columns(pattern=pl.lit(""), source=pl.lit(""))
        if data.thumbnails is not None:
            frames = sequences(data, once.select("image", "split"))
            found = frames.join(once, on="image").with_columns(pattern=pl.lit("one recording, frame by frame,"))
        return found.select("pattern", "source", "image", "split", "rank")

    def _alike(self, frame: DataFrame, data: Dataset) -> DataFrame | None:
        """The sources of one pattern whose pictures look alike across splits; None if too few do."""
        if data.thumbnails is None:
            return None
        parts = [
            (source, part["image"].to_numpy(), part["rank"].to_numpy())
            for (source,), part in frame.group_by("source", maintain_order=True)
        ]
        mirror = bool(frame.height) and frame["pattern"][0] == SIDES
        alike, early = [], []
        for source, images, ranks in parts:
            later = images[ranks == ranks.max()][:_COMPARED]
            early.append(standardised(data, images[ranks < ranks.max()][:_COMPARED]))
            standard = standardised(data, later)
            # Of a left and a right side one is like the other in a mirror.
            alike.append((source, mirrored(standard, data.thumbnails.shape[1]) if mirror else standard))
        kept = []
        for number, (source, later) in enumerate(alike):
            own = closest(later, early[number])
            # The same number of pictures of the next sources: what chance makes alike.
            strangers = [closest(later, early[(number + step) % len(early)]) for step in range(1, min(6, len(early)))]
            if own - max(strangers, default=1.0) >= (0 if mirror else self.min_alike):
                kept.append(source)
        if len(kept) < max(_SOURCES, _AGREE * len(parts)):
            return None
        return frame.filter(pl.col("source").is_in(kept)).drop("class")


def _pictures(many: DataFrame) -> Iterator[DataFrame]:
    """For each pattern the pictures of its sources, a row each: together they are one finding."""
    for part in many.partition_by("pattern", maintain_order=True):
        names = ", ".join(part["subject"].head(_NAMED).to_list())
        size, kind = part.select(pl.col("count").median()).item(), part["pattern"].to_list()[0]
        said = f"{part.height:,} sources ({names}, ...; {size:.0f} pictures each in the median), each {kind}"
        yield part.select(
            pl.lit(said).alias("pattern"),
            "subject",
            pl.concat_list("path", "related").alias("path"),
            pl.lit(None, part.schema["related"]).alias("related"),
            "splits",
            "count",
            "score",
        ).explode("path")
