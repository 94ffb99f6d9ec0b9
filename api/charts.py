"""Two diagrams as inline SVG: values in, markup out. Colours are the page's, by class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from api.printing import counted
from qa.evaluation import Bin, RiskPoint

# The plot within the picture, in units of the view box; room for labels is left and below.
_LEFT, _TOP, _WIDTH, _HEIGHT = 48, 20, 296, 240
_VIEW = f"0 0 {_LEFT + _WIDTH + 16} {_TOP + _HEIGHT + 44}"
# A curve needs no more points than the picture has pixels.
_MOST_POINTS = 300
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def reliability_diagram(bins: Sequence[Bin | None]) -> str:
    """How often answers of each confidence are right; on the diagonal it says what is so."""
    width = 1 / len(bins)
    parts = [_axes("confidence", "share that is right")]
    for number, held in enumerate(bins):
        if held is None:
            continue
        x, top = _x(number * width), _y(held.accuracy)
        told = (
            f"{number * width:.1f} to {(number + 1) * width:.1f}: {counted(held.count, 'answer')}, "
            f"{held.mean_confidence:.2f} sure on average, {held.accuracy:.2f} right"
        )
        parts.append(
            f'<rect class="bar" x="{x + 1:.1f}" y="{top:.1f}" width="{width * _WIDTH - 2:.1f}" '
            f'height="{_y(0) - top:.1f}"><title>{escape(told)}</title></rect>'
            f'<text class="count" x="{x + width * _WIDTH / 2:.1f}" y="{top - 3:.1f}" '
            f'text-anchor="middle">{held.count}</text>'
        )
    parts.append(_line("ideal", [(0, 0), (1, 1)]))
    dots = (
        f'<circle class="dot" cx="{_x(b.mean_confidence):.1f}" cy="{_y(b.accuracy):.1f}" r="3"/>'
        for b in bins
        if b is not None
    )
    total = sum(b.count for b in bins if b is not None)
    label = f"Reliability diagram of {counted(total, 'answer')} in {len(bins)} bins of confidence"
    return _picture(label, [*parts, *dots])


def risk_coverage_diagram(curve: Sequence[RiskPoint], here: RiskPoint | None, chance: float) -> str:
    """How many answers are wrong when only the surest are given.

    here: where the least confidence in use stands on the curve. chance: the risk of giving them
    in no order at all.
    """
    step = max(1, len(curve) // _MOST_POINTS)
    kept = [*curve[:-1:step], *curve[-1:]]
    points = [(p.coverage, p.risk) for p in kept]
    parts = [_axes("share of the best guesses that is given", "share of those that is wrong")]
    if points:
        area = [(0.0, 0.0), (0.0, points[0][1]), *points, (points[-1][0], 0.0)]
        parts.append(f'<polygon class="area" points="{_places(area)}"/>')
        parts.append(_line("ideal", [(0, chance), (1, chance)]))
        parts.append(_line("curve", points))
    if here is not None:
        x, y = _x(here.coverage), _y(here.risk)
        side, dx = ("end", -7) if here.coverage > 0.5 else ("start", 7)
        parts.append(
            f'<circle class="here" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
            f'<text class="count" x="{x + dx:.1f}" y="{y - 7:.1f}" text-anchor="{side}">'
            f"in use: {here.coverage:.2f}, {here.risk:.2f}</text>"
        )
    return _picture(f"Risk-coverage curve of {counted(len(curve), 'answer')}", parts)


def _picture(label: str, parts: Iterable[str]) -> str:
    return f'<svg viewBox="{_VIEW}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'


def _axes(x_label: str, y_label: str) -> str:
    parts = [
        f'<line class="grid" x1="{_LEFT}" y1="{_y(t):.1f}" x2="{_LEFT + _WIDTH}" y2="{_y(t):.1f}"/>'
        f'<text class="tick" x="{_LEFT - 6}" y="{_y(t) + 4:.1f}" text-anchor="end">{t:g}</text>'
        f'<text class="tick" x="{_x(t):.1f}" y="{_y(0) + 16}" text-anchor="middle">{t:g}</text>'
        for t in _TICKS
    ]
    middle = _TOP + _HEIGHT / 2
    parts.append(
        f'<text class="label" x="{_LEFT + _WIDTH / 2}" y="{_y(0) + 36}" text-anchor="middle">'
        f"{escape(x_label)}</text>"
        f'<text class="label" x="12" y="{middle}" text-anchor="middle" '
        f'transform="rotate(-90 12 {middle})">{escape(y_label)}</text>'
    )
    return "".join(parts)


def _line(kind: str, points: Sequence[tuple[float, float]]) -> str:
    return f'<polyline class="{kind}" points="{_places(points)}"/>'


def _places(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)


def _x(value: float) -> float:
    return _LEFT + value * _WIDTH


def _y(value: float) -> float:
    return _TOP + (1 - value) * _HEIGHT
