"""A unified diff of a label file, made from its edits: in time in proportion to the file, whatever its length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.repair.edits import Edit, applied

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Lines shown around a change, and the longest line that is shown, in bytes.
_AROUND, _LONGEST = 3, 1 << 16


def unified(name: str, data: bytes, edits: Sequence[Edit]) -> Iterator[str]:
    """The lines of the diff, without line ends."""
    yield f"--- a/{_printable(name)}"
    yield f"+++ b/{_printable(name)}"
    lines = _lines(data)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    shift = 0
    for hunk in _hunks(starts, edits):
        first, stop = hunk[0][0], hunk[-1][1]
        above, below = max(0, first - _AROUND), min(len(lines), stop + _AROUND)
        body, at = [], above
        added = removed = 0
        for begin, end, inner in hunk:
            old, base = lines[begin:end], starts[begin]
            moved = [Edit(edit.start - base, edit.stop - base, edit.new) for edit in inner]
            new = _lines(applied(b"".join(old), moved))
            body += [*_shown(" ", lines[at:begin]), *_shown("-", old), *_shown("+", new)]
            removed, added, at = removed + len(old), added + len(new), end
        body += _shown(" ", lines[at:below])
        context = below - above - removed
        yield f"@@ -{_range(above, context + removed)} +{_range(above + shift, context + added)} @@"
        yield from body
        shift += added - removed


def _hunks(starts: list[int], edits: Sequence[Edit]) -> list[list[tuple[int, int, list[Edit]]]]:
    """Runs of lines that edits touch (first, behind the last, the edits), those that are near each other together."""
    from bisect import bisect_left, bisect_right

    runs: list[tuple[int, int, list[Edit]]] = []
    for edit in edits:
        begin = min(bisect_right(starts, edit.start) - 1, len(starts) - 2)
        end = max(bisect_left(starts, edit.stop), begin + 1)
        if runs and begin < runs[-1][1]:
            runs[-1] = (runs[-1][0], max(end, runs[-1][1]), [*runs[-1][2], edit])
        else:
            runs.append((begin, end, [edit]))
    hunks: list[list[tuple[int, int, list[Edit]]]] = []
    for run in runs:
        if hunks and run[0] - hunks[-1][-1][1] <= 2 * _AROUND:
            hunks[-1].append(run)
        else:
            hunks.append([run])
    return hunks


def _lines(data: bytes) -> list[bytes]:
    """The lines as `patch` and Git count them: a carriage return ends none."""
    lines = data.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _range(start: int, count: int) -> str:
    return f"{start + 1 if count else start},{count}"


def _shown(sign: str, lines: Sequence[bytes]) -> Iterator[str]:
    for line in lines:
        text = line.removesuffix(b"\n")
        if len(text) > _LONGEST:
            yield f"{sign}(a line of {len(text):,} bytes)"
            continue
        # A line end of Windows stays, so that `patch` finds the line; other control characters stay off the terminal.
        end = "\r" if text.endswith(b"\r") else ""
        words = text.decode("utf-8", "backslashreplace").removesuffix("\r")
        yield sign + _printable(words) + end
        if not line.endswith(b"\n"):
            yield "\\ No newline at end of file"


def _printable(words: str) -> str:
    if words.isprintable():
        return words
    return "".join(one if one.isprintable() or one in "\t\ufeff" else _escaped(one) for one in words)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
