"""Charts as SVG, drawn here: they need no script, take their colours from the page, and are described in words.

Widths are those of the view box; the page scales a chart as a whole. Classes give the colours: `s0`, `s1`, ... are
series, `h1` to `h7` how full a cell is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: The view box of a chart, and the margins around its plot: left, top, right, bottom.
WIDTH, HEIGHT = 420, 190
LEFT, TOP, RIGHT, BOTTOM = 44, 10, 12, 26
ACROSS, DOWN = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
#: Steps of fullness of a cell.
LEVELS = 7


class Tick(NamedTuple):
    """A mark on an axis."""

    at: float
    """Where, as a share of the axis."""
    text: str


def framed(title: str, words: str, parts: Iterable[str], width: float = WIDTH, height: float = HEIGHT) -> Markup:
    """A picture of `parts` with a title and a description for who does not see it."""
    inside = Markup("").join(Markup(part) for part in parts)  # made in this file, with every text escaped
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        _n(width), _n(height), f"{title}. {words}", inside
    )


def histogram(title: str, words: str, counts: Sequence[int], ticks: Sequence[Tick]) -> Markup:
    """Bars, one a bin."""
    return _plotted(title, words, [counts], ticks)


def outlines(
    title: str,
    words: str,
    series: Sequence[Sequence[float]],
    ticks: Sequence[Tick],
    kinds: Sequence[str],
    unit: str = "",
) -> Markup:
    """Several histograms over one another, each as a line of the class that `kinds` names."""
    return _plotted(title, words, series, ticks, kinds, unit)


def grouped(
    title: str,
    words: str,
    names: Sequence[str],
    series: Sequence[Sequence[float]],
    kinds: Sequence[str],
    unit: str = "",
) -> Markup:
    """Bars side by side, one of each series for each name."""
    top, steps = scale(max((max(values, default=0) for values in series), default=0) or 1)
    wide = ACROSS / max(1, len(names))
    letters = max(3, int(wide / 6.4))
    short = [name if len(name) <= letters else f"{name[: letters - 1]}…" for name in names]
    middles = [(place + 0.5) / len(names) for place in range(len(names))]
    parts = [
        *_grid([Tick(step / top, f"{number(step)}{unit}") for step in steps]),
        *_below([Tick(at, name) for at, name in zip(middles, short, strict=True)]),
    ]
    thick = min(34.0, 0.7 * wide / len(series))
    for place, (values, kind) in enumerate(zip(series, kinds, strict=True)):
        path = []
        for at, value in zip(middles, values, strict=True):
            left, high = LEFT + at * ACROSS + (place - len(series) / 2) * thick, max(1.0, DOWN * value / top)
            if value:
                path.append(f"M{_n(left)} {_n(TOP + DOWN)}v-{_n(high)}h{_n(thick - 1)}v{_n(high)}z")
        parts.append(f'<path class="{escape(kind)}" d="{"".join(path)}"/>')
    return framed(title, words, parts)


def _plotted(
    title: str,
    words: str,
    series: Sequence[Sequence[float]],
    ticks: Sequence[Tick],
    kinds: Sequence[str] = (),
    unit: str = "",
) -> Markup:
    most = max((max(values, default=0) for values in series), default=0) or 1
    top, steps = scale(most)
    parts = [*_grid([Tick(step / top, f"{number(step)}{unit}") for step in steps]), *_below(ticks)]
    for place, values in enumerate(series):
        if kinds:
            parts.append(_outline(values, top, kinds[place]))
        else:
            parts.append(_bars(values, top))
    return framed(title, words, parts)


def scatter(
    title: str, words: str, dots: Sequence[tuple[float, float, float]], below: Sequence[Tick], beside: Sequence[Tick]
) -> Markup:
    """Dots at (x, y) in shares of the plot, `size` from 0 to 1 of the largest area."""
    parts = [*_grid(beside), *_below(below)]
    for x, y, size in dots:
        at = f'cx="{_n(LEFT + x * ACROSS)}" cy="{_n(TOP + (1 - y) * DOWN)}"'
        parts.append(f'<circle class="dot" {at} r="{_n(2.5 + 11 * math.sqrt(size))}"/>')
    return framed(title, words, parts)


def heat(title: str, words: str, cells: Mapping[tuple[int, int], int], columns: int, rows: int) -> Markup:
    """A grid of cells (column, row), darker where more is; a cell that is absent is empty."""
    most = max(cells.values(), default=0) or 1
    paths: dict[int, list[str]] = {}
    for (column, row), count in sorted(cells.items()):
        level = max(1, math.ceil(LEVELS * count / most))
        paths.setdefault(level, []).append(f"M{column} {row}h1v1h-1z")
    parts = [f'<path class="h{level}" d="{"".join(places)}"/>' for level, places in sorted(paths.items())]
    return framed(title, words, parts, columns, rows)


def bar(parts: Sequence[tuple[str, float]]) -> Markup:
    """A bar of stacked parts (class, share of the whole width); it says nothing that is not beside it in words."""
    drawn, at = [], 0.0
    for kind, share in parts:
        drawn.append(f'<rect class="{escape(kind)}" x="{_n(100 * at)}%" width="{_n(100 * share)}%" height="100%"/>')
        at += share
    return Markup('<svg class="g-bar" aria-hidden="true">{}</svg>').format(Markup("".join(drawn)))


def scale(most: float) -> tuple[float, list[float]]:
    """The end of an axis that reaches `most`, and its round steps, at most five."""
    unit = 10.0 ** math.floor(math.log10(most / 4)) if most > 0 else 1.0
    whole = most >= 1 and most == int(most)  # a count: its steps are whole numbers
    steps = (unit * factor for factor in (1, 2, 2.5, 5, 10, 20))
    step = next(step for step in steps if most / step <= 4.0001 and not (whole and step != int(step)))
    count = math.ceil(most / step - 1e-9)
    return step * count, [step * place for place in range(count + 1)]


def number(value: float) -> str:
    """`1,200`, `0.25`, `12k`."""
    if value >= 10_000:
        for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
            if value >= size:
                return f"{value / size:.3g}{letter}"
    return f"{value:,.0f}" if value == int(value) else f"{value:.3g}"


def _grid(ticks: Sequence[Tick]) -> Iterable[str]:
    for at, text in ticks:
        y = _n(TOP + (1 - at) * DOWN)
        yield f'<path class="grid" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>'
        yield f'<text x="{LEFT - 7}" y="{y}" dy=".35em" text-anchor="end">{escape(text)}</text>'


def _below(ticks: Sequence[Tick]) -> Iterable[str]:
    for at, text in ticks:
        x = _n(LEFT + at * ACROSS)
        anchor = "start" if at < 0.02 else "end" if at > 0.98 else "middle"
        yield f'<text x="{x}" y="{HEIGHT - 8}" text-anchor="{anchor}">{escape(text)}</text>'


def _bars(values: Sequence[float], top: float) -> str:
    wide = ACROSS / max(1, len(values))
    gap = min(1.5, 0.12 * wide)
    path = []
    for place, value in enumerate(values):
        if value:
            high = max(1.0, DOWN * value / top)  # one of ten thousand is seen
            left = _n(LEFT + place * wide + gap / 2)
            path.append(f"M{left} {_n(TOP + DOWN)}v-{_n(high)}h{_n(wide - gap)}v{_n(high)}z")
    return f'<path class="s0" d="{"".join(path)}"/>'


def _outline(values: Sequence[float], top: float, kind: str) -> str:
    wide = ACROSS / max(1, len(values))
    points = [
        f"{_n(LEFT + (place + 0.5) * wide)} {_n(TOP + DOWN * (1 - value / top))}" for place, value in enumerate(values)
    ]
    return f'<path class="line {escape(kind)}" d="M{"L".join(points)}"/>'


def _n(value: float) -> str:
    """A coordinate: a tenth is enough."""
    return f"{value:.1f}".removesuffix(".0")
