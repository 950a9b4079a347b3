"""Copies: same bytes, same pixels under another encoding, near copies. Candidates by hash, verified on pixels.

Worker processes import this package too, so that nothing heavier than numpy and Pillow is imported before `find` is
called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from datalint.cache.store import Cache
    from datalint.dataset import Dataset

__all__ = ["find"]


def find(
    data: Dataset,
    *,
    jobs: int | None = None,
    cache: Cache | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Fill `data.tables["pairs"]` and `["copies"]` from the facts and `data.thumbnails`.

    The pairs of the same contents under the same names are found in `cache`, and so are comparisons of two contents.
    Pictures are decoded in worker processes: `jobs` is their number, as for `measure`.

    Of many equal images each is paired with the first only, so that pairs grow with the images, not their square.
    Near copies are sought among the first ones: of a and its byte copies only a is paired with the resized b.
    """
    from datalint.pairs.stage import run

    run(data, jobs=jobs, cache=cache, progress=progress)
