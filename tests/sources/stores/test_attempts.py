"""How often a store is asked, and what is said of it."""

from __future__ import annotations

import pytest

from datalint.sources.stores.attempts import Attempts, StoreError


class Asked:
    """A request that fails so many times."""

    def __init__(self, fails: int, error: StoreError) -> None:
        self.left, self.error = fails, error
        self.hurried: list[bool] = []

    def __call__(self, hurried: bool) -> bytes:
        self.hurried.append(hurried)
        if self.left:
            self.left -= 1
            raise self.error
        return b"answer"


def attempts() -> tuple[Attempts, list[float]]:
    waits: list[float] = []
    return Attempts(waits.append), waits


@pytest.mark.parametrize(
    ("error", "tries", "words"),
    [
        (StoreError("it said no"), 3, "it said no three times"),
        (StoreError("it is busy", busy=True), 6, "it is busy six times"),
        (StoreError("it is missing", again=False), 1, "it is missing"),
    ],
)
def test_what_fails_is_asked_a_few_times(error: StoreError, tries: int, words: str) -> None:
    asking, waits = attempts()
    asked = Asked(100, error)
    with pytest.raises(StoreError, match=f"^{words}$"):
        asking.of(asked)
    assert len(asked.hurried) == tries
    assert len(waits) == tries - 1
    assert all(0 < wait <= 4 for wait in waits)
    assert asking.of(Asked(tries - 1, error)) == b"answer"


def test_a_store_that_is_gone_is_asked_once_and_not_for_long() -> None:
    asking, _ = attempts()
    for _ in range(24):
        with pytest.raises(StoreError):
            asking.of(Asked(3, StoreError("gone")))
    late = Asked(1, StoreError("gone"))
    with pytest.raises(StoreError, match=r"^gone$"):
        asking.of(late)
    assert late.hurried == [True]
    assert asking.of(Asked(0, StoreError(""))) == b"answer"
    back = Asked(2, StoreError("no"))
    assert asking.of(back) == b"answer"
    assert back.hurried == [False, False, False]


def test_objects_that_are_gone_do_not_hurry_the_others() -> None:
    asking, _ = attempts()
    for _ in range(24):
        with pytest.raises(StoreError):
            asking.of(Asked(3, StoreError("404", alive=True)))
    late = Asked(1, StoreError("404", alive=True))
    with pytest.raises(StoreError, match=r"^404$"):
        asking.of(late)
    assert late.hurried == [False]
