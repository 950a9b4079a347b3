"""Small intact datasets whose label files are damaged."""

from __future__ import annotations

import functools
import io
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH, HEIGHT = 32, 24


class LabelSet(NamedTuple):
    """A dataset, by the names of its files.

    A name with `{n}` stands for as many files as there are mutants: so a dataset of many label files is drawn. `{d}`
    is the number of the dataset where there are many: images of the same name in all of them would only test how the
    right one is found. Both may occur in names and contents; a line with `{n}` in a file without is there for each.
    """

    files: dict[str, bytes]
    damaged: dict[str, str]
    """The files that may be damaged, and what they are made of (`mutate.STRUCTURES`)."""

    def drawn(self, numbers: Sequence[str], dataset: str) -> Iterator[tuple[str, str, bytes]]:
        """The files of `numbers`: how each is called here, its name and its content."""
        for template, data in self.files.items():
            for some in [[number] for number in numbers] if "{n}" in template else [numbers]:
                name = template.replace("{n}", some[0]).replace("{d}", dataset)
                yield template, name, _filled(data, some).replace(b"{d}", dataset.encode())

    def shared(self, numbers: Sequence[str], dataset: str) -> Iterator[tuple[str, bytes]]:
        """The files of which there is one, whatever the numbers: name and content."""
        alone = self._replace(files={name: data for name, data in self.files.items() if "{n}" not in name})
        for _, name, data in alone.drawn(numbers, dataset):
            yield name, data

    @property
    def many(self) -> tuple[str, ...]:
        """Those of the damaged ones of which one dataset holds many."""
        return tuple(name for name in self.damaged if "{n}" in name)


def _filled(data: bytes, numbers: Sequence[str]) -> bytes:
    if b"{n}" not in data:
        return data
    filled = []
    for line in data.splitlines(keepends=True):
        filled += [line.replace(b"{n}", number.encode()) for number in (numbers if b"{n}" in line else numbers[:1])]
    return b"".join(filled)


@functools.cache
def picture(seed: int = 0) -> bytes:
    """A picture that no rule finds fault with."""
    noise = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    return saved(Image.fromarray(noise))


@functools.cache
def mask(seed: int = 0) -> bytes:
    """A mask of three classes for such a picture."""
    values = np.random.default_rng(seed).integers(0, 3, (HEIGHT // 8, WIDTH // 8), np.uint8).repeat(8, 0).repeat(8, 1)
    image = Image.fromarray(values)
    image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
    return saved(image)


def saved(image: Image.Image) -> bytes:
    """As PNG."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def as_json(value: Any, indent: int | None = None) -> bytes:
    """A JSON file."""
    return json.dumps(value, indent=indent).encode() + b"\n"


def one(name: str, structure: str, data: bytes, **more: bytes) -> LabelSet:
    """A label file of two images, `a{d}.png` and `b{d}.png` in `images` beside it; `more` are files beside it."""
    files = {"images/a{d}.png": picture(0), "images/b{d}.png": picture(1)} | {
        key.replace("__", "."): more[key] for key in more
    }
    return LabelSet(files | {name: data}, {name: structure})
