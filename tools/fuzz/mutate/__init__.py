"""Damage: functions that take bytes and a source of chance, and give other bytes.

None knows of datalint. The same bytes and the same chance always give the same result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.fuzz.mutate import cells, images, markup, octets, text, trees

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    Mutation = Callable[[bytes, Random, Sequence[bytes]], bytes]

#: What a file is made of -> what knows its structure. All files get the mutations of octets as well.
STRUCTURES: dict[str, tuple[Mutation, ...]] = {
    "png": (images.png,),
    "jpeg": (images.jpeg,),
    "tiff": (images.tiff,),
    "webp": (images.riff,),
    "avif": (images.boxes,),
    "jp2": (images.boxes,),
    "json": (trees.json_value, trees.json_value, text.mutated),
    "jsonl": (trees.json_line, trees.json_line, text.mutated),
    "yaml": (trees.yaml_value, text.mutated),
    "xml": (markup.mutated, markup.mutated, text.mutated),
    "csv": (cells.mutated, cells.mutated, text.mutated),
    "words": (cells.words, text.mutated),
}
_MOST = 6  # mutations of one file
_STRUCTURED = 0.65  # share of the mutations that know the structure, where one is known
LARGEST = 1 << 18
"""Bytes of a mutant: more only costs time, and is what other tests are for."""


def mutated(seed: bytes, structure: str, chance: Random, others: Sequence[bytes]) -> bytes:
    """A damaged copy of `seed`; `others` are files of the same kind to take pieces from."""
    knowing = STRUCTURES.get(structure, ())
    data = seed
    for _ in range(_rounds(chance)):
        change = chance.choice(knowing) if knowing and chance.random() < _STRUCTURED else octets.mutated
        data = change(data, chance, others)[:LARGEST]
    return data


def _rounds(chance: Random) -> int:
    """Mostly few: a file that is damaged everywhere is refused at its first byte."""
    rounds = 1
    while rounds < _MOST and chance.random() < 0.4:
        rounds += 1
    return rounds
