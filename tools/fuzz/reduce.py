"""The few files of a folder that are enough for it to fail, found by scanning parts of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def reduced(items: Sequence[int], fails: Callable[[Sequence[int]], bool]) -> list[int]:
    """Some of the `items` that still fail, none of which can be left out; all of them if they do not fail again.

    Halves, then quarters and so on are tried alone and left out, as in delta debugging (Zeller and Hildebrandt,
    "Simplifying and Isolating Failure-Inducing Input", 2002).
    """
    left = list(items)
    if not fails(left):
        return left
    parts = 2
    while len(left) > 1:
        size = -(-len(left) // parts)
        chunks = [left[start : start + size] for start in range(0, len(left), size)]
        smaller = next((chunk for chunk in chunks if fails(chunk)), None)
        if smaller is not None:
            left, parts = smaller, 2
            continue
        if parts > 2:
            rests = ([one for one in left if one not in chunk] for chunk in map(set, chunks))
            smaller = next((rest for rest in rests if fails(rest)), None)
            if smaller is not None:
                left, parts = smaller, max(2, parts - 1)
                continue
        if size == 1:
            break
        parts = min(len(left), 2 * parts)
    return left


__all__ = ["reduced"]
