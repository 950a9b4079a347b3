"""A finding's values and its identity."""

from __future__ import annotations

from datalint.finding import fingerprint, plain


def test_plain_values() -> None:
    assert plain(float("nan")) is None
    assert plain(float("-inf")) is None
    assert plain(1 / 3) == 0.333333
    assert plain([b"\xff", {"a": (1, 2)}]) == ["\\xff", {"a": [1, 2]}]


def test_fingerprints_ignore_order_of_images_only() -> None:
    assert fingerprint("DL601", ["a", "b"], None, []) == fingerprint("DL601", ["b", "a"], None, [])
    parts = [
        fingerprint("DL601", ["a"], None, []),
        fingerprint("DL602", ["a"], None, []),
        fingerprint("DL601", ["a"], "cat", []),
        fingerprint("DL601", ["a"], None, [1]),
        fingerprint("DL601", [], "a", []),
    ]
    assert len(set(parts)) == len(parts)
