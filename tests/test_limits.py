from __future__ import annotations

import pytest

from datalint import limits
from datalint.limits import LimitError


def test_what_is_not_set_stays() -> None:
    with limits.applied("label-seconds=5, labels-memory=1.5") as found:
        assert (found.label_seconds, found.labels_memory) == (5.0, 1.5)
        assert found.image_seconds == limits.Limits().image_seconds
        with limits.applied("image-seconds=9"):
            assert (limits.current().label_seconds, limits.current().image_seconds) == (5.0, 9.0)
    assert limits.current() == limits.Limits()


def test_a_text_makes_the_same_limits() -> None:
    assert limits.parsed(str(limits.parsed("image-memory=0.25"))) == limits.parsed("image-memory=0.25")


def test_a_larger_label_file_may_take_longer() -> None:
    assert limits.Limits().for_label_file(0) == 60
    assert limits.Limits().for_label_file(500_000_000) == 360


def test_memory_goes_with_the_size_of_the_files_up_to_a_limit() -> None:
    found = limits.parsed("label-memory=1,labels-memory=8")
    assert found.for_label_files(0, 0) == 1 << 30
    assert found.for_label_files(10_000_000, 1000) == (1 << 30) + 600_000_000 + 4_096_000
    assert found.for_label_files(1 << 40, 1) == 8 << 30


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("label-second=3", "unknown limit 'label-second'; did you mean label-seconds?"),
        ("depth=3", "unknown limit 'depth'; known: image-seconds, "),
        ("label-seconds=soon", "takes a number of seconds above 0, not 'soon'"),
        ("labels-memory=0", "takes a number of GiB above 0, not '0'"),
        ("labels-memory=nan", "not 'nan'"),
        ("labels-memory", "not ''"),
    ],
)
def test_a_wrong_limit_is_refused(text: str, words: str) -> None:
    with pytest.raises(LimitError, match=words.replace("?", r"\?")), limits.applied(text):
        raise AssertionError("not reached")
