from __future__ import annotations

from datalint.config.settings import IMAGE_EXTENSIONS
from datalint.rules.files.wrong_extension import FORMATS


def test_every_candidate_extension_promises_a_format() -> None:
    assert set(IMAGE_EXTENSIONS) <= set(FORMATS)


def test_jpegs_extensions_hold_mpo_too() -> None:
    assert all("MPO" in FORMATS[extension] for extension in ("jpg", "jpeg", "jpe", "jfif"))
