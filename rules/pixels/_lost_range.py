"""Pictures in [0, 1] that were saved as 8 bit: what is left of them tells nothing of light and contrast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import DataFrame, LazyFrame

    from datalint import Dataset

#: Formats that never change a sample; after the others, values of 0 and 1 have become 0 to 3.
LOSSLESS = ("PNG", "BMP", "TIFF", "PPM", "GIF", "TGA")
HIGHEST_AFTER_LOSS = 3
#: The least standard deviation that values of 0 and 1 leave after a lossy format, in levels: a black frame has less.
LEAST_DEVIATION = 0.2
#: Images from which a folder of such pictures is one that was written so.
LEAST = 8
#: Names of folders of masks, whose values are class numbers.
MASKS = (
    r"(?i)(?:^|[/_. -])(?:masks?|labels?|annot(?:ation)?s?|seg(?:ment(?:ation)?s?)?|segmentation(?:class|object)\w*|"
    r"ground.?truths?|gts?|trimaps?)(?:[/_. -]|$)"
)


def lost_range(data: Dataset) -> DataFrame:
    """(image, lossy, written) of pictures of 8 bit that hold nothing but 0 and 1, or 0 to 3 after a lossy format.

    `written` is true where most of the folder is like this. A folder of masks is not: by its name, or because nothing
    else tells it from one (no class with other pictures or beside another, no object).
    """
    found: DataFrame = data.once(_lost_range)
    return found


def without_lost(data: Dataset) -> LazyFrame:
    """The readable images whose range is not lost."""
    return data.readable.join(lost_range(data).lazy().select("image"), on="image", how="anti")


def _lost_range(data: Dataset) -> DataFrame:
    high = pl.col("high")
    eight = ~pl.col("float").fill_null(value=False) & (pl.col("bits").fill_null(8) == 8) & (pl.col("low") == 0)
    lossy = ~pl.col("format").fill_null("PNG").is_in(LOSSLESS)
    smudged = lossy & high.is_between(1, HIGHEST_AFTER_LOSS) & (pl.col("contrast") * 255 >= LEAST_DEVIATION)
    folder = pl.col("path").str.extract(r"(?s)^(.*)/").fill_null("")
    images = data.readable.select(
        "image",
        folder.alias("folder"),
        lossy.alias("lossy"),
        (eight & (smudged | (~lossy & (high == 1)))).fill_null(value=False).alias("lost"),
        (eight & (high <= HIGHEST_AFTER_LOSS)).fill_null(value=False).alias("black"),
    ).collect()
    if not images["lost"].any():
        return images.clear().select("image", "lossy", written="lost")
    most = (pl.col("lost").sum() * 2 > pl.len()).over("folder")
    placed = images.with_columns(most.alias("most"), (pl.col("lost").sum().over("folder") >= LEAST).alias("many"))
    meant = _meant(data, placed)
    picture = ~pl.col("folder").str.contains(MASKS) & (pl.col("lossy") | pl.col("image").is_in(meant))
    # In a folder that was written so, a picture without a bright spot is black throughout.
    return placed.filter(pl.when("most").then(pl.col("black") & picture).otherwise("lost")).select(
        "image", "lossy", written=pl.col("most") & pl.col("many")
    )


def _meant(data: Dataset, images: DataFrame) -> list[int]:
    """Images that are labelled as pictures are: with an object, or a class that is not that of a folder of masks."""
    labels = data.labels.select("image", "class").drop_nulls().unique().collect().join(images, on="image")
    classes = labels.group_by("class").agg(pl.col("lost").mean().alias("part"))
    several = classes.filter(pl.col("part") > 0.5).height > 1
    right = classes.filter((pl.col("part") < 1) | pl.lit(several))["class"]
    objects = pl.concat([data.boxes.select("image"), data.polygons.select("image")]).drop_nulls().collect()["image"]
    found: list[int] = [*labels.filter(pl.col("class").is_in(right.to_list()))["image"], *objects]
    return found
