"""The boxes of copies, brought into one frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import numpy as np
from datalint.lazy import polars as pl
from datalint.rules.annotations._placed import placed
from datalint.rules.duplicates._matched import Boxes, Differences, overlap
from datalint.rules.duplicates._shown import same
from datalint.rules.duplicates._turns import NONE, Turn, after, back, picture_turned, to_first, turned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from polars import DataFrame

    from datalint import Dataset


class Framed:
    """Boxes of the images that are compared, in the frame of their group."""

    def __init__(self, data: Dataset, images: DataFrame) -> None:
        wanted = data.pairs.filter(pl.col("transform").is_not_null()).select("a", "b", "transform").collect()
        self._turns = to_first(wanted.iter_rows())
        self._thumbnails = data.thumbnails
        columns = ("width", "height")
        sizes = images.join(data.table("images").select("image", *columns), on="image").select("image", *columns)
        self.sizes = {image: (width, height) for image, width, height in sizes.iter_rows()}
        self.table = self._framed(data, images)
        self._edges = self.table.select("left", "top", "right", "bottom").to_numpy()
        self._ignored = self.table["crowd"].to_numpy()
        self._classes = self.table["class"].to_list()
        self._class = self.table["class"].rank("dense").fill_null(0).to_numpy()
        starts = self.table.with_row_index("row").group_by("image").agg(pl.col("row").min(), pl.len())
        self._places = {image: (start, start + count) for image, start, count in starts.iter_rows()}

    def _framed(self, data: Dataset, images: DataFrame) -> DataFrame:
        """The boxes by image, with left, top, right, bottom; what lies outside the picture is cut off."""
        leads = ~pl.col("repeats").fill_null(value=False)
        width, height = pl.col("frame_width"), pl.col("frame_height")
        table = (
            placed(data)
            .filter(leads)
            .join(images.lazy(), on="image", how="semi")
            .with_columns(
                (pl.col("x") / width).clip(0, 1).alias("left"),
                (pl.col("y") / height).clip(0, 1).alias("top"),
                ((pl.col("x") + pl.col("w")) / width).clip(0, 1).alias("right"),
                ((pl.col("y") + pl.col("h")) / height).clip(0, 1).alias("bottom"),
                pl.col("crowd").fill_null(value=False),
            )
            .filter((pl.col("left") < pl.col("right")) & (pl.col("top") < pl.col("bottom")))
            .select("image", "class", *"xywh", "crowd", "left", "top", "right", "bottom")
            .collect()
        )
        sides = ("left", "top", "right", "bottom")
        turns = np.array([self.turn(image) for image in table["image"].to_list()], np.int64).reshape(-1, 4)
        moved = turned(table.select(sides).to_numpy(), turns)
        framed = table.with_columns(pl.Series(side, moved[:, place]) for place, side in enumerate(sides))
        across, down = pl.col("left") + pl.col("right"), pl.col("top") + pl.col("bottom")
        # No grid of boxes is regular along this line: those of two copies are in the same order.
        return framed.sort("image", "class", 0.755 * across + 0.57 * down)

    def turn(self, image: int) -> Turn:
        """After which an image lies as the first of its group does."""
        return self._turns.get(image, NONE)

    def of(self, image: int) -> Boxes:
        """The boxes of an image."""
        start, end = self._places.get(image, (0, 0))
        width, height = self.sizes[image]
        across, down, *_ = (1 / width, 1 / height) if self.turn(image)[0] else (1 / height, 1 / width)
        return Boxes(
            np.arange(start, end),
            self._edges[start:end],
            self._classes[start:end],
            self._ignored[start:end],
            np.array([across, down]),
        )

    def alike(self, images: Sequence[int], references: Sequence[int], least: float) -> NDArray[np.bool_]:
        """(n,): whether two images have as many boxes of each class, and all overlap by `least` in their order.

        For most copies this is so; the boxes of the others are to be matched one by one.
        """
        places = np.array([self._places.get(image, (0, 0)) for image in images], np.int64).reshape(-1, 2)
        there = np.array([self._places.get(image, (0, 0)) for image in references], np.int64).reshape(-1, 2)
        counts = places[:, 1] - places[:, 0]
        same = counts == there[:, 1] - there[:, 0]
        pair = np.repeat(np.flatnonzero(same), counts[same])
        number = np.arange(pair.size) - np.repeat(np.cumsum(counts[same]) - counts[same], counts[same])
        mine, theirs = places[pair, 0] + number, there[pair, 0] + number
        unlike = overlap(self._edges[mine], self._edges[theirs]) < least
        unlike |= self._class[mine] != self._class[theirs]
        same[pair[unlike]] = False
        return same

    def shown(self, image: int, reference: int, found: Differences) -> Differences:
        """Those differences at whose places both pictures show the same."""
        if self._thumbnails is None or not len(found):
            return found
        one, other = (picture_turned(self._thumbnails[each], self.turn(each)) for each in (image, reference))
        rows = [*found.missing, *found.more, *(mine for mine, _ in found.other)]
        kept = dict(zip(rows, same(one, other, self._edges[rows]), strict=True))
        return Differences(
            [row for row in found.missing if kept[row]],
            [row for row in found.more if kept[row]],
            [pair for pair in found.other if kept[pair[0]]],
        )

    def place(self, row: int, image: int) -> tuple[float, float, float, float]:
        """Left, top, width and height of a box in pixels of an image of its group."""
        across, down = self.sizes[image]
        turn = np.array([back(self.turn(image))], np.int64)
        left, top, right, bottom = turned(self._edges[row : row + 1], turn)[0].tolist()
        return left * across, top * down, (right - left) * across, (bottom - top) * down

    def kind(self, image: int, reference: int) -> str:
        """What sort of copy the reference is of the image: `mirrored copy`."""
        a, b, c, d = after(back(self.turn(reference)), self.turn(image))
        if a * d - b * c < 0:
            return "mirrored copy"
        if (a, b, c, d) != NONE:
            return "turned copy"
        return "copy" if self.sizes[image] == self.sizes[reference] else "resized copy"
