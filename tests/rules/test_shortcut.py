"""What tells a class because of how its pictures were made, and what is the class itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from datalint import Finding, scan
from datalint.config.settings import Config
from datalint.rules.balance.shortcut import Shortcut

SIDE, COUNT = 64, 20


def findings(root: Path) -> list[Finding]:
    report = scan(root, rules=[Shortcut()], config=Config(isolated=True), jobs=0)
    assert not [entry for entry in report.rules_not_run if entry.crashed]
    return list(report)


def texture(seed: int, colour: tuple[int, int, int], spread: float = 25, cells: int = 16) -> Image.Image:
    """Patches around one colour that fill the picture."""
    rng = np.random.default_rng(seed)
    coarse = np.clip(rng.normal(0, spread, (cells, cells, 1)) + colour + rng.normal(0, 6, 3), 0, 255)
    return Image.fromarray(coarse.astype(np.uint8)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def save(root: Path, kind: str, number: int, picture: Image.Image, name: str = "jpg", **options: Any) -> None:
    (root / kind).mkdir(parents=True, exist_ok=True)
    picture.save(root / kind / f"{number:03}.{name}", **options)


CODED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "JPEG quality": ({"quality": 95}, {"quality": 75}),
    "chroma subsampling": ({"subsampling": 0}, {"subsampling": 2}),
    "progressive coding": ({"progressive": True}, {}),
    "JPEG quantisation tables": ({"qtables": [[9] * 64, [9] * 64]}, {"qtables": [[9] * 64, [19] * 64]}),
}


@pytest.mark.parametrize("property", CODED)
def test_how_a_jpeg_was_coded(tmp_path: Path, property: str) -> None:
    for number in range(2 * COUNT):
        kind = number % 2
        save(tmp_path, "ab"[kind], number, texture(number, (120, 110, 100)), **CODED[property][kind])
    (found,) = findings(tmp_path)
    assert found.severity == "warning"
    assert property in found.message


def test_classes_coded_alike(tmp_path: Path) -> None:
    for number in range(2 * COUNT):
        save(tmp_path, "ab"[number % 2], number, texture(number, (120, 110, 100)), quality=70 + number % 5)
    assert findings(tmp_path) == []


def test_properties_of_one_cause_are_one_finding(tmp_path: Path) -> None:
    for number in range(2 * COUNT):
        picture = texture(number, (120, 110, 100))
        if number % 2:
            save(tmp_path, "a", number, picture.resize((96, 80)), "png")
        else:
            save(tmp_path, "b", number, picture)
    (found,) = findings(tmp_path)
    assert all(name in found.message for name in ("format", "width", "height"))


def test_classes_that_one_property_tells_are_one_finding(tmp_path: Path) -> None:
    for number in range(4 * COUNT):
        kind = number % 4
        save(tmp_path, "abcd"[kind], number, texture(number, (120, 110, 100)).resize((SIDE + 8 * kind, SIDE)))
    (found,) = findings(tmp_path)
    assert "4 classes (a, b, c, ...)" in found.message


def test_what_things_lie_on(tmp_path: Path) -> None:
    """The same things before grey and before brown, equally bright."""
    rng = np.random.default_rng(0)
    for number in range(2 * COUNT):
        picture = texture(number, ((128, 128, 128), (165, 116, 86))[number % 2])
        thing = texture(1000 + number, (60, 150, 60)).resize((44, 44))
        picture.paste(thing, tuple(rng.integers(6, 14, 2).tolist()))
        save(tmp_path, "ab"[number % 2], number, picture)
    (found,) = findings(tmp_path)
    assert (found.severity, found.subject) == ("warning", "a")
    assert "border colour" in found.message


def test_what_a_class_looks_like_is_not_a_shortcut(tmp_path: Path) -> None:
    """Water, forest, fields and towns from above."""
    kinds = {"water": ((20, 50, 90), 2, 4), "forest": ((40, 75, 40), 10, 32)}
    kinds |= {"field": ((150, 140, 80), 15, 4), "town": ((130, 125, 125), 60, 64)}
    for number in range(4 * COUNT):
        kind = list(kinds)[number % 4]
        colour, spread, cells = kinds[kind]
        save(tmp_path, kind, number, texture(number, colour, spread, cells))
    assert {found.severity for found in findings(tmp_path)} <= {"note"}
