"""The chart: one line for each page, from its floor to what it costs at each size, on a logarithmic scale."""

from html import escape
from math import log10

from bench.measuring import Row

WIDTH, LEFT, RIGHT, TOP, LINE = 960, 230, 30, 92, 26
SHADES = ("#8fb8de", "#3b7dbf", "#123f6e")
FLOOR, CHANGELIST, GREY, INK = "#6f777b", "#c2571a", "#dcdfe2", "#0b0c0c"
TICKS = (3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000)


def draw(rows: list[Row]) -> str:
    """The whole SVG."""
    sizes = sorted({row.size for row in rows})
    names = list(dict.fromkeys(row.name for row in rows))
    values = [cost.p50 for row in rows for cost in (row, row.floor, row.changelist) if cost.samples]
    scale = _Scale(min(values), max(values))
    height = TOP + LINE * len(names) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'font-family="Arial, sans-serif" font-size="13" fill="{INK}">',
        "<title>CPU of each page, in milliseconds</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        '<text x="20" y="28" font-size="18" font-weight="bold">CPU of each page and action: median, ms</text>',
        _legend(sizes),
        *_grid(scale, height),
    ]
    for number, name in enumerate(names):
        parts += _line(
            [row for row in rows if row.name == name], sizes, scale, TOP + LINE * number + LINE // 2
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


class _Scale:
    """Where a number of milliseconds stands from left to right."""

    def __init__(self, least: float, most: float) -> None:
        self.low = log10(max([tick for tick in TICKS if tick <= least], default=TICKS[0]))
        self.high = log10(min([tick for tick in TICKS if tick >= most], default=TICKS[-1]))

    def at(self, value: float) -> float:
        part = (log10(max(value, 0.1)) - self.low) / (self.high - self.low)
        return LEFT + max(part, 0) * (WIDTH - LEFT - RIGHT)

    def ticks(self) -> list[int]:
        return [tick for tick in TICKS if self.low <= log10(tick) <= self.high]


def _legend(sizes: list[int]) -> str:
    marks = [(_dot, shade, f"{size:,} referrals") for size, shade in zip(sizes, _shades(sizes), strict=True)]
    marks += [(_bar, FLOOR, "floor"), (_diamond, CHANGELIST, "admin’s changelist")]
    parts, left = [], 28.0
    for mark, shade, words in marks:
        parts += [mark(left, 52, shade), f'<text x="{left + 12:.0f}" y="57">{escape(words)}</text>']
        left += 40 + 7.2 * len(words)
    return "\n".join(parts)


def _grid(scale: _Scale, height: int) -> list[str]:
    parts = []
    for tick in scale.ticks():
        x = scale.at(tick)
        parts += [
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{height - 30}" stroke="{GREY}"/>',
            f'<text x="{x:.1f}" y="{height - 12}" text-anchor="middle">{tick:,}</text>',
        ]
    return parts


def _line(rows: list[Row], sizes: list[int], scale: _Scale, y: int) -> list[str]:
    """One page: its floor and changelist at the largest size, and a dot for each size."""
    last = rows[-1]
    shades = dict(zip(sizes, _shades(sizes), strict=True))
    across = [scale.at(row.p50) for row in rows]
    start = scale.at(last.floor.p50) if last.floor.samples else min(across)
    parts = [
        f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(last.name)}</text>',
        f'<line x1="{min(start, *across):.1f}" x2="{max(start, *across):.1f}" y1="{y}" y2="{y}" '
        f'stroke="{GREY}" stroke-width="4"/>',
    ]
    if last.floor.samples:
        parts.append(_bar(start, y, FLOOR))
    if last.changelist.samples:
        parts.append(_diamond(scale.at(last.changelist.p50), y, CHANGELIST))
    parts += [_dot(x, y, shades[row.size]) for x, row in zip(across, rows, strict=True)]
    return parts


def _shades(sizes: list[int]) -> list[str]:
    """Darker for more; the largest is always the darkest."""
    return [SHADES[max(0, len(SHADES) - len(sizes) + place)] for place in range(len(sizes))]


def _dot(x: float, y: float, shade: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y}" r="5.5" fill="{shade}"/>'


def _bar(x: float, y: float, shade: str) -> str:
    return f'<rect x="{x - 2:.1f}" y="{y - 8}" width="4" height="16" fill="{shade}"/>'


def _diamond(x: float, y: float, shade: str) -> str:
    points = f"{x:.1f},{y - 6} {x + 6:.1f},{y} {x:.1f},{y + 6} {x - 6:.1f},{y}"
    return f'<polygon points="{points}" fill="none" stroke="{shade}" stroke-width="2"/>'
