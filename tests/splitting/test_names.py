"""Names that are not taken."""

from __future__ import annotations

from datalint.splitting.names import free


def test_the_second_gets_a_number() -> None:
    taken: dict[str, int] = {}
    names = ["cat/1.jpg", "cat/1.JPG", "cat/1-2.jpg", "cat/1.jpg", "dog/1.jpg"]
    assert [free(name, taken) for name in names] == [
        "cat/1.jpg", "cat/1-2.JPG", "cat/1-2-2.jpg", "cat/1-3.jpg", "dog/1.jpg",
    ]  # fmt: skip
