"""Unified diffs, as `git apply` takes them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datalint.repair.diff import unified
from datalint.repair.edits import Edit, applied


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.sampled_from(["a\n", "b\r\n", "\n", "c"]), min_size=1, max_size=40),
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 4), st.sampled_from([b"", b"x", b"y\nz\n"])), min_size=1),
)
def test_the_patch_makes_the_new_file(tmp_path: Path, lines: list[str], wanted: list[tuple[int, int, bytes]]) -> None:
    data, edits, at = "".join(lines).encode(), list[Edit](), 0
    for gap, length, new in wanted:
        start = at + gap
        if start + length <= len(data):
            edits.append(Edit(start, start + length, new))
            at = start + length
    after = applied(data, edits)
    if after == data or b"\r" in after.replace(b"\r\n", b""):  # which is shown, and not to be applied
        return
    (tmp_path / "labels.txt").write_bytes(data)
    patch = "\n".join(unified("labels.txt", data, edits)) + "\n"
    done = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"],
        cwd=tmp_path,
        input=patch.encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, (done.stderr, patch)
    assert (tmp_path / "labels.txt").read_bytes() == after


def test_control_characters_stay_off_the_terminal() -> None:
    shown = list(unified("a", b"\x1b[31m\t1\r\nb\n", [Edit(9, 10)]))
    assert " \\x1b[31m\t1\r" in shown
    assert next(unified("\x1b[31m", b"a\n", [Edit(0, 1)])) == "--- a/\\x1b[31m"


@pytest.mark.parametrize("size", [1 << 20])
def test_a_long_line_is_named_by_its_length(size: int) -> None:
    shown = list(unified("a", b"x" * size, [Edit(3, 4)]))
    assert f"-(a line of {size:,} bytes)" in shown
    assert max(map(len, shown)) < 100
