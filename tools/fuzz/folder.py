"""Folders of mutants: what lies in the folder of a number. The same seed and number always give the same files."""

from __future__ import annotations

import itertools
import os
import re
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from tools.fuzz.mutate import mutated, octets, text
from tools.fuzz.seeds import images, labels

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from tools.fuzz.seeds.images import Drawn
    from tools.fuzz.seeds.label_sets import LabelSet

IMAGES = tuple(images.KINDS)
LABELS = tuple(labels.KINDS)
FORMATS = tuple(name for pair in itertools.zip_longest(IMAGES, LABELS) for name in pair if name is not None)
_NAMES = (b"cat", b"dog", b"train", b"n01440764 tench", b"images", b"class_1", "Käfer".encode(), b"0")
_LONGEST_NAME = 120
_TURNS = 5
_TIMED = 4
_ALL = "all"  # as long as the number of a dataset: text within Parquet must keep its length
_BESIDE = 2  # datasets that lie apart have two files of each kind of which one dataset holds many


class Mutant(NamedTuple):
    """A damaged file, with what must lie around it."""

    number: int
    target: bytes
    """The damaged file, relative to the folder."""
    files: dict[bytes, bytes]
    """All files that are there for this mutant alone, by their paths."""


@dataclass(frozen=True)
class Folder:
    """The mutants of one scan."""

    seed: int
    number: int
    """Decides the format and, of formats of labels, how the mutants lie: see `apart`."""
    size: int

    @property
    def format(self) -> str:
        """What is damaged in it."""
        return FORMATS[self.number % len(FORMATS)]

    @property
    def _round(self) -> int:
        return self.number // len(FORMATS)

    @property
    def apart(self) -> bool:
        """Whether each mutant lies in a small dataset of its own, not all of them in a large one.

        A dataset costs far more than a file: formats of many files a dataset are apart every fifth time only, those of
        one file always.
        """
        many = self.format in LABELS and any(one.many for one in labels.KINDS[self.format])
        return self.format in LABELS and not (many and self._round % _TURNS)

    @property
    def timed(self) -> bool:
        """Whether its files are timed one by one: of labels that takes as long as a scan, so only in every fourth."""
        return self.format in IMAGES or self._round % _TIMED == 0

    def write(self, place: Path, only: Collection[int] | None = None) -> dict[bytes, int]:
        """Write the mutants, or some of them; the damaged files and the numbers of their mutants."""
        targets: dict[bytes, int] = {}
        for mutant in self.mutants(only):
            targets[mutant.target] = mutant.number
            for path, data in mutant.files.items():
                _write(place, path, data)
        for path, data in self._shared.items():
            _write(place, path, data)
        return targets

    def mutants(self, only: Collection[int] | None = None) -> Iterator[Mutant]:
        """All of them, or those of some numbers."""
        for number in range(self.size) if only is None else sorted(only):
            chance = Random(f"{self.seed}/{self.number}/{number}")
            yield self._image(number, chance) if self.format in IMAGES else self._labels(number, chance)

    # -- images

    @cached_property
    def _bank(self) -> list[Drawn]:
        return images.bank(self.format, Random(f"{self.seed}/{self.number}"))

    def _image(self, number: int, chance: Random) -> Mutant:
        seed = chance.choice(self._bank)
        others = [one.data for one in self._bank]
        data = mutated(seed.data, images.STRUCTURES.get(self.format, ""), chance, others)
        # With splits and classes, rules about them see the files as well.
        path = f"{'train' if number % 4 else 'test'}/{'ab'[number % 2]}/{number:05}.{seed.extension}".encode()
        return Mutant(number, path, {path: data})

    # -- labels

    @cached_property
    def _together(self) -> LabelSet | None:
        """The one dataset that holds all mutants."""
        if self.apart or self.format in IMAGES:
            return None
        many = [one for one in labels.KINDS[self.format] if one.many]
        return many[self._round % len(many)]

    @property
    def _shared(self) -> dict[bytes, bytes]:
        if self._together is None:
            return {}
        numbers = [f"{number:05}" for number in range(self.size)]
        return {name.encode(): data for name, data in self._together.shared(numbers, _ALL)}

    def _labels(self, number: int, chance: Random) -> Mutant:
        found = self._together or chance.choice(labels.KINDS[self.format])
        name = chance.choice(found.many if self._together else [*found.damaged])
        structure = found.damaged[name]
        prefix = "" if self._together else f"d{number:05}/"
        names = [f"{number:05}"] if self._together else [str(one) for one in range(_BESIDE)]
        if structure == "name":
            return self._named(number, found, name, prefix, chance)
        dataset = _ALL if self._together else f"{number:03x}"
        files = {
            f"{prefix}{path}".encode(): data
            for template, path, data in found.drawn(names, dataset)
            if "{n}" in template or not self._together
        }
        target = f"{prefix}{name.replace('{n}', names[0]).replace('{d}', dataset)}".encode()
        others = [one.files[other] for one in labels.KINDS[self.format] for other in one.damaged]
        files[target] = mutated(files[target], structure, chance, others)
        return Mutant(number, target, files)

    def _named(self, number: int, found: LabelSet, name: str, prefix: str, chance: Random) -> Mutant:
        """A dataset in which the name of a folder is damaged."""
        seed = chance.choice(_NAMES)
        change = chance.choice((text.mutated, text.mutated, octets.mutated))
        odd = re.sub(rb"[/\0]", b"_", change(seed, chance, _NAMES))[:_LONGEST_NAME]
        odd = b"_" if odd in (b"", b".", b"..") else odd
        files = {
            prefix.encode() + path.encode().replace(b"{n}", odd if path == name else f"c{number}".encode()): data
            for path, data in found.files.items()
        }
        return Mutant(number, next(path for path in files if odd in path), files)


def _write(place: Path, path: bytes, data: bytes) -> None:
    target = place / os.fsdecode(path)
    try:
        target.write_bytes(data)
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
